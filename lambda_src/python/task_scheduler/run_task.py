"""Lambda function run_task: run the tasks of a batch of messages from the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from task_scheduler import config
from task_scheduler.errors import BatchFailed
from task_scheduler.execution.batch import Batch
from task_scheduler.execution.sandbox import SANDBOX
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.execution.watchdog import end_process, process_ends_after
from task_scheduler.observability.log import logger
from task_scheduler.observability.task_output import capture_output
from task_scheduler.queue.record import Record
from task_scheduler.tasks.registry import forget_failures

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class BatchItemFailure(TypedDict):
    """A message that stays on the queue."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """AWS's partial batch response."""

    batchItemFailures: list[BatchItemFailure]


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Run a batch: one failing task never takes its neighbours along.

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
        records = [Record.from_event(record) for record in event["Records"]]
        batch = Batch(records, settings, budget, SANDBOX)
        batch.run()
        batch.acknowledgement.set_visibility()
        if SANDBOX.is_stuck and batch.acknowledgement.finish():
            logger.warning("sandbox ended", extra={"reason": "tasks that were given up run still"})
            end_process()
        return _respond(batch)


def _respond(batch: Batch) -> BatchResponse:
    if batch.ended and not batch.acknowledgement.done:
        raise BatchFailed(f"none of {len(batch.ended)} tasks is done; each has its line in the log")
    return {
        "batchItemFailures": [
            {"itemIdentifier": kept.record.sqs_id} for kept in batch.acknowledgement.kept
        ]
    }
