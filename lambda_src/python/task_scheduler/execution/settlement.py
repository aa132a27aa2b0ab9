"""Settlement of messages: dead letter, log line, record, acknowledgement, in this order.

A message is deleted only after all else about it is safe, and people are notified only after that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from task_scheduler.config import Settings
from task_scheduler.errors import DeadLetterNotSent, NeverStarted
from task_scheduler.execution.acknowledgement import Acknowledgement
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.recording import Recording
from task_scheduler.execution.result import Ended, Result, failure
from task_scheduler.execution.task_record import log_task
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.queue.fifo import is_fifo
from task_scheduler.queue.record import Record
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from task_scheduler.execution.idempotency import Idempotency


class Settlement:
    """Settles the messages of a batch.

    Args:
        settings: the settings of the function.
        budget: the invocation's time.
        recording: the recording of the batch, in the ledger.
        acknowledgement: the acknowledgement of the batch's messages.
        idempotency: records outcomes; None without deduplication.

    Attributes:
        ended: the attempts that were settled, with the results that they have now.
    """

    def __init__(
        self,
        settings: Settings,
        budget: TimeBudget,
        recording: Recording,
        acknowledgement: Acknowledgement,
        idempotency: Idempotency | None,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._recording = recording
        self._acknowledgement = acknowledgement
        self._idempotency = idempotency
        self._given_back = 0
        self.ended: list[Ended] = []

    def prepare(self, record: Record, *, is_suspect: bool) -> None:
        """Make the others safe before a task starts that may kill the function.

        Args:
            record: its message.
            is_suspect: whether it may have done so before; then its beginning is recorded.

        Raises:
            LedgerUnavailable: that could not be recorded.
        """
        if not is_suspect:
            self._acknowledgement.before(record)
            return
        self._acknowledgement.flush()
        self._recording.begin(record)

    def refuse(self, delivery: Delivery, result: Result) -> None:
        """Settle a message that no task is run for, unless another delivery of it came first."""
        claimed = self._idempotency.claim(delivery) if self._idempotency else None
        self.settle(Ended(delivery, claimed or result))

    def give_back(self, delivery: Delivery) -> None:
        """Keep a message that was not tried, to be received again when there is time for it.

        Those of a standard queue come back one after the other: all at once they would be received
        together, and given back, again and again.
        """
        settings = self._settings
        turn = 0 if is_fifo(settings.queue_url) else self._given_back // settings.task_concurrency
        wait = turn * self._budget.longest
        problem = None
        if delivery.is_out_of_receives:
            problem = f"received {delivery.record.receives} times, and no time was left for it"
        elif not delivery.is_in_time(wait):
            problem = "no time was left for it before the queue drops it (message_retention)"
        if problem:
            self.settle(Ended(delivery, failure(delivery, NeverStarted(problem))))
            return
        self._given_back += 1
        self._recording.add_given_back(delivery.record)
        self._acknowledgement.keep(delivery.record, wait)

    def settle(self, ended: Ended) -> None:
        """Settle an attempt."""
        self._budget.ended(ended.result.seconds)
        if ended.result.outcome.is_dead:
            ended = self._send_dead_letter(ended)
        if self._idempotency is not None:
            self._idempotency.record(ended, self._budget.left_for_report())
        _log(ended)
        self._recording.add(ended)
        record, result = ended.delivery.record, ended.result
        if result.outcome.is_final:
            self._acknowledgement.add_done(record)
        else:
            self._acknowledgement.keep(record, result.retry_after or 0.0)
        self.ended.append(ended)

    def _send_dead_letter(self, ended: Ended) -> Ended:
        """Send the dead letter of a task; if that fails, its message stays for another try."""
        # here, since most sandboxes never send one
        from task_scheduler import aws
        from task_scheduler.queue.dead_letters import task_dead_letter
        from task_scheduler.queue.sending import send_batch

        delivery, result = ended.delivery, ended.result
        try:
            entry = task_dead_letter(delivery, result)
            call_with_timeout(
                self._budget.left_for_dead_letter(),
                lambda: send_batch(aws.sqs(), self._settings.tasks_dead_letter_url, [entry]),
            )
        except Exception as error:
            # nothing is lost: SQS's own redrive comes last
            why = reason_of(result.error) if result.error is not None else "no reason"
            not_sent = DeadLetterNotSent(
                f"{result.outcome}: {why}; its dead letter was not sent: {reason_of(error)}"
            )
            not_sent.__cause__ = result.error
            wait = compute_backoff(delivery.record.receives)
            unsent = result._replace(outcome=Outcome.RETRY, error=not_sent, retry_after=wait)
            return Ended(delivery, unsent)
        return ended


def _log(ended: Ended) -> None:
    try:
        log_task(ended.delivery, ended.result)
    except Exception:
        logger.warning("attempt not logged", exc_info=True)
