"""Tell SQS of a batch's messages: which are done, and when the others are to be received again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from math import ceil, inf
from typing import TYPE_CHECKING, Any, NamedTuple

from task_scheduler import aws
from task_scheduler.execution.recording import Recording
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.queue.record import Record
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef

FLUSH_SECONDS = 2.0
"""Least time between two deletions while tasks run, one of which may kill the function: an update
of the ledger and a request to SQS for each short task are not worth it."""


class Kept(NamedTuple):
    """A message that stays on the queue, and seconds until it is to be received again."""

    record: Record
    wait: float


class Acknowledgement:
    """The messages of a batch that have come to a result.

    Lambda deletes those that a batch's response does not name, but only at the end, and only if
    the function lives to see it.

    Attributes:
        done: how many leave the queue.
        kept: those that stay.
    """

    def __init__(self, queue_url: str, budget: TimeBudget, recording: Recording) -> None:
        self.done = 0
        self.kept: list[Kept] = []
        self._queue_url = queue_url
        self._budget = budget
        self._recording = recording
        self._undeleted: list[Record] = []
        self._flushed = time.monotonic()
        self._is_deletable = True

    def add_done(self, record: Record) -> None:
        """Take note of a message that leaves the queue once its end is recorded."""
        self.done += 1
        self._undeleted.append(record)

    def record(self) -> None:
        """Record what is noted; a message whose end can be recorded nowhere stays on the queue."""
        self._recording.flush(self._budget.left_for_report())
        unsafe = [one for one in self._undeleted if not self._recording.is_safe(one)]
        self._undeleted = [one for one in self._undeleted if one not in unsafe]
        self.done -= len(unsafe)
        self.kept += [Kept(one, compute_backoff(one.receives)) for one in unsafe]

    def keep(self, record: Record, wait: float) -> None:
        """Take note of a message that is to be received again, in so many seconds."""
        self.kept.append(Kept(record, wait))

    @property
    def due_in(self) -> float:
        """Seconds until what is done is to be deleted; infinite if there is nothing to delete."""
        if not self._undeleted or not self._is_deletable:
            return inf
        return self._flushed + FLUSH_SECONDS - time.monotonic()

    def before(self, record: Record) -> None:
        """Delete what is done, if it is time, before the task of another message starts.

        One that was received before may be what killed the function then.
        """
        if self.due_in <= 0 or record.receives > 1:
            self.flush()

    def flush(self) -> None:
        """Record what is noted and delete what is done, while tasks wait for it.

        What could not be deleted before is left to the end.
        """
        seconds = self._budget.left_for_flush()
        self._recording.flush(seconds)
        if self._is_deletable:
            self._delete(seconds)

    def finish(self) -> bool:
        """Delete what is done.

        Returns:
            Whether SQS has deleted all of it.
        """
        self._delete(self._budget.left_for_report())
        return self._is_deletable

    def set_visibility(self) -> None:
        """Make the kept messages visible when their next attempt is due.

        One for which that fails comes back when the queue's own visibility timeout is over.
        """
        if not self.kept:
            return
        answer = _call(
            "visibility not changed",
            self._budget.left_for_report(),
            lambda: aws.sqs().change_message_visibility_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {
                        "Id": str(index),
                        "ReceiptHandle": kept.record.receipt_handle,
                        "VisibilityTimeout": ceil(kept.wait),
                    }
                    for index, kept in enumerate(self.kept)
                ],
            ),
        )
        records = [kept.record for kept in self.kept]
        _log_failures("visibility not changed", answer.get("Failed", ()), records)

    def _delete(self, seconds: float) -> None:
        self._flushed = time.monotonic()
        records = [one for one in self._undeleted if self._recording.is_safe(one)]
        self._undeleted = [one for one in self._undeleted if one not in records]
        if not records:
            return
        answer = _call(
            "messages not deleted",
            seconds,
            lambda: aws.sqs().delete_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": record.receipt_handle}
                    for index, record in enumerate(records)
                ],
            ),
        )
        self._is_deletable &= "Successful" in answer and not answer.get("Failed")
        _log_failures("messages not deleted", answer.get("Failed", ()), records)


def _call(problem: str, seconds: float, call: Any) -> Any:
    try:
        return call_with_timeout(seconds, call)
    except Exception:
        logger.warning(problem, exc_info=True)
        return {}


def _log_failures(
    problem: str, failures: Iterable[BatchResultErrorEntryTypeDef], records: Sequence[Record]
) -> None:
    for failure in failures:
        reason = f"{failure['Code']}: {failure.get('Message', 'no reason given')}"
        sqs_id = records[int(failure["Id"])].sqs_id
        logger.warning(problem, extra={"id": sqs_id, "reason": reason})
