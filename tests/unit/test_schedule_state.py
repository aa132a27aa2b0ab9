"""A schedule's memory of its runs, and the closes that people are notified of."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.schedule_state import (
    RECENT_RUNS,
    REMINDER_SECONDS,
    ClosedRun,
    ScheduleState,
    median_of,
)

NOW = 2_000_000


def run(due: int, *, succeeds: bool = True, seconds: int = 1) -> ClosedRun:
    state = "succeeded" if succeeds else "failed"
    return ClosedRun(
        key=f"s@{due}", due=due, seconds=seconds, state=state, ended=2, failed=int(not succeeds)
    )


def closed(*runs: ClosedRun, now: int = NOW) -> tuple[ScheduleState, list[NotifyEvent | None]]:
    """Close runs one after the other, all at the same time."""
    state, events = ScheduleState(), []
    for one in runs:
        state, event = state.with_closed(one, now=now)
        events.append(event)
    return state, events


def test_a_schedule_is_read_as_it_was_recorded() -> None:
    recorded = ScheduleState(
        version=5,
        streak=4,
        counted=3,
        last_success=1,
        notified=2,
        current="s@2",
        waiting="s@3",
        recent=(run(2), run(1, succeeds=False)),
        pause={"until": 9},
    )
    recent = json.dumps([asdict(one) for one in recorded.recent])

    assert ScheduleState.from_item({**asdict(recorded), "recent": recent}) == recorded
    assert ScheduleState.from_item({"last_success": None}) == ScheduleState()


@given(st.lists(st.integers(0, 1_000), max_size=RECENT_RUNS + 5, unique=True))
def test_the_last_runs_are_those_due_last_in_whatever_order_they_closed(dues: list[int]) -> None:
    state, _ = closed(*map(run, dues))

    assert [one.due for one in state.recent] == sorted(dues, reverse=True)[:RECENT_RUNS]
    assert state.last_success == max(dues, default=None)


@given(st.lists(st.booleans()))
def test_runs_in_order_notify_at_each_change_and_the_streak_counts_failures_in_a_row(
    outcomes: list[bool],
) -> None:
    state, events = closed(*(run(due, succeeds=ok) for due, ok in enumerate(outcomes)))

    expected: list[NotifyEvent | None] = []
    for was_ok, is_ok in zip([True, *outcomes], outcomes, strict=False):
        failure = NotifyEvent.FAILURE if was_ok else None
        success = NotifyEvent.SUCCESS if was_ok else NotifyEvent.RECOVERY
        expected.append(success if is_ok else failure)
    assert events == expected
    assert state.streak == [*outcomes[::-1], True].index(True)


@pytest.mark.parametrize(
    ("later", "event"), [(REMINDER_SECONDS - 1, None), (REMINDER_SECONDS, NotifyEvent.FAILURE)]
)
def test_a_schedule_that_goes_on_failing_is_a_reminder_a_day(
    later: int, event: NotifyEvent | None
) -> None:
    state, _ = closed(run(1, succeeds=False))

    state, first = state.with_closed(run(2, succeeds=False), now=NOW + later)
    state, second = state.with_closed(run(3, succeeds=False), now=NOW + later + 1)

    assert (first, second) == (event, NotifyEvent.FAILURE if event is None else None)


def test_after_a_recovery_the_next_failure_is_notified_at_once() -> None:
    _, events = closed(run(1, succeeds=False), run(2), run(3, succeeds=False))
    assert events[2] is NotifyEvent.FAILURE


def test_a_run_older_than_the_last_counted_leaves_the_streak_and_is_notified() -> None:
    failing, _ = closed(run(5, succeeds=False), run(6, succeeds=False))
    after_success, success = failing.with_closed(run(4), now=NOW)
    after_failure, failure = failing.with_closed(run(4, succeeds=False), now=NOW)
    well, _ = closed(run(6))
    late, late_failure = well.with_closed(run(4, succeeds=False), now=NOW)

    assert (success, failure, late_failure) == (
        NotifyEvent.SUCCESS,
        NotifyEvent.FAILURE,
        NotifyEvent.FAILURE,
    )
    assert (after_success.streak, after_failure.streak, late.streak) == (2, 2, 0)
    assert {after_success.counted, after_failure.counted, late.counted} == {6}
    assert (after_success.last_success, late.last_success) == (4, 6)


def test_a_run_due_when_the_last_counted_was_is_counted() -> None:
    state, events = closed(run(6, succeeds=False), run(6))
    assert (state.streak, events[1]) == (0, NotifyEvent.RECOVERY)


def test_the_last_success_is_the_one_due_last() -> None:
    state, _ = closed(run(6), run(4))
    assert (state.last_success, state.counted) == (6, 6)
    assert closed(run(0))[0].last_success == 0


def test_the_usual_duration_is_the_median_of_the_successes_if_there_are_five() -> None:
    failures = [run(due, succeeds=False, seconds=900) for due in range(5)]
    successes = [run(10 + due, seconds=seconds) for due, seconds in enumerate([9, 1, 5, 2])]

    assert closed(*failures, *successes)[0].usual_seconds() is None
    assert closed(*failures, *successes, run(20, seconds=7))[0].usual_seconds() == 5
    assert closed(*successes)[0].usual_seconds(fewest=4) == 3.5


@given(st.lists(st.integers(0, 1_000), min_size=1))
def test_the_median_is_that_of_statistics(values: list[int]) -> None:
    assert median_of(values, len(values)) == statistics.median(values)
    assert median_of(values, len(values) + 1) is None


def test_a_correction_ends_the_streak_of_the_last_run_and_counts_as_a_success() -> None:
    failing, _ = closed(run(1, succeeds=False), run(2, succeeds=False))

    corrected, event = failing.with_corrected(run(2))
    assert (corrected.streak, corrected.last_success, event) == (0, 2, NotifyEvent.RECOVERY)
    older, event = failing.with_corrected(run(1))
    assert (older.streak, older.last_success, event) == (2, 1, NotifyEvent.RECOVERY)
    still, event = failing.with_corrected(run(2, succeeds=False))
    assert (still.streak, still.last_success, event) == (2, None, None)
    assert ScheduleState().with_corrected(run(0))[0].last_success == 0
    assert ScheduleState(last_success=5).with_corrected(run(3))[0].last_success == 5


def test_runs_are_counted_once_however_often_they_close_or_are_corrected() -> None:
    failed = run(1, succeeds=False)
    state, _ = closed(failed, run(1, succeeds=False))
    assert (state.ends, state.last_ended, state.successes, state.last_succeeded) == (
        1, "s@1", 0, None,
    )  # fmt: skip
    state, _ = state.with_corrected(run(1))
    state, _ = state.with_corrected(run(1))
    state, _ = state.with_closed(run(2), now=NOW)
    assert (state.ends, state.last_ended, state.successes, state.last_succeeded) == (
        2, "s@2", 2, "s@2",
    )  # fmt: skip


def test_a_pause_is_over_at_its_end() -> None:
    assert not ScheduleState().is_paused(1)
    assert ScheduleState(pause={"by": "ada"}).is_paused(10**12)
    until = ScheduleState(pause={"until": 5})
    assert (until.is_paused(4), until.is_paused(5)) == (True, False)


def test_a_schedule_is_released_by_the_run_that_holds_it_or_waits() -> None:
    state = ScheduleState(current="s@1", waiting="s@2")
    assert state.released_by("s@1") == ScheduleState(waiting="s@2")
    assert state.released_by("s@2") == ScheduleState(current="s@1")
    assert state.released_by("s@3") == state


@pytest.mark.parametrize("text", [None, "", "{", "7", '[{"key": "s@1"}]'])
def test_last_runs_that_somebody_edited_are_none(text: str | None) -> None:
    assert ScheduleState.from_item({"recent": text}).recent == ()


def test_a_write_is_made_if_nobody_changed_the_schedule_meanwhile() -> None:
    state, _ = closed(run(1))
    write = state.write("s", before=ScheduleState(version=6))
    assert write.key == ("S", "s")
    assert write.condition == "attribute_not_exists(#version) OR #version = :before"
    assert (write.values["version"], write.values["before"]) == (7, 6)
    names = write.expression.removeprefix("SET ").split(", ")
    assert names == [f"#{name} = :{name}" for name in write.values if name != "before"]
    item = {name: value for name, value in write.values.items() if name != "before"}
    read = ScheduleState.from_item(item)
    assert (read.recent, read.successes, read.last_ended) == (state.recent, 1, "s@1")
    assert " " not in write.values["recent"]
