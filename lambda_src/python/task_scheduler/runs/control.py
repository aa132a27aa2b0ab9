"""Actions of people on runs and schedules: cancel, pause, resume, send again."""

from __future__ import annotations

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.closing import close
from task_scheduler.runs.identity import RunId, RunState, schedule_item
from task_scheduler.runs.ledger import LOOK_SECONDS, Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Table, Write

TRIES = 8
"""Times that a cancellation is tried while others change the run or its schedule."""


def cancel(ledger: Ledger, run: RunId, *, by: str, why: str | None = None) -> str | None:
    """Cancel a run: one that waits ends at once, one that runs is asked to end.

    Args:
        ledger: the ledger that it is in.
        run: to be cancelled.
        by: who does it.
        why: the reason, if one was given.

    Returns:
        The state of the run now: `cancelled` if it waited, `running` if it was asked to end,
        another one if it was over before; None if there is no such run.

    Raises:
        LedgerUnavailable: the table did not answer, or too many others change the run.
    """
    for _ in range(TRIES):
        item = ledger.table.get(run.item)
        state = item.get("state")
        if state == RunState.WAITING:
            if _end_waiting(ledger, run, by, why):
                return RunState.CANCELLED
        elif state == RunState.RUNNING:
            if _ask_to_end(ledger, run, by, why):
                return RunState.RUNNING
        else:
            return None if not item else str(state)
    raise LedgerUnavailable(f"run {run.key} was not cancelled in {TRIES} tries")


def force(ledger: Ledger, run: RunId, counts: Counts, *, by: str) -> bool:
    """Close a run as cancelled that cannot end, whatever still is on the queue.

    Args:
        ledger: the ledger that it is in.
        run: the run that was cancelled before.
        counts: the counts of its tasks, as far as they have ended.
        by: who does it.

    Returns:
        False if it is over already.

    Raises:
        LedgerUnavailable: the table did not answer, or too many others change the schedule.
    """
    closed = close(ledger, run, counts, closer=by, seconds=0, state=RunState.CANCELLED)
    return closed is not None


def pause(
    table: Table, schedule: str, *, by: str, at: int, note: str | None, until: int | None
) -> None:
    """Pause a schedule, whatever is written to its item meanwhile.

    Args:
        table: the table of the ledger.
        schedule: its name; ALL_SCHEDULES for all of them.
        by: who does it.
        at: seconds since 1970.
        note: for whoever wonders.
        until: seconds since 1970; None until it is resumed.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    known = {"by": by, "at": at, "note": note, "until": until}
    value = {name: given for name, given in known.items() if given is not None}
    table.update(schedule_item(schedule), "SET #pause = :pause", {"pause": value})


def resume(table: Table, schedule: str) -> None:
    """End the pause of a schedule, or of all (ALL_SCHEDULES).

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    table.update(schedule_item(schedule), "REMOVE #pause", {}, condition="attribute_exists(#pause)")


def note_redrive(table: Table, run: RunId, *, by: str, at: int, why: str | None) -> None:
    """Note in a run who sent its dead letters again, and why; where there is no such run, nothing.

    From then on keep_runs looks at it as well: whoever records the end of a task that was sent
    again may die before the run is corrected.

    Args:
        table: the table of the ledger.
        run: the run whose dead letters they are.
        by: who does it.
        at: seconds since 1970.
        why: the reason, if one was given.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    expression = "SET #recount = :yes, #redriven = :at, #redriven_by = :by"
    expression += ", #redriven_why = :why" if why else " REMOVE #redriven_why"
    values = {"yes": True, "at": at, "by": by} | ({"why": why} if why else {})
    table.update(run.item, expression, values, condition="attribute_exists(pk)")
    table.update(
        run.item,
        "SET #due_at = :soon",
        {
            "soon": at + LOOK_SECONDS,
            "failed": RunState.FAILED.value,
            "incomplete": RunState.INCOMPLETE.value,
        },
        condition="#state = :failed OR #state = :incomplete",
    )


def _ask_to_end(ledger: Ledger, run: RunId, by: str, why: str | None) -> bool:
    values, expression = _cancellation(ledger, by, why)
    update = ledger.table.update(
        run.item,
        expression,
        {**values, "running": RunState.RUNNING.value},
        condition="#state = :running",
    )
    return update.was_made


def _end_waiting(ledger: Ledger, run: RunId, by: str, why: str | None) -> bool:
    """Close a run that has not begun, and make room for another that may wait."""
    schedule = ScheduleState.from_item(ledger.table.get(run.schedule_item))
    values, expression = _cancellation(ledger, by, why)
    end = Write(
        key=run.item,
        expression=f"{expression}, #state = :ended, #closed = :now "
        f"REMOVE #due_at{'' if why else ', #reason'}",
        values={
            **values, "ended": RunState.CANCELLED.value, "waiting": RunState.WAITING.value,
        },
        condition="#state = :waiting",
    )  # fmt: skip
    released = schedule.released_by(run.key)
    return ledger.table.transact([end, released.write(run.schedule, before=schedule)])


def _cancellation(ledger: Ledger, by: str, why: str | None) -> tuple[Item, str]:
    values: Item = {"now": ledger.now, "by": by} | ({"why": why} if why else {})
    return values, "SET #cancelled = :now, #cancelled_by = :by" + (
        ", #reason = :why" if why else ""
    )
