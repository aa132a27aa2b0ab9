"""Results of attempts: success, another attempt, or permanent failure."""

from __future__ import annotations

from typing import NamedTuple

from task_scheduler.errors import (
    Expired,
    InvalidMessage,
    NeverStarted,
    Retry,
    RunCancelled,
    TooLate,
    is_retried,
)
from task_scheduler.execution.delivery import Delivery
from task_scheduler.observability.log import reason_of
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import MAX_WAIT_SECONDS, OUTAGE_CAP_SECONDS, compute_backoff

NeverRetry = tuple[type[BaseException], ...]


class Result(NamedTuple):
    """The result of an attempt.

    Attributes:
        outcome: the outcome of the task.
        attempt: its number, from 1 to 1 + retries.
        seconds: the seconds that the task's function took.
        preview: what it returned, in short.
        error: what it raised, or why it was not called.
        retry_after: seconds until the next attempt.
        is_attempt: whether it counts as one; False if the message was only put off.
        before: the outcome that it had at an earlier delivery, where that may not be recorded.
    """

    outcome: Outcome
    attempt: int = 1
    seconds: float = 0.0
    preview: str | None = None
    error: BaseException | None = None
    retry_after: float | None = None
    is_attempt: bool = True
    before: Outcome | None = None


class Ended(NamedTuple):
    """A delivery, and the result of its attempt."""

    delivery: Delivery
    result: Result


def failure(
    delivery: Delivery,
    error: BaseException,
    seconds: float = 0.0,
    *,
    never_retry: NeverRetry = (),
) -> Result:
    """Turn an exception into a result: retry or permanent failure.

    Args:
        delivery: the delivery of the attempt that failed.
        error: what it raised, or why there was none.
        seconds: the seconds that it took.
        never_retry: exceptions after which the task has failed for good.
    """
    retry_after = None
    match error:
        case InvalidMessage():
            outcome = Outcome.UNREADABLE
        case Expired():
            outcome = Outcome.EXPIRED
        case RunCancelled():
            outcome = Outcome.CANCELLED
        case _ if delivery.is_out_of_retries or _is_permanent(error, never_retry):
            outcome = Outcome.FAILED
        case Retry(after=float() | int() as after):
            outcome, retry_after = Outcome.RETRY, min(after, MAX_WAIT_SECONDS)
        case _:
            outcome, retry_after = Outcome.RETRY, compute_backoff(delivery.number)
    if retry_after is not None and not delivery.is_in_time(retry_after):
        error = _too_late(error, retry_after)
        outcome, retry_after = Outcome.FAILED, None
    return Result(
        outcome=outcome,
        attempt=delivery.number,
        seconds=seconds,
        error=error,
        retry_after=retry_after,
    )


def postponement(delivery: Delivery, error: Exception, wait: float | None = None) -> Result:
    """Give a message back whose attempt cannot be made now; no attempt is spent.

    Args:
        delivery: the delivery of the message.
        error: why.
        wait: seconds until the message is to be received again; None for those of an outage.
    """
    if wait is None:
        wait = compute_backoff(delivery.record.receives, cap=OUTAGE_CAP_SECONDS)
    if delivery.is_last:
        reason = f"received {delivery.record.receives} times; {reason_of(error)}"
        return failure(delivery, NeverStarted(reason))
    if not delivery.is_in_time(wait):
        return failure(delivery, NeverStarted(str(_too_late(error, wait))))
    return Result(
        outcome=Outcome.RETRY,
        attempt=delivery.number,
        error=error,
        retry_after=wait,
        is_attempt=False,
    )


def _is_permanent(error: BaseException, never_retry: NeverRetry) -> bool:
    return isinstance(error, never_retry) or not is_retried(error)


def _too_late(error: BaseException, wait: float) -> TooLate:
    """Explain why no attempt follows, with the error that ended this one as the cause."""
    too_late = TooLate(
        f"{type(error).__name__}: {reason_of(error)}; another attempt in {wait:.0f} s would come "
        "after the queue drops the message (message_retention)"
    )
    too_late.__cause__ = error
    return too_late
