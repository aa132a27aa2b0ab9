"""Lambda function run_task: a batch comes off the queue, each of its tasks comes to an outcome."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from task_scheduler import aws
from task_scheduler.errors import BatchFailed, DeadLetterNotSent, NeverStarted
from task_scheduler.execution.attempt import Attempt, Result
from task_scheduler.execution.idempotency import once
from task_scheduler.execution.runners import Inline, Perform, Runner, Threads
from task_scheduler.execution.task_record import log_task
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.observability.task_output import capture_output
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.queue.dead_letters import task_dead_letter
from task_scheduler.queue.record import Record
from task_scheduler.queue.sending import send_batch
from task_scheduler.tasks.context import TaskContext
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

    from task_scheduler.notifications.notifier import Ended

MAX_GIVEN_BACK = 1_000
_given_back: Counter[str] = Counter()
"""How often this sandbox gave a message back untried, by SQS's id: SQS counts receives only."""


class BatchItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """AWS's partial batch response: the messages that stay on the queue."""

    batchItemFailures: list[BatchItemFailure]


def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
    """Runs a batch: one failing task never takes its neighbours along.

    Args:
        event: an SQS event, 1 to 10 records.
        context: Lambda's; its remaining time is shared out.

    Returns:
        The messages to be received again: tried and to be retried, or given back unstarted.

    Raises:
        BatchFailed: tasks were tried and no message is done, so that the Errors metric moves.
    """
    capture_output()
    batch = _Batch([Record.from_event(record) for record in event["Records"]], context)
    batch.run()
    batch.set_visibility()
    batch.tell()
    return batch.response()


class _Batch:
    """The messages of one invocation: those that wait for their turn, and those that are kept."""

    def __init__(self, records: list[Record], context: LambdaContext) -> None:
        self._queue_url = os.environ["QUEUE_URL"]
        self._is_fifo = self._queue_url.endswith(".fifo")
        self._guard = TimeBudget(lambda: context.get_remaining_time_in_millis() / 1000)
        self._runner = self._make_runner(context)
        self._waiting = records if self._is_fifo else _in_order(records)
        self._kept: list[tuple[Record, float]] = []
        self._ended: list[Ended] = []
        self._tried = 0
        self._done = 0

    def run(self) -> None:
        """Brings every task to an outcome, or gives its message back."""
        while self._waiting or self._runner.busy:
            record = self._next() if self._runner.free else None
            if record is not None:
                self._waiting.remove(record)
                self._start(record)
            elif self._runner.busy:
                self._conclude(*self._runner.wait())
            else:
                self._give_back(self._waiting.pop(0))

    def set_visibility(self) -> None:
        """Makes the kept messages visible when their next attempt is due."""
        if not self._kept:
            return
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {
                "Id": str(index),
                "ReceiptHandle": record.receipt_handle,
                "VisibilityTimeout": ceil(seconds),
            }
            for index, (record, seconds) in enumerate(self._kept)
        ]
        # what is not changed comes back when the queue's own visibility timeout is over
        try:
            answer = call_with_timeout(
                self._guard.left_for_report(),
                lambda: aws.sqs().change_message_visibility_batch(
                    QueueUrl=self._queue_url, Entries=entries
                ),
            )
        except Exception:
            logger.warning("visibility not changed", exc_info=True)
            return
        for failure in answer.get("Failed", []):
            record, _ = self._kept[int(failure["Id"])]
            reason = f"{failure['Code']}: {failure.get('Message', 'no reason given')}"
            logger.warning("visibility not changed", extra={"id": record.sqs_id, "reason": reason})

    def tell(self) -> None:
        """Tells chat of the tasks whose messages ask for it."""
        if not {"NOTIFY_SSM_PARAMETER", "NOTIFY_SECRET"} & os.environ.keys() or not any(
            attempt.message and attempt.message.notify_on for attempt, _, _ in self._ended
        ):
            return
        try:
            from task_scheduler.notifications.notifier import NOTIFIER

            NOTIFIER.notify(self._ended, seconds=self._guard.left_for_report())
        except Exception:
            logger.warning("notification failed", exc_info=True)

    def response(self) -> BatchResponse:
        """What Lambda is told.

        Raises:
            BatchFailed: tasks were tried and no message is done.
        """
        if self._tried and not self._done:
            raise BatchFailed(f"none of {self._tried} tasks is done; each has its line in the log")
        return {
            "batchItemFailures": [{"itemIdentifier": record.sqs_id} for record, _ in self._kept]
        }

    def _next(self) -> Record | None:
        """The first message that may start; in a FIFO queue none whose group is not done yet."""
        if not self._is_fifo:
            return self._waiting[0] if self._waiting else None
        held = {attempt.record.message_group for attempt in self._runner.busy}
        held |= {record.message_group for record, _ in self._kept}
        return next((record for record in self._waiting if record.message_group not in held), None)

    def _start(self, record: Record) -> None:
        attempt = Attempt.prepare(
            record,
            task_folder=Path(os.environ["LAMBDA_TASK_ROOT"]),
            max_receives=int(os.environ["MAX_RECEIVE_COUNT"]),
            retention=int(os.environ["MESSAGE_RETENTION"]),
        )
        timeout = attempt.task.timeout if attempt.task else None
        if attempt.task is None or self._guard.allows(timeout):
            self._runner.start(attempt, self._guard.limit(timeout))
        elif attempt.is_last:
            error = NeverStarted(
                f"received {record.receives} times, and no time was ever left for it"
            )
            self._conclude(attempt, self._settle(attempt, attempt.failed(error)))
        else:
            self._give_back(record)

    def _conclude(self, attempt: Attempt, result: Result) -> None:
        self._tried += 1
        self._guard.ended(result.seconds)
        log_task(attempt, result)
        if result.outcome.is_final:
            self._done += 1
            given_back = _given_back.pop(attempt.record.sqs_id, 0)
            # other sandboxes may have given it back, too
            tries = min(attempt.record.receives - given_back, attempt.number)
            self._ended.append((attempt, result, tries))
            if attempt.record.receives > 1:
                self._delete(attempt.record)
        else:
            self._keep(attempt.record, result.retry_after or 0.0)

    def _keep(self, record: Record, seconds: float) -> None:
        self._kept.append((record, seconds))

    def _give_back(self, record: Record) -> None:
        """Keeps a message that was not tried, to be received again at once."""
        if len(_given_back) == MAX_GIVEN_BACK:
            _given_back.clear()
        _given_back[record.sqs_id] += 1
        self._keep(record, 0.0)

    def _delete(self, record: Record) -> None:
        """Takes a message that is done off the queue, before Lambda does it for the whole batch.

        It was received before: what killed the function then may be in this batch again, and
        would have all that was done here done once more.
        """
        try:
            call_with_timeout(
                self._guard.left_for_report(),
                lambda: aws.sqs().delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=record.receipt_handle
                ),
            )
        except Exception:
            logger.warning("message not deleted", exc_info=True)

    def _make_runner(self, context: LambdaContext) -> Runner:
        perform: Perform = self._perform
        if table := os.environ.get("DEDUPLICATION_TABLE"):
            keep_seconds = int(os.environ["MESSAGE_RETENTION"])
            perform = once(
                perform, self._postpone, table=table, keep_seconds=keep_seconds, context=context
            )
        slots = int(os.environ.get("TASK_CONCURRENCY", "1"))
        return Inline(perform) if slots == 1 else Threads(perform, self._give_up, slots)

    def _perform(self, attempt: Attempt, context: TaskContext) -> Result:
        result = attempt.run(context)
        # one that was given up has been settled as that
        return result if context.cancelled else self._settle(attempt, result)

    def _postpone(self, attempt: Attempt, error: Exception, wait: float) -> Result:
        return self._settle(attempt, attempt.postponed(error, wait))

    def _give_up(self, attempt: Attempt, error: BaseException) -> Result:
        return self._settle(attempt, attempt.failed(error))

    def _settle(self, attempt: Attempt, result: Result) -> Result:
        """Sends the dead letter of an attempt that needs one; without it the message stays."""
        if not result.outcome.is_dead:
            return result
        try:
            dead_letter = task_dead_letter(attempt, result)
            call_with_timeout(
                self._guard.left_for_dead_letter(),
                lambda: send_batch(aws.sqs(), os.environ["TASKS_DEAD_LETTER_URL"], [dead_letter]),
            )
        except Exception as error:
            # nothing is lost: SQS's own redrive comes last
            why = reason_of(result.error) if result.error is not None else "no reason"
            kept = DeadLetterNotSent(
                f"{result.outcome}: {why}; its dead letter was not sent: {error}"
            )
            return replace(
                result,
                outcome=Outcome.RETRY,
                error=kept,
                retry_after=compute_backoff(attempt.number),
            )
        return result


def _in_order(records: list[Record]) -> list[Record]:
    """The order in which a batch is run, where any will do.

    Messages with most receives go first: one that kills the function shows early, and one that was
    given back has its turn. Those with as many go forwards and backwards by turns, so that what
    stood behind a killer the last time stands before it this time.
    """
    is_even = max((record.receives for record in records), default=0) % 2 == 0
    return sorted(
        reversed(records) if is_even else records, key=lambda record: record.receives, reverse=True
    )
