"""The record of an attempt: one log line, which is the task's metric as well."""

from __future__ import annotations

from task_scheduler.errors import EXPLAINED
from task_scheduler.execution.attempt import Attempt, Result
from task_scheduler.execution.preview import preview
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.metrics import metrics


def log_task(attempt: Attempt, result: Result) -> None:
    """Write the record of an attempt.

    Its metric is `duration_ms` by outcome; the sample count says how many attempts there were.

    Args:
        attempt: what was tried.
        result: what came of it.
    """
    error = result.error
    fields = {
        "outcome": result.outcome,
        **attempt.log_fields,
        "duration_ms": round(result.seconds * 1000),
        "result": preview(result.value),
        "reason": truncate(reason_of(error)) if error is not None else None,
        "error": type(error).__name__ if error is not None else None,
        "retry_after": result.retry_after and round(result.retry_after, 1),
        **metrics("duration_ms", by=("outcome",), schedule=attempt.log_fields.get("schedule")),
    }
    present = {name: value for name, value in fields.items() if value is not None}
    if error is None:
        logger.info("task", extra=present)
    else:
        logger.error(
            "task", extra=present, exc_info=None if isinstance(error, EXPLAINED) else error
        )
