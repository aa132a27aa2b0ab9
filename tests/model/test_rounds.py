"""Schedules that run after others start once for each round of these, whatever is lost or repeated.

By hand, many more of them: `python -m tests.model --rounds 2000`.
"""

from __future__ import annotations

import pytest

from tests.model.rounds import AFTER, Rounds, draw_rounds


@pytest.mark.parametrize("seed", range(8))
def test_each_round_of_others_starts_one_run(seed: int) -> None:
    hours = draw_rounds(seed)
    assert hours.problems() == []
    assert all(hours.courses[name].rounds for name in AFTER)


def test_a_task_sees_the_runs_that_its_own_follows() -> None:
    hours = Rounds(seed=2, fires=30)
    hours.live()
    for course in hours.courses.values():
        for each in course.rounds:
            seen = hours.seen[each.key]
            assert [run.key for run in seen] == each.parents
            for run in seen:
                item = hours.runs(run.schedule)[run.key]
                assert (run.state, run.total, run.failed) == (item["state"], 1, item["failed"])
                assert run.key == f"{run.schedule}@{run.scheduled_time}"
                assert run.results == ({} if run.failed else {1: "did 0"})
                assert list(run.reasons) == [1] * run.failed
    assert not any(seen for key, seen in hours.seen.items() if key.startswith(("a@", "b@", "c@")))


def test_a_run_begins_within_about_a_minute_of_the_last_one_that_it_follows() -> None:
    hours = Rounds(seed=1, fires=30)
    hours.live()
    assert hours.problems() == []
    for name, course in hours.courses.items():
        for each in course.rounds:
            began = hours.runs(name)[each.key]["began"]
            closed = [hours.runs(key.partition("@")[0])[key]["closed"] for key in each.parents]
            assert began - max(closed) <= 70
