"""Points in time as a user writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from taskctl.errors import TaskctlError

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str) -> datetime:
    """`90m`, `12h` or `7d` ago, or a date and time; one without an offset is this machine's.

    Raises:
        TaskctlError: it is neither.
    """
    if found := _AGO.fullmatch(text):
        try:
            return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
        except OverflowError:
            raise TaskctlError(f"{text!r} ago: there was no time then") from None
    return parse_time(text, None)


def parse_time(text: str, zone: tzinfo | None) -> datetime:
    """A date and time, in UTC.

    Args:
        text: ISO 8601.
        zone: of a time without an offset; None for this machine's.

    Raises:
        TaskctlError: it is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        right = "a date and time such as 2027-01-31T06:00 or 2027-01-31T06:00:00Z"
        raise TaskctlError(f"{text!r}: has to be {right}") from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone) if zone else time.astimezone()
    return time.astimezone(UTC)


def rfc3339(time: datetime) -> str:
    """A time as Scheduler writes it: UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
