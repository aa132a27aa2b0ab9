"""Parse the Retry-After header."""

from __future__ import annotations

import time
from contextlib import suppress
from email.utils import parsedate_to_datetime

from task_scheduler.errors import MAX_AFTER_SECONDS


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, at most what Retry takes, or None.

    It holds seconds or a date: RFC 9110, 10.2.3.
    """
    if header is None:
        return None
    with suppress(ValueError):
        return _limited(float(header))
    with suppress(ValueError, OverflowError):  # of a year that no clock has
        return _limited(parsedate_to_datetime(header).timestamp() - time.time())
    return None


def _limited(seconds: float) -> float:
    return min(max(0.0, seconds), MAX_AFTER_SECONDS)
