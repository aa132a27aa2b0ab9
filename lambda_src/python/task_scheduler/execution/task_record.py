"""The record of an attempt: one log line, which is the task's metric as well."""

from __future__ import annotations

from task_scheduler.errors import has_traceback
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Result
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.metrics import metrics


def log_task(delivery: Delivery, result: Result) -> None:
    """Write the record of an attempt.

    Its metric is `duration_ms` by outcome; the sample count says how many attempts there were.

    Args:
        delivery: the message that was tried.
        result: what came of it.
    """
    error, about = result.error, delivery.log_fields
    fields = {
        "outcome": result.outcome,
        **about,
        "duration_ms": round(result.seconds * 1000),
        "result": result.preview,
        "reason": truncate(reason_of(error)) if error is not None else None,
        "error": type(error).__name__ if error is not None else None,
        "retry_after": result.retry_after and round(result.retry_after, 1),
        **metrics("duration_ms", by=("outcome",), schedule=about.get("schedule")),
    }
    present = {name: value for name, value in fields.items() if value is not None}
    if error is None:
        logger.info("task", extra=present)
    else:
        logger.error("task", extra=present, exc_info=error if has_traceback(error) else None)
