"""Recording of a batch: what its receives came to, in the ledger before the queue forgets them."""

from __future__ import annotations

from functools import partial

from task_scheduler.config import Settings
from task_scheduler.errors import DeadLetterNotSent, LedgerUnavailable
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Ended, Result
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.outcome import Outcome
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Mark, Marks, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd
from task_scheduler.runs.late_records import send_late
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.recorder import Recorded, Recorder, mark_of
from task_scheduler.time_limit import call_with_timeout


class Recording:
    """The records of a batch's receives.

    Args:
        ledger: the ledger that they are made in.
        settings: the settings of the function.
        budget: the invocation's time.
    """

    def __init__(self, ledger: Ledger, settings: Settings, budget: TimeBudget) -> None:
        self._ledger = ledger
        self._budget = budget
        self._recorder = Recorder(ledger, partial(send_late, queue_url=settings.queue_url))

    @property
    def recorded(self) -> Recorded:
        """The consequences of the records made so far."""
        return self._recorder.recorded

    @property
    def recorder(self) -> Recorder:
        """The recorder that makes the records."""
        return self._recorder

    def add(self, ended: Ended) -> None:
        """Note an attempt's result."""
        record, result = ended.delivery.record, ended.result
        if result.outcome is Outcome.DUPLICATE and result.before is None:
            return  # its end is recorded
        is_unsent = isinstance(result.error, DeadLetterNotSent)
        mark = mark_of(result.before or result.outcome, is_attempt=result.is_attempt)
        self._recorder.add(
            Mark.FINAL if is_unsent else mark,
            record.counted_at,
            body=record.body,
            receives=record.receives,
            kept=_kept_end(ended.delivery, result),
        )

    def add_given_back(self, record: Record) -> None:
        """Note a receive after which a message was given back untried."""
        self._recorder.add(Mark.BACK, record.counted_at, receives=record.receives)

    def begin(self, record: Record) -> None:
        """Write down that a task is begun, before it is: it may kill the function.

        Raises:
            LedgerUnavailable: the table did not answer in time.
        """
        place = record.counted_at
        position = Position.of(place)
        marks = Marks()
        marks.add(Mark.BEGUN, position, receives=record.receives)
        try:
            call_with_timeout(
                self._budget.left_for_flush(),
                lambda: self._ledger.record(RunId.of(place.run), position.chunk, marks),
            )
        except TimeoutError as error:
            raise LedgerUnavailable(str(error)) from error

    def flush(self, seconds: float) -> None:
        """Write down what is noted, in so many seconds at most."""
        try:
            call_with_timeout(seconds, self._recorder.flush)
        except TimeoutError as error:
            self._recorder.give_up_table()
            logger.warning("ledger", extra={"reason": reason_of(error)})

    def is_safe(self, record: Record) -> bool:
        """Return True if nothing about a message is left to be written down."""
        return not self._recorder.is_pending(record.counted_at)


def _kept_end(delivery: Delivery, result: Result) -> KeptEnd | None:
    """Return what is kept of an end: the reason of a failure, the result where it is wanted.

    A task that succeeds after it was sent again takes the place of its failure in any case.
    """
    message = delivery.message
    task_id = message.id if message else delivery.record.sqs_id
    task = message.task if message else None
    is_redriven = delivery.record.counted_at.redrive > 0
    error = result.error
    if isinstance(error, DeadLetterNotSent) and error.__cause__ is not None:
        error = error.__cause__
    elif not result.outcome.is_dead:
        is_wanted = message is not None and message.keep_result
        if result.outcome is not Outcome.SUCCESS or not (is_wanted or is_redriven):
            return None
        preview = result.preview if is_wanted else None
        return KeptEnd(id=task_id, task=task, attempt=result.attempt, result=preview)
    if error is None:
        return None
    return KeptEnd(
        id=task_id,
        task=task,
        attempt=result.attempt,
        reason=reason_of(error),
        error=type(error).__name__,
    )
