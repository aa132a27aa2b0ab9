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


def test_a_run_begins_within_about_a_minute_of_the_last_one_that_it_follows() -> None:
    hours = Rounds(seed=1, fires=30)
    hours.live()
    assert hours.problems() == []
    for name, course in hours.courses.items():
        for each in course.rounds:
            began = hours.runs(name)[each.key]["began"]
            closed = [hours.runs(key.partition("@")[0])[key]["closed"] for key in each.parents]
            assert began - max(closed) <= 70
