"""Parse and format points in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from taskctl.errors import TaskctlError

_SPAN = re.compile(r"(\d+)([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS_AGO = {"today": 0, "yesterday": 1}


def parse_since(text: str) -> datetime:
    """Parse a moment in the past; without an offset it is local.

    Args:
        text: `90m`, `12h`, `7d` or `2w` (ago), `today` or `yesterday` (their first moments), or
            a date, with a time or without.

    Raises:
        TaskctlError: it is not one of these.
    """
    if (days := _DAYS_AGO.get(text)) is not None:
        day = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return (day - timedelta(days=days)).astimezone(UTC)
    if _SPAN.fullmatch(text):
        try:
            return datetime.now(UTC) - parse_span(text)
        except OverflowError:
            raise TaskctlError(f"{text!r} ago is before the first date there is") from None
    return parse_time(text, None)


def parse_until(text: str) -> datetime:
    """Parse a moment that is yet to come: `90m`, `12h` or `7d` from now, or a date and time.

    Raises:
        TaskctlError: it is neither, or past.
    """
    now = datetime.now(UTC)
    try:
        time = now + parse_span(text) if _SPAN.fullmatch(text) else parse_time(text, None)
    except OverflowError:
        raise TaskctlError(f"{text!r} from now is after the last date there is") from None
    if time <= now:
        raise TaskctlError(f"{text!r} must be in the future, and is past")
    return time


def parse_span(text: str) -> timedelta:
    """Parse a span of time: `90s`, `90m`, `12h`, `7d` or `2w`.

    Raises:
        TaskctlError: it is not one.
        OverflowError: it is longer than all of time.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise TaskctlError(f"{text!r} must be a number and a unit, such as 90s, 10m, 2h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


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


def format_seconds(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
