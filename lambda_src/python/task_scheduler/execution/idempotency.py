"""Idempotent processing by message id (best effort).

Powertools' idempotency keeps a record of each message id in the ledger's table: in progress, then
its outcome. A task that dies between its effect and the record of its outcome is run again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from task_scheduler import aws
from task_scheduler.config import Settings
from task_scheduler.errors import InProgressElsewhere
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Ended, Result, postponement
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.queue.fifo import deduplication_id
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord


@cache
def _records(table: str, keep_seconds: int) -> DynamoDBPersistenceLayer:
    from aws_lambda_powertools.utilities.idempotency import (
        DynamoDBPersistenceLayer,
        IdempotencyConfig,
    )

    records = DynamoDBPersistenceLayer(
        table_name=table,
        key_attr="pk",
        sort_key_attr="sk",
        static_pk_value="D#message",
        expiry_attr="expires",
        boto3_client=aws.dynamodb(),
    )
    config = IdempotencyConfig(expires_after_seconds=keep_seconds, hash_function="sha256")
    records.configure(config, key_prefix="message")
    return records


class Idempotency:
    """The records of a batch's messages.

    An outcome is kept as long as its message can be sent again: a run's dead letter, redriven,
    sends the same ids. The record that a killed function leaves blocks its message only until the
    function's time was over.
    """

    def __init__(self, table: str, settings: Settings, budget: TimeBudget) -> None:
        self._records = _records(table, settings.outcome_retention)
        # no other invocation has more time, so then the record of any has expired
        self._record_expired = budget.total + 1
        self._budget = budget
        self._claimed: set[str] = set()

    def claim(self, delivery: Delivery) -> Result | None:
        """Claim a message; return a result if its task must not be run now."""
        from aws_lambda_powertools.utilities.idempotency.exceptions import (
            IdempotencyItemAlreadyExistsError,
        )

        left = round(self._budget.remaining() * 1000)
        try:
            self._records.save_inprogress(_key(delivery), remaining_time_in_millis=left)
        except IdempotencyItemAlreadyExistsError as error:
            return self._taken(delivery, error.old_data_record)
        except Exception as error:  # the table does not answer: SQS keeps the message meanwhile
            return postponement(delivery, error, compute_backoff(delivery.record.receives))
        self._claimed.add(delivery.record.sqs_id)
        return None

    def record(self, ended: Ended, seconds: float) -> None:
        """Record the outcome of a message that was claimed; forget it if another attempt follows.

        Args:
            ended: its attempt.
            seconds: that it may take.
        """
        if ended.delivery.record.sqs_id not in self._claimed:
            return
        key, outcome = _key(ended.delivery), ended.result.outcome
        try:
            if outcome.is_final:
                result: Any = outcome.value
                call_with_timeout(seconds, lambda: self._records.save_success(key, result))
            else:
                error = Exception(outcome.value)
                call_with_timeout(seconds, lambda: self._records.delete_record(key, error))
        except Exception:
            logger.warning("outcome not recorded", exc_info=True)

    def _taken(self, delivery: Delivery, taken: DataRecord | None) -> Result:
        if taken is not None and taken.status == "COMPLETED":
            return Result(outcome=Outcome.DUPLICATE, attempt=delivery.number)
        error = InProgressElsewhere("another delivery of it is in progress")
        return postponement(delivery, error, self._record_expired)


def _key(delivery: Delivery) -> Any:
    record = delivery.record
    return deduplication_id(delivery.message.id if delivery.message else record.sqs_id, record.body)
