"""Correcting a run: a task that was a dead letter succeeded after it was sent again."""

from __future__ import annotations

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.closing import (
    NOTIFY_LEASE_SECONDS,
    TRIES,
    ClosedNow,
    closed_run,
    is_notified,
)
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Write

MOST_AT_ONCE = 10_000
"""Tasks of a run whose ends a batch counts anew; those of a larger one are keep_runs' to count."""


def correct(
    ledger: Ledger, run: RunId, *, closer: str, seconds: float, most: float = MOST_AT_ONCE
) -> ClosedNow | None:
    """Count a run's ends anew; one that failed has succeeded if no dead letter is left.

    Args:
        ledger: the ledger that it is in.
        run: with a task that succeeded after it was sent again.
        closer: names the caller.
        seconds: the seconds that the caller has left; for so long it alone notifies people.
        most: tasks whose ends are counted; a larger run is left to keep_runs.

    Returns:
        The run if it has succeeded by that; None otherwise.

    Raises:
        LedgerUnavailable: the table did not answer, or too many others change the schedule.
    """
    for _ in range(TRIES):
        item = ledger.table.get(run.item)
        if item.get("state") == RunState.RUNNING:
            if _count_at_close(ledger, run):
                return None
            continue
        if item.get("state") not in (RunState.FAILED, RunState.INCOMPLETE):
            return None
        if item.get("total", 0) > most:
            _leave_to_keep_runs(ledger, run)
            return None
        counts = ledger.count(run, item.get("total"))
        if (counts.failed, counts.ended) == (item.get("failed"), item.get("ended")):
            return None
        lease = ledger.now + int(seconds) + NOTIFY_LEASE_SECONDS
        corrected, writes = _correction(ledger, run, item, counts, closer=closer, lease=lease)
        if ledger.table.transact(writes):
            is_success = corrected.item["state"] == RunState.SUCCEEDED
            is_of_interest = corrected.event or (is_success and "heartbeat" in item)
            return corrected if is_of_interest else None
    raise LedgerUnavailable(f"run {run.key} was not corrected in {TRIES} tries")


def _correction(
    ledger: Ledger, run: RunId, item: Item, counts: Counts, *, closer: str, lease: int
) -> tuple[ClosedNow, list[Write]]:
    """Return a run as its counts would make it, and the writes that do so."""
    schedule = ScheduleState.from_item(ledger.table.get(run.schedule_item))
    values = {"failed": counts.failed, "ended": counts.ended, "state": item["state"]}
    if _is_whole(item, counts) and not counts.failed:
        values |= {"state": RunState.SUCCEEDED.value, "corrected": ledger.now}
    after, event = schedule.with_corrected(closed_run(run, {**item, **values}))
    event = event if is_notified(event, item.get("notify_on") or []) else None
    if event is not None:
        values |= {
            "event": str(event), "closer": closer, "streak": schedule.streak, "due_at": lease,
        }  # fmt: skip
    writes = [_write(run, item, values), after.write(run.schedule, before=schedule)]
    now = {name: value for name, value in item.items() if name != "notified"} | values
    return ClosedNow(run=run, item=now, event=event, schedule=schedule), writes


def _is_whole(item: Item, counts: Counts) -> bool:
    """Return True if the whole list was sent, and all of it has ended."""
    return "incomplete" not in item and "total" in item and counts.ended >= item["total"]


def _count_at_close(ledger: Ledger, run: RunId) -> bool:
    """Have whoever closes a run count its ends anew; False if it was closed meanwhile."""
    update = ledger.table.update(
        run.item,
        "SET #recount = :yes",
        {"yes": True, "running": RunState.RUNNING.value},
        condition="#state = :running",
    )
    return update.was_made


def _leave_to_keep_runs(ledger: Ledger, run: RunId) -> None:
    ledger.table.update(
        run.item,
        "SET #recount = :yes, #due_at = :now",
        {"yes": True, "now": ledger.now},
        condition="attribute_exists(pk)",
    )


def _write(run: RunId, item: Item, values: Item) -> Write:
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
    has_all_ends = "missing" in item and values["ended"] >= item["total"]
    removed = [
        *(["#missing", "#reason"] if has_all_ends else []),
        *(["#notified", "#recount"] if values.get("event") == NotifyEvent.RECOVERY else []),
    ]
    return Write(
        key=run.item,
        expression=f"{expression}{' REMOVE ' if removed else ''}{', '.join(removed)}",
        values={**values, "before_state": item["state"], "before_failed": item["failed"]},
        condition="#state = :before_state AND #failed = :before_failed",
    )
