"""Parse and format points in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from taskctl.errors import TaskctlError

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str) -> datetime:
    """Parse `90m`, `12h` or `7d` (ago), or a date and time; without an offset it is local.

    Raises:
        TaskctlError: it is neither.
    """
    if found := _AGO.fullmatch(text):
        try:
            return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        except OverflowError:
            raise TaskctlError(f"{text!r} ago is before the first date there is") from None
    return parse_time(text, None)


def parse_time(text: str, zone: tzinfo | None) -> datetime:
    """Parse a date and time, and return it in UTC.

    Args:
        text: ISO 8601.
        zone: the zone of a time without an offset; None for this machine's.

    Raises:
        TaskctlError: it is not a date and time.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        right = "a date and time such as 2027-01-31T06:00 or 2027-01-31T06:00:00Z"
        raise TaskctlError(f"{text!r} must be {right}") from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone) if zone else time.astimezone()
    return time.astimezone(UTC)


def rfc3339(time: datetime) -> str:
    """Format a time as Scheduler does: UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
