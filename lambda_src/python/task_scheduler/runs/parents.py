"""The runs that a run follows, as its tasks see them."""

from __future__ import annotations

from collections.abc import Iterable

from task_scheduler.queue.task_id import TaskId, scheduled_time_of
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, read_kept
from task_scheduler.runs.ledger import Ledger
from task_scheduler.tasks.context import ParentRun


def read_parents(ledger: Ledger, keys: Iterable[str]) -> tuple[ParentRun, ...]:
    """Read runs with what is kept of the ends of their tasks.

    Args:
        ledger: the ledger that they are in.
        keys: the keys of the runs.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    return tuple(_read(ledger, RunId.of(key)) for key in keys)


def _read(ledger: Ledger, run: RunId) -> ParentRun:
    item = ledger.table.get(run.item)
    kept = read_kept(ledger, run)
    return ParentRun(
        key=run.key,
        schedule=run.schedule,
        scheduled_time=scheduled_time_of(item["due_time"]) if "due_time" in item else None,
        state=item.get("state"),
        total=item.get("total", 0),
        failed=item.get("failed", 0),
        results={_position(end): end.result for end in kept if end.result is not None},
        reasons={_position(end): end.reason for end in kept if end.reason is not None},
    )


def _position(end: KeptEnd) -> int:
    return TaskId.parse(end.id).position or 0
