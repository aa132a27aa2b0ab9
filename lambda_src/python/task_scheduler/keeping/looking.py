"""Looks at one thing after the other, while there is time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger, reason_of

RESERVE_SECONDS = 20.0
"""Nothing further is looked at with less time left: notifying people may take 10 seconds."""

Value = TypeVar("Value")


def look_safely(look: Callable[[], Value], problem: str, **fields: str) -> Value | None:
    """Look at one thing; an error is logged and not raised, for the sake of the others.

    Args:
        look: does so.
        problem: the message of the log line.
        fields: the fields of the log line.

    Returns:
        What look returned; None if it failed.
    """
    try:
        return look()
    except LedgerUnavailable as error:
        logger.warning("ledger", extra={**fields, "reason": str(error)})
    except Exception as error:
        reason = f"{type(error).__name__}: {reason_of(error)}"
        logger.error(problem, extra={**fields, "reason": reason}, exc_info=error)
    return None
