"""One effect for a message, however often it is delivered, as far as that can be had.

Powertools' idempotency keeps a record of each message id in a DynamoDB table: in progress, then
its outcome. A task that dies between its effect and the record of its outcome is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from task_scheduler import aws
from task_scheduler.errors import InProgressElsewhere
from task_scheduler.execution.attempt import Attempt, Result
from task_scheduler.execution.runners import Perform
from task_scheduler.observability.log import logger
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.tasks.context import TaskContext

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext


Postpone = Callable[[Attempt, Exception, float], Result]
"""What comes of an attempt that cannot be made now, why, and seconds until it may be."""


@cache
def _records(table: str) -> DynamoDBPersistenceLayer:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

    return DynamoDBPersistenceLayer(table_name=table, boto3_client=aws.dynamodb())


class _ToBeRetried(Exception):
    """Makes Powertools forget the message, since another attempt follows."""


def once(
    perform: Perform, postpone: Postpone, *, table: str, keep_seconds: int, context: LambdaContext
) -> Perform:
    """Wraps what runs an attempt, so that a message that came to its end is not run again.

    Args:
        perform: runs an attempt to its result.
        postpone: says what comes of a message that is not run now.
        table: the DynamoDB table's name.
        keep_seconds: how long an outcome is kept: as long as a message can lie on the queue.
        context: Lambda's; without it the record that a killed function left would block its
            message for as long as an outcome is kept, not until the function's time was over.
    """
    from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
    from aws_lambda_powertools.utilities.idempotency.exceptions import (
        IdempotencyAlreadyInProgressError,
        IdempotencyInconsistentStateError,
        IdempotencyPersistenceLayerError,
    )

    config = IdempotencyConfig(expires_after_seconds=keep_seconds, hash_function="sha256")
    config.register_lambda_context(context)
    records = _records(table)
    # another invocation has no more time than this one, so then its record has expired
    record_expired = context.get_remaining_time_in_millis() / 1000 + 1

    def perform_once(attempt: Attempt, task_context: TaskContext) -> Result:
        results: list[Result] = []

        def run(*, message_id: str) -> str:
            results.append(perform(attempt, task_context))
            if not results[0].outcome.is_final:
                raise _ToBeRetried(message_id)
            return results[0].outcome.value

        run_once = idempotent_function(
            run,
            data_keyword_argument="message_id",
            persistence_store=records,
            config=config,
            key_prefix="message",
        )
        try:
            run_once(message_id=attempt.message.id if attempt.message else attempt.record.sqs_id)
        except _ToBeRetried:
            pass
        except IdempotencyAlreadyInProgressError:
            error = InProgressElsewhere("another delivery of it is in progress")
            return postpone(attempt, error, record_expired)
        except (IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError) as error:
            if not results:
                return postpone(attempt, error, compute_backoff(attempt.number))
            logger.warning("outcome not recorded", exc_info=error)
        return results[0] if results else Result(outcome=Outcome.DUPLICATE, attempt=attempt.number)

    return perform_once
