"""Dead letters that are sent again correct their run, and people are notified of that once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from task_scheduler.notifications.notifier import Sending
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs import control
from task_scheduler.runs.chunk import CHUNK_SIZE
from task_scheduler.runs.table import Table
from taskctl.dead_letters.dead_letter import DeadLetter, Origin
from taskctl.dead_letters.reading import read_contents, read_envelope
from taskctl.dead_letters.redriver import _entry
from tests.model.books import Plan
from tests.model.night import RETRIES, RUN, Night
from tests.model.simulation import EPOCH
from tests.model.sqs import Stored

FAILS_ONCE = Plan(failures=RETRIES + 1, retries=RETRIES)
"""It is a dead letter, and succeeds when it is sent again."""
FAILS = Plan(failures=99, retries=RETRIES)
GOES_WELL = Plan(retries=RETRIES)

FAILURE, RECOVERY = NotifyEvent.FAILURE, NotifyEvent.RECOVERY
HOUR, DAY = 3_600.0, 86_400.0
CALLS_OF_A_REDRIVE = 22
"""Calls of run_task and keep_runs until the run is corrected, and some more."""


def redrive(night: Night, *, first: int | None = None) -> None:
    """Send dead letters again as `taskctl redrive` does, and note it; called by a process.

    Args:
        night: that has them.
        first: how many, at most; None for all.
    """
    for stored in night.dead_letters.messages[:first]:
        entry = _entry(_read(stored), read_envelope(stored.body) or {}, is_fifo=night.queue.is_fifo)
        request = {"QueueUrl": night.queue.name, "Entries": [entry.as_request("0")]}
        night.client.send_message_batch(**cast("Any", request))
        night.dead_letters.messages.remove(stored)
    now = int(night.simulation.now)
    table = Table(cast("Any", night.table), "ledger")
    control.note_redrive(table, RUN, by="anna", at=now, why="fixed")


def _read(stored: Stored) -> DeadLetter:
    attributes = {name: value["StringValue"] for name, value in stored.attributes.items()}
    return DeadLetter(
        id=stored.id,
        origin=Origin.TASKS,
        body=stored.body,
        attributes=attributes,
        message_group=stored.group,
        time=datetime.fromtimestamp(stored.sent, UTC),
        contents=read_contents(Origin.TASKS, stored.body, attributes),
    )


def events(night: Night) -> list[NotifyEvent]:
    """Return what people were notified of."""
    return [digest.event for _, digest in night.digests]


def state(night: Night) -> tuple[Any, ...]:
    """Return where the run stands."""
    item = night.item()
    return item["state"], item["ended"], item["failed"], "due_at" in item


@pytest.mark.parametrize("groups", [0, 2])
@pytest.mark.parametrize("total", [3, CHUNK_SIZE + 3])
def test_a_run_whose_last_failure_succeeds_has_succeeded_and_recovered(
    total: int, groups: int
) -> None:
    plans = [GOES_WELL] * (total - 2) + [FAILS_ONCE] * 2
    night = Night([*plans], seed=1, groups=groups, days=1.0)
    night.simulation.start(lambda: redrive(night), delay=HOUR)

    night.live()

    assert state(night) == ("succeeded", total, 0, False)
    assert events(night) == [FAILURE, RECOVERY]
    assert set(night.books.done) == set(range(total))
    recovery = night.digests[1][1]
    assert (recovery.streak, recovery.failures, recovery.reason) == (1, [], None)


def test_a_run_with_a_failure_left_stays_failed_and_nobody_is_notified_again() -> None:
    night = Night([FAILS_ONCE, FAILS, FAILS_ONCE], seed=1, days=7.0)
    night.simulation.start(lambda: redrive(night), delay=HOUR)

    night.live()

    assert state(night) == ("failed", 3, 1, False)
    assert events(night) == [FAILURE]


def test_dead_letters_may_be_sent_again_one_after_the_other() -> None:
    night = Night([FAILS_ONCE, GOES_WELL, FAILS_ONCE], seed=1, days=1.0)
    for number in (1, 2):
        night.simulation.start(lambda: redrive(night, first=1), delay=HOUR * number)

    night.live()

    assert state(night) == ("succeeded", 3, 0, False)
    assert events(night) == [FAILURE, RECOVERY]


def test_a_run_that_is_still_going_on_counts_what_was_sent_again() -> None:
    slow = Plan(seconds=50.0, retries=RETRIES)
    night = Night([FAILS_ONCE, *[slow] * 100], seed=1, days=1.0)
    at_redrive: list[str] = []

    def redrive_at_once() -> None:
        while not night.dead_letters.messages:
            night.simulation.sleep(5.0)
        redrive(night)
        at_redrive.append(night.item()["state"])

    night.simulation.start(redrive_at_once)

    night.live()

    assert at_redrive == ["running"]
    assert state(night) == ("succeeded", 101, 0, False)
    assert events(night).count(RECOVERY) <= 1  # where the others ended before it


def test_a_task_that_sqs_itself_moved_away_corrects_its_run_as_well() -> None:
    night = Night([GOES_WELL, GOES_WELL], seed=1, days=8.0)

    def move() -> None:
        moved = night.queue.messages.pop()
        night.dead_letters.messages.append(moved)

    send = night.queue.send

    def send_one(*arguments: Any, **settings: Any) -> str:
        identity = send(*arguments, **settings)
        if len(night.queue.messages) == 2:
            move()
        return identity

    night.queue.send = send_one  # type: ignore[method-assign]
    night.simulation.start(lambda: redrive(night), delay=6 * DAY)

    night.live()

    assert events(night) == [FAILURE, RECOVERY]
    assert state(night) == ("succeeded", 2, 0, False)
    assert {"missing", "reason"}.isdisjoint(night.item())
    assert night.digests[-1][0] < EPOCH + 6 * DAY + 60  # not by keep_runs


def test_a_recovery_is_delivered_though_the_run_was_closed_long_ago() -> None:
    night = Night([FAILS_ONCE], seed=1, days=2.0)
    send = night._notify
    refused: list[NotifyEvent] = []

    def refuse_once(digest: Any, *, seconds: float) -> Sending:
        if digest.event is RECOVERY and not refused:
            refused.append(digest.event)
            return Sending(is_done=False)
        return send(digest, seconds=seconds)

    night._notify = refuse_once  # type: ignore[method-assign]
    night.simulation.start(lambda: redrive(night), delay=DAY)

    night.live()

    assert refused
    assert events(night) == [FAILURE, RECOVERY]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(CALLS_OF_A_REDRIVE))
def test_a_kill_at_a_call_after_a_redrive_delays_the_correction_and_no_more(
    number: int, when: str
) -> None:
    night = Night([GOES_WELL, FAILS_ONCE], seed=1, days=1.0)

    def redrive_and_kill() -> None:
        redrive(night)
        night.faults.kill_at = (len(night.faults.calls) + number, when)

    night.simulation.start(redrive_and_kill, delay=HOUR)

    night.live()

    assert state(night) == ("succeeded", 2, 0, False)
    recoveries = events(night).count(RECOVERY)
    assert 1 <= recoveries <= 1 + len(night.unmarked)
