"""The structured log: JSON lines through Powertools, never the environment, never an event."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from task_scheduler import config

# `location` would name this package's own lines, and CloudWatch has a time of its own for each
# line; the fields of a record say what happened.
logger = Logger(
    service=config.load().service_name,
    location=None,
    timestamp=None,
    serialize_stacktrace=False,
    log_uncaught_exceptions=False,
)

SHORT = 300


def reason_of(error: BaseException) -> str:
    """What an error says; of one that cannot say it, which it is."""
    try:
        return str(error)
    except Exception as unsaid:
        return f"<{type(error).__name__}, whose str raises {type(unsaid).__name__}>"


def truncate(text: str, limit: int = SHORT) -> str:
    """The text itself, or its first characters and how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}... ({len(text) - limit} more characters)"
