"""A run is closed once, with what that means for its schedule and for people."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.chunk import Counts, Mark, Marks, Position
from task_scheduler.runs.closing import ClosedNow, close, is_notified, is_unnotified, notified
from task_scheduler.runs.control import cancel, force, note_redrive
from task_scheduler.runs.correcting import correct
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ClosedRun, ScheduleState
from task_scheduler.runs.settling import note_first_failure
from task_scheduler.runs.table import Item
from tests.model.still import Still, still_ledger

RUN = RunId(schedule="nightly", key="nightly@1")
NEXT = RunId(schedule="nightly", key="nightly@2")
NOW = 1_000
EVENTS = ["success", "failure", "recovery"]


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def ledger(clock: Still) -> Ledger:
    return still_ledger(clock)


def record(ledger: Ledger, run: RunId = RUN, **values: Any) -> None:
    """Set attributes of a run, which runs."""
    write(ledger, run.item, **{"state": "running", "began": NOW - 60, **values})


def write(ledger: Ledger, key: tuple[str, str], **values: Any) -> None:
    sets = ", ".join(f"#{name} = :{name}" for name in values)
    ledger.table.update(key, f"SET {sets}", values)


def item(ledger: Ledger, run: RunId = RUN) -> Item:
    found = ledger.table.get(run.item)
    return {name: value for name, value in found.items() if name not in ("pk", "sk")}


def schedule(ledger: Ledger) -> ScheduleState:
    return ScheduleState.from_item(ledger.table.get(RUN.schedule_item))


def close_it(ledger: Ledger, counts: Counts, **options: Any) -> ClosedNow | None:
    return close(ledger, RUN, counts, **{"closer": "worker", "seconds": 20.5, **options})


def test_a_run_that_is_closed_says_how_it_ended_and_who_notifies_people_until_when(
    ledger: Ledger,
) -> None:
    record(ledger, total=3, due_time=7, notify_on=EVENTS, owner="o", lease=1, cursor={"line": 2})

    closed = close_it(ledger, Counts(ended=3, failed=1))

    assert closed is not None
    assert item(ledger) == {
        "state": "failed",
        "began": NOW - 60,
        "closed": NOW,
        "closer": "worker",
        "total": 3,
        "ended": 3,
        "failed": 1,
        "due_time": 7,
        "streak": 0,
        "event": "failure",
        "notify_on": EVENTS,
        "due_at": NOW + 20 + 90,
    }
    assert (closed.run, closed.event, closed.schedule) == (
        RUN, NotifyEvent.FAILURE, ScheduleState(),
    )  # fmt: skip
    assert closed.item.items() >= item(ledger).items()
    assert schedule(ledger) == ScheduleState(
        version=1,
        streak=1,
        counted=7,
        notified=NOW,
        ends=1,
        last_ended=RUN.key,
        recent=(
            ClosedRun(key=RUN.key, due=7, seconds=60, state="failed", ended=3, failed=1),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "counts", "state"),
    [
        ({}, Counts(ended=2), "succeeded"),
        ({}, Counts(ended=2, failed=1), "failed"),
        ({"incomplete": "why"}, Counts(ended=2, failed=1), "incomplete"),
        ({"incomplete": "why", "cancelled": 1}, Counts(ended=2, failed=1), "cancelled"),
    ],
)
def test_the_state_of_a_closed_run_is_what_became_of_it(
    ledger: Ledger, facts: dict[str, Any], counts: Counts, state: str
) -> None:
    record(ledger, total=2, **facts)
    close_it(ledger, counts)
    found = item(ledger)
    assert found["state"] == state
    assert not {"missing", "not_run", "event", "due_at", "reason"} & found.keys()


def test_a_run_that_is_closed_for_a_reason_says_what_is_missing(ledger: Ledger) -> None:
    record(ledger, total=5)
    close_it(ledger, Counts(ended=3, cancelled=2), state=RunState.INCOMPLETE, reason="gone")
    found = item(ledger)
    assert (found["state"], found["reason"]) == ("incomplete", "gone")
    assert (found["missing"], found["not_run"]) == (2, 2)


def test_a_run_whose_clock_went_back_took_no_time(ledger: Ledger) -> None:
    record(ledger, began=NOW + 5)
    close_it(ledger, Counts())
    [run] = schedule(ledger).recent
    assert (run.seconds, run.due) == (0, NOW + 5)


def test_a_run_is_closed_once_and_its_closer_knows_its_own_close(ledger: Ledger) -> None:
    record(ledger, total=1, notify_on=EVENTS)
    close_it(ledger, Counts(ended=1, failed=1))

    assert close_it(ledger, Counts(ended=1), closer="another") is None
    again = close_it(ledger, Counts(ended=1))
    assert again is not None
    assert (again.run, again.event, again.item["failed"]) == (RUN, NotifyEvent.FAILURE, 1)
    assert again.schedule.streak == 1
    notified(ledger, RUN)
    assert close_it(ledger, Counts(ended=1)) is None


def test_a_run_that_never_began_is_not_closed(ledger: Ledger) -> None:
    assert close_it(ledger, Counts()) is None
    assert item(ledger) == {}


def test_a_run_that_waited_is_woken_by_the_one_that_it_waited_for(ledger: Ledger) -> None:
    record(ledger)
    record(ledger, NEXT, state="waiting")
    write(ledger, RUN.schedule_item, current=RUN.key, waiting=NEXT.key)

    close_it(ledger, Counts())

    assert item(ledger, NEXT)["due_at"] == NOW
    assert (schedule(ledger).current, schedule(ledger).waiting) == (None, NEXT.key)


def test_a_run_that_holds_nothing_wakes_nobody(ledger: Ledger) -> None:
    record(ledger)
    record(ledger, NEXT, state="waiting")
    write(ledger, RUN.schedule_item, current="nightly@0", waiting=NEXT.key)

    close_it(ledger, Counts())

    assert "due_at" not in item(ledger, NEXT)
    assert schedule(ledger).current == "nightly@0"


def test_a_run_with_a_monitor_is_looked_at_until_it_was_pinged(ledger: Ledger) -> None:
    record(ledger, heartbeat="job")
    closed = close_it(ledger, Counts())
    assert closed is not None
    assert closed.event is None
    found = item(ledger)
    assert found["due_at"] == NOW + 110
    assert is_unnotified(found)
    notified(ledger, RUN)
    assert not is_unnotified(item(ledger))


def test_ends_that_were_sent_again_are_counted_at_the_close(ledger: Ledger) -> None:
    record(ledger, total=1, recount=True)
    end(ledger, Mark.BAD, Mark.OK)
    close_it(ledger, Counts(ended=1, failed=1))
    found = item(ledger)
    assert (found["state"], found["failed"], found["ended"]) == ("succeeded", 0, 1)
    assert "recount" not in found


def end(ledger: Ledger, *marks: Mark, offset: int = 0) -> None:
    """Record the ends of one task, the last of them when it was sent again."""
    for redrive, mark in enumerate(marks):
        noted = Marks()
        noted.add(mark, Position(0, offset, redrive), body="b")
        ledger.record(RUN, 0, noted)


def test_a_schedule_that_always_changes_is_given_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger)
    monkeypatch.setattr(ledger.table, "transact", lambda _writes: False)
    with pytest.raises(LedgerUnavailable, match=r"^run nightly@1 was not closed in 8 tries$"):
        close_it(ledger, Counts())


def test_a_run_that_people_were_notified_of_is_looked_at_no_more(ledger: Ledger) -> None:
    record(ledger, state="failed", due_at=5)
    notified(ledger, RUN)
    found = item(ledger)
    assert found["notified"] == NOW
    assert "due_at" not in found


def test_a_run_that_was_sent_again_meanwhile_is_looked_at_soon(ledger: Ledger) -> None:
    record(ledger, state="failed", due_at=5, recount=True)
    notified(ledger, RUN)
    assert (item(ledger)["notified"], item(ledger)["due_at"]) == (NOW, NOW + 300)


def test_no_run_is_made_by_notifying_people_of_it(ledger: Ledger) -> None:
    notified(ledger, RUN)
    assert item(ledger) == {}


@pytest.mark.parametrize(
    ("event", "wanted", "is_wanted"),
    [
        (NotifyEvent.FAILURE, ["failure"], True),
        (NotifyEvent.FAILURE, ["success"], False),
        (NotifyEvent.RECOVERY, ["failure"], True),
        (NotifyEvent.RECOVERY, [], False),
        (None, ["failure"], False),
    ],
)
def test_a_recovery_interests_whoever_wants_to_hear_of_anything(
    event: NotifyEvent | None, wanted: list[str], is_wanted: bool
) -> None:
    assert is_notified(event, wanted) is is_wanted


def test_the_first_failure_of_a_run_is_noted_once_and_looked_at_in_five_minutes(
    ledger: Ledger, clock: Still
) -> None:
    record(ledger, due_at=NOW + 9_999)
    note_first_failure(ledger, RUN)
    clock.now += 5
    note_first_failure(ledger, RUN)
    assert (item(ledger)["first_failed"], item(ledger)["due_at"]) == (NOW, NOW + 300)


def test_a_failure_of_a_run_that_is_over_is_not_noted(ledger: Ledger) -> None:
    record(ledger, state="failed")
    note_first_failure(ledger, RUN)
    assert "first_failed" not in item(ledger)


def failed(ledger: Ledger, **facts: Any) -> None:
    """Close a run of two tasks, one of which failed."""
    record(ledger, total=2, notify_on=EVENTS, **facts)
    end(ledger, Mark.OK)
    end(ledger, Mark.BAD, offset=1)
    close_it(ledger, Counts(ended=2, failed=1))
    notified(ledger, RUN)


def succeed_again(ledger: Ledger) -> None:
    noted = Marks()
    noted.add(Mark.OK, Position(0, 1, 1), body="b")
    ledger.record(RUN, 0, noted)


def correct_it(ledger: Ledger, **options: Any) -> ClosedNow | None:
    return correct(ledger, RUN, closer="redriver", seconds=10.5, **options)


def test_a_run_whose_last_dead_letter_succeeds_has_succeeded_and_recovered(
    ledger: Ledger, clock: Still
) -> None:
    failed(ledger)
    succeed_again(ledger)
    clock.now += 50

    corrected = correct_it(ledger)

    assert corrected is not None
    assert corrected.event is NotifyEvent.RECOVERY
    assert corrected.schedule.streak == 1
    assert "notified" not in corrected.item
    found = item(ledger)
    assert corrected.item.items() >= found.items()
    assert (found["state"], found["ended"], found["failed"]) == ("succeeded", 2, 0)
    assert (found["corrected"], found["closed"]) == (NOW + 50, NOW)
    assert (found["event"], found["closer"], found["streak"]) == ("recovery", "redriver", 1)
    assert found["due_at"] == NOW + 50 + 10 + 90
    assert not {"notified", "recount"} & found.keys()
    after = schedule(ledger)
    assert (after.streak, after.last_success, after.version) == (0, NOW - 60, 2)
    assert after.recent[0].state == "succeeded"
    assert correct_it(ledger) is None


def test_a_run_with_nothing_new_is_left_as_it_is(ledger: Ledger) -> None:
    failed(ledger)
    before = item(ledger)
    assert correct_it(ledger) is None
    assert item(ledger) == before
    assert schedule(ledger).version == 1


def test_a_run_of_an_incomplete_list_stays_incomplete(ledger: Ledger) -> None:
    failed(ledger, incomplete="why")
    succeed_again(ledger)
    assert correct_it(ledger) is None
    found = item(ledger)
    assert (found["state"], found["failed"], found["event"]) == ("incomplete", 0, "failure")
    assert found["notified"] == NOW
    assert schedule(ledger).streak == 1


def test_a_run_with_a_task_that_has_no_end_stays_failed(ledger: Ledger) -> None:
    record(ledger, total=3, notify_on=EVENTS)
    end(ledger, Mark.BAD, offset=1)
    close_it(ledger, Counts(ended=1, failed=1), state=RunState.FAILED, reason="2 have no end")
    succeed_again(ledger)
    assert correct_it(ledger) is None
    found = item(ledger)
    assert (found["state"], found["failed"], found["missing"]) == ("failed", 0, 2)
    assert found["reason"] == "2 have no end"


def test_a_missing_task_that_ends_after_all_is_not_missing_any_more(ledger: Ledger) -> None:
    record(ledger, total=1, notify_on=["success"])
    close_it(ledger, Counts(), state=RunState.FAILED, reason="1 task has no end")
    end(ledger, Mark.OK)
    corrected = correct_it(ledger)
    found = item(ledger)
    assert (found["state"], found["ended"]) == ("succeeded", 1)
    assert not {"missing", "reason"} & found.keys()
    assert corrected is not None
    assert corrected.event is NotifyEvent.RECOVERY


def test_nobody_is_notified_of_a_correction_who_wants_nothing(ledger: Ledger) -> None:
    failed(ledger)
    write(ledger, RUN.item, notify_on=[])
    succeed_again(ledger)
    assert correct_it(ledger) is None
    assert (item(ledger)["state"], item(ledger)["notified"]) == ("succeeded", NOW)


def test_a_monitor_hears_of_a_correction(ledger: Ledger) -> None:
    failed(ledger, heartbeat="job")
    write(ledger, RUN.item, notify_on=[])
    succeed_again(ledger)
    corrected = correct_it(ledger)
    assert corrected is not None
    assert (corrected.event, corrected.item["state"]) == (None, "succeeded")


@pytest.mark.parametrize(("most", "is_left"), [(1, True), (2, False)])
def test_a_larger_run_is_left_to_keep_runs(ledger: Ledger, most: int, is_left: bool) -> None:
    failed(ledger)
    succeed_again(ledger)
    assert (correct_it(ledger, most=most) is None) is is_left
    found = item(ledger)
    assert ("recount" in found) is is_left
    assert found["due_at"] == (NOW if is_left else NOW + 100)


def test_a_run_that_runs_is_counted_anew_when_it_is_closed(ledger: Ledger) -> None:
    record(ledger, total=1)
    assert correct_it(ledger) is None
    assert item(ledger)["recount"]


@pytest.mark.parametrize("state", ["succeeded", "cancelled", "waiting"])
def test_only_a_run_that_failed_is_corrected(ledger: Ledger, state: str) -> None:
    record(ledger, state=state, total=1, ended=0, failed=0)
    end(ledger, Mark.OK)
    assert correct_it(ledger) is None
    assert item(ledger)["ended"] == 0


def test_a_correction_that_others_always_forestall_is_given_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(ledger)
    succeed_again(ledger)
    monkeypatch.setattr(ledger.table, "transact", lambda _writes: False)
    with pytest.raises(LedgerUnavailable, match=r"^run nightly@1 was not corrected in 8 tries$"):
        correct_it(ledger)


def test_a_cancelled_run_says_who_cancelled_it_and_why(ledger: Ledger) -> None:
    record(ledger, state="running")
    assert cancel(ledger, RUN, by="ada", why="too early") == "running"
    found = item(ledger)
    assert (found["cancelled"], found["cancelled_by"], found["reason"]) == (
        NOW, "ada", "too early",
    )  # fmt: skip


@pytest.mark.parametrize("why", [None, "too early"])
def test_a_run_that_waits_is_over_when_it_is_cancelled(ledger: Ledger, why: str | None) -> None:
    record(ledger, state="waiting", reason="starts when nightly@0 has ended", due_at=9)
    write(ledger, RUN.schedule_item, current="nightly@0", waiting=RUN.key)
    assert cancel(ledger, RUN, by="ada", why=why) == "cancelled"
    found = item(ledger)
    assert (found["state"], found["closed"], found["cancelled"]) == ("cancelled", NOW, NOW)
    assert (found["cancelled_by"], found.get("reason")) == ("ada", why)
    assert "due_at" not in found
    assert (schedule(ledger).current, schedule(ledger).waiting) == ("nightly@0", None)


def test_a_cancellation_that_others_always_forestall_is_given_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, state="waiting")
    monkeypatch.setattr(ledger.table, "transact", lambda _writes: False)
    with pytest.raises(LedgerUnavailable, match=r"^run nightly@1 was not cancelled in 8 tries$"):
        cancel(ledger, RUN, by="ada")


def test_a_run_that_is_forced_to_end_is_cancelled_and_not_notified_later(ledger: Ledger) -> None:
    record(ledger, total=2, notify_on=EVENTS)
    assert force(ledger, RUN, Counts(ended=1, failed=1), by="ada")
    found = item(ledger)
    assert (found["state"], found["closer"], found["missing"]) == ("cancelled", "ada", 1)
    assert "event" not in found
    assert not force(ledger, RUN, Counts(), by="ada")


@pytest.mark.parametrize("state", ["failed", "incomplete"])
def test_a_redrive_is_noted_and_looked_after(ledger: Ledger, state: str) -> None:
    record(ledger, state=state)
    note_redrive(ledger.table, RUN, by="ada", at=50, why="mended")
    found = item(ledger)
    assert (found["recount"], found["redriven"], found["due_at"]) == (True, 50, 350)
    assert (found["redriven_by"], found["redriven_why"]) == ("ada", "mended")
    note_redrive(ledger.table, RUN, by="bo", at=60, why=None)
    found = item(ledger)
    assert (found["redriven_by"], found["due_at"]) == ("bo", 360)
    assert "redriven_why" not in found


def test_a_redrive_of_a_run_that_runs_leaves_it_due_when_it_was(ledger: Ledger) -> None:
    record(ledger, due_at=5)
    note_redrive(ledger.table, RUN, by="ada", at=50, why=None)
    assert (item(ledger)["recount"], item(ledger)["due_at"]) == (True, 5)
    note_redrive(ledger.table, NEXT, by="ada", at=50, why=None)
    assert item(ledger, NEXT) == {}
