"""Closing a run: once, together with what it means for its schedule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import LOOK_SECONDS, Ledger
from task_scheduler.runs.schedule_state import ClosedRun, ScheduleState
from task_scheduler.runs.table import Item, Write

TRIES = 8
"""Times that a close is tried while other runs of the schedule are closed, too."""

NOTIFY_LEASE_SECONDS = 90
"""Seconds for which whoever closed a run alone notifies people, beyond its own time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedNow:
    """A run that the caller closed, or whose digest it is to send.

    Attributes:
        run: which.
        item: the item of the run, as it is now.
        event: the event that people are notified of; None where they know already.
        schedule: as it was before.
    """

    run: RunId
    item: Item
    event: NotifyEvent | None
    schedule: ScheduleState


def close(
    ledger: Ledger,
    run: RunId,
    counts: Counts,
    *,
    closer: str,
    seconds: float,
    state: RunState | None = None,
    reason: str | None = None,
) -> ClosedNow | None:
    """Close a run, and count it for its schedule, in one transaction.

    Args:
        ledger: the ledger that it is in.
        run: the run whose tasks have all ended.
        counts: the counts of its tasks.
        closer: names the caller, so that it knows its own write after a lost answer.
        seconds: the seconds that the caller has left; for so long it alone notifies people.
        state: the state that the run gets whatever its counts are; None for what they say.
        reason: why, in that case.

    Returns:
        The run that was closed; None where another closed it, or there is none.

    Raises:
        LedgerUnavailable: the table did not answer, or too many others close runs of the schedule.
    """
    for _ in range(TRIES):
        item = ledger.table.get(run.item)
        if item.get("state") != RunState.RUNNING:
            return _own(ledger, run, item, closer)
        if "recount" in item:
            counts = ledger.count(run, item.get("total", 0))
        values = _values(ledger, item, counts, state or _state(item, counts), closer, reason)
        schedule = ScheduleState.from_item(ledger.table.get(run.schedule_item))
        after, event = schedule.released_by(run.key).with_closed(
            closed_run(run, {**item, **values}), now=ledger.now
        )
        values |= {"streak": schedule.streak}
        event = event if is_notified(event, item.get("notify_on") or []) else None
        if event is not None:
            values |= {"event": str(event)}
        if event is not None or "heartbeat" in item:
            values |= {"due_at": ledger.now + int(seconds) + NOTIFY_LEASE_SECONDS}
        writes = [_run_write(run, item, values), after.write(run.schedule, before=schedule)]
        if schedule.current == run.key and schedule.waiting:
            writes.append(_wake(RunId(schedule=run.schedule, key=schedule.waiting), ledger.now))
        if ledger.table.transact(writes):
            return ClosedNow(run=run, item={**item, **values}, event=event, schedule=schedule)
    raise LedgerUnavailable(f"run {run.key} was not closed in {TRIES} tries")


def notified(ledger: Ledger, run: RunId) -> None:
    """Note that people were notified of a run: nobody has to look at it any more.

    Unless its dead letters were sent again meanwhile.
    """
    update = ledger.table.update(
        run.item,
        "SET #notified = :now REMOVE #due_at",
        {"now": ledger.now},
        condition="attribute_exists(pk) AND attribute_not_exists(#recount)",
    )
    if not update.was_made:
        ledger.table.update(
            run.item,
            "SET #notified = :now, #due_at = :soon",
            {"now": ledger.now, "soon": ledger.now + LOOK_SECONDS},
            condition="attribute_exists(#recount)",
        )


def is_unnotified(item: Item) -> bool:
    """Return True if people or a monitor are still to be notified of a closed run."""
    return "notified" not in item and ("event" in item or "heartbeat" in item)


def is_notified(event: NotifyEvent | None, notify_on: Iterable[str]) -> bool:
    """Return True if somebody is to be notified of an event.

    A recovery ends the incident that the failure opened, whether people want to hear of it or not.
    """
    wanted = set(notify_on)
    if event is NotifyEvent.RECOVERY:
        return bool(wanted)
    return event in wanted


def closed_run(run: RunId, item: Item) -> ClosedRun:
    """Return a closed run in short."""
    began: int = item["began"]
    return ClosedRun(
        key=run.key,
        due=item.get("due_time", began),
        seconds=max(0, item["closed"] - began),
        state=item["state"],
        ended=item["ended"],
        failed=item["failed"],
    )


def _own(ledger: Ledger, run: RunId, item: Item, closer: str) -> ClosedNow | None:
    """Return a run that this very caller closed, whose answer it did not get."""
    if item.get("closer") != closer or not is_unnotified(item):
        return None
    event = NotifyEvent(item["event"]) if "event" in item else None
    schedule = ScheduleState.from_item(ledger.table.get(run.schedule_item))
    return ClosedNow(run=run, item=item, event=event, schedule=schedule)


def _state(item: Item, counts: Counts) -> RunState:
    if "cancelled" in item:
        return RunState.CANCELLED
    if "incomplete" in item:
        return RunState.INCOMPLETE
    return RunState.FAILED if counts.failed else RunState.SUCCEEDED


def _values(
    ledger: Ledger, item: Item, counts: Counts, state: RunState, closer: str, reason: str | None
) -> dict[str, Any]:
    values = {
        "state": state.value, "closed": ledger.now, "closer": closer,
        "ended": counts.ended, "failed": counts.failed,
    }  # fmt: skip
    if counts.cancelled:
        values["not_run"] = counts.cancelled
    missing = item.get("total", counts.ended) - counts.ended
    if missing > 0:
        values["missing"] = missing
    return values | ({"reason": reason} if reason else {})


def _run_write(run: RunId, item: Item, values: Item) -> Write:
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
    removed = ["owner", "lease", "cursor", "recount"] + ([] if "due_at" in values else ["due_at"])
    recounted = "" if "recount" in item else " AND attribute_not_exists(#recount)"
    return Write(
        key=run.item,
        expression=f"{expression} REMOVE {', '.join(f'#{name}' for name in removed)}",
        values={**values, "running": RunState.RUNNING.value},
        condition=f"#state = :running{recounted}",
    )


def _wake(waiting: RunId, now: int) -> Write:
    """Have keep_runs start a run that waited for this one."""
    return Write(
        key=waiting.item,
        expression="SET #due_at = :now",
        values={"now": now},
        condition=None,
    )
