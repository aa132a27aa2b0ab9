"""Idempotent processing by message id (best effort): a conditional item for each message.

The item is in the ledger's table: in progress, then the outcome. A task that dies between its
effect and the record of its outcome is run again.
"""

from __future__ import annotations

from task_scheduler.config import Settings
from task_scheduler.errors import InProgressElsewhere, LedgerUnavailable
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Ended, Result, postponement
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger
from task_scheduler.outcome import Outcome
from task_scheduler.queue.fifo import deduplication_id
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item, Key
from task_scheduler.tasks.context import TaskContext
from task_scheduler.time_limit import call_with_timeout


class Idempotency:
    """The records of a batch's messages.

    An outcome is kept as long as its message can be sent again: a run's dead letter, redriven,
    sends the same ids. The record that a killed function leaves blocks its message only until the
    function's time was over.

    Args:
        ledger: in whose table they are.
        settings: the settings of the function.
        budget: the invocation's time.
    """

    def __init__(self, ledger: Ledger, settings: Settings, budget: TimeBudget) -> None:
        self._ledger = ledger
        self._keep_seconds = settings.outcome_retention
        # no other invocation has more time, so then the record of any has expired
        self._record_expired = budget.total + 1
        self._budget = budget
        self._claimed: set[str] = set()

    def claim(self, delivery: Delivery) -> Result | None:
        """Claim a message; return a result if its task must not be run now."""
        now = self._ledger.now
        try:
            update = self._ledger.table.update(
                _key(delivery),
                "SET #until = :until, #expires = :expires REMOVE #outcome",
                {
                    "until": now + int(self._budget.remaining()) + 1,
                    "expires": now + self._keep_seconds,
                    "now": now,
                },
                condition="attribute_not_exists(pk) OR #until < :now OR #expires < :now",
            )
        except LedgerUnavailable as error:  # SQS keeps the message meanwhile
            return postponement(delivery, error)
        if not update.was_made:
            return self._taken(delivery, update.item)
        self._claimed.add(delivery.record.sqs_id)
        return None

    def run(self, attempt: Attempt, context: TaskContext) -> Result:
        """Run an attempt, unless its message is another's or has had its outcome."""
        return self.claim(attempt.delivery) or attempt.run(context)

    def record(self, ended: Ended, seconds: float) -> None:
        """Record the outcome of a message that was claimed; forget it if another attempt follows.

        Args:
            ended: its attempt.
            seconds: the seconds that it may take.
        """
        if ended.delivery.record.sqs_id not in self._claimed:
            return
        key, outcome = _key(ended.delivery), ended.result.outcome
        expression = "SET #until = :zero"
        values: Item = {"zero": 0}
        if outcome.is_final:
            expression, values = "SET #outcome = :outcome REMOVE #until", {"outcome": outcome.value}
        try:
            call_with_timeout(seconds, lambda: self._ledger.table.update(key, expression, values))
        except (LedgerUnavailable, TimeoutError):
            logger.warning("outcome not recorded", exc_info=True)

    def _taken(self, delivery: Delivery, item: Item) -> Result:
        if "outcome" in item:
            before = Outcome(item["outcome"])
            return Result(outcome=Outcome.DUPLICATE, attempt=delivery.number, before=before)
        error = InProgressElsewhere("another delivery of it is in progress")
        return postponement(delivery, error, self._record_expired)


def _key(delivery: Delivery) -> Key:
    record = delivery.record
    message_id = delivery.message.id if delivery.message else record.sqs_id
    # what is sent again from a dead letter is to be run again
    redrive = record.counted_at.redrive
    return f"D#{deduplication_id(message_id, record.body)}", f"outcome#{redrive}"
