"""Lambda function run_task: run the tasks of a batch of messages from the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from task_scheduler import config
from task_scheduler.errors import BatchFailed
from task_scheduler.execution.batch import Batch
from task_scheduler.execution.late import apply_late_records
from task_scheduler.execution.sandbox import SANDBOX, is_exhausted
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.execution.watchdog import end_process, process_ends_after
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.task_output import capture_output
from task_scheduler.queue.record import Record
from task_scheduler.runs.late_records import KIND
from task_scheduler.runs.opened import open_ledger
from task_scheduler.runs.settling import settle
from task_scheduler.tasks.registry import forget_failures

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from task_scheduler.runs.ledger import Ledger


class BatchItemFailure(TypedDict):
    """A message that stays on the queue."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """AWS's partial batch response."""

    batchItemFailures: list[BatchItemFailure]


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Run a batch: one failing task never takes its neighbours along.

    What came of each is recorded, then acknowledged; people are notified after both.

    Args:
        event: an SQS event, 1 to 10 records.
        context: Lambda's; its remaining time is shared out.

    Returns:
        The messages to be received again: tried and to be retried, or given back unstarted.

    Raises:
        BatchFailed: tasks were tried and no message is done, so that the Errors metric moves.
    """
    capture_output()
    forget_failures()
    budget = TimeBudget(lambda: context.get_remaining_time_in_millis() / 1000)
    with process_ends_after(budget.total - budget.margin):
        settings = config.load("run_task")
        ledger = open_ledger(settings)
        records = [Record.from_event(record) for record in event["Records"]]
        late = [record for record in records if record.kind == KIND]
        tasks = [record for record in records if record.kind != KIND]
        batch = Batch(tasks, settings, budget, SANDBOX, ledger)
        acknowledgement = batch.acknowledgement
        apply_late_records(late, ledger, batch.recording, acknowledgement, settings, budget)
        batch.run()
        acknowledgement.set_visibility()
        _settle(batch, ledger, budget, context.aws_request_id)
        reason = _why_end(batch)
        if reason and acknowledgement.finish():
            logger.warning("sandbox ended", extra={"reason": reason})
            end_process()
        return _respond(batch)


def _why_end(batch: Batch) -> str | None:
    """Return why the process can be of no use to other tasks; None if it can."""
    if SANDBOX.is_stuck:
        return "tasks that were given up run still"
    error = next((one.result.error for one in batch.ended if is_exhausted(one.result.error)), None)
    return f"{type(error).__name__}: {truncate(reason_of(error))}" if error else None


def _settle(batch: Batch, ledger: Ledger, budget: TimeBudget, closer: str) -> None:
    """Close the runs that have ended, and notify people of them."""
    recorded = batch.recording.recorded
    if not (recorded.complete or recorded.failing or recorded.corrected):
        return
    batch.acknowledgement.finish()
    closed = settle(
        ledger,
        recorded,
        closer=closer,
        seconds=budget.left_for_report,
        failing=SANDBOX.failing,
    )
    if closed:
        from task_scheduler.notifications.run_digest import notify

        notify(ledger, closed, seconds=budget.left_for_report)


def _respond(batch: Batch) -> BatchResponse:
    if batch.ended and not batch.acknowledgement.done:
        raise BatchFailed(f"none of {len(batch.ended)} tasks is done; each has its line in the log")
    return {
        "batchItemFailures": [
            {"itemIdentifier": kept.record.sqs_id} for kept in batch.acknowledgement.kept
        ]
    }
