"""Parse the expressions of schedules: rate(...), cron(...) and at(...).

The rules are those that modules/scheduler/expressions.tf checks at plan time; the table in
tests/expressions.json is run against both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from taskctl.calendar.cron import Cron, IllegalExpression

_MAX_CHARACTERS = 256
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_FOREVER = 100_000_000
"""Of any unit: beyond the last date, and not too long for an interval."""


@dataclass(frozen=True)
class Rate:
    """An interval; a day has 24 hours, whatever the clocks do."""

    interval: timedelta


@dataclass(frozen=True)
class At:
    """A local time, without a zone, once."""

    time: datetime


Expression = Rate | Cron | At


def parse(text: str) -> Expression:
    """Parse an expression.

    Raises:
        IllegalExpression: says what is wrong, and what would be right.
    """
    if len(text) > _MAX_CHARACTERS:
        raise IllegalExpression(
            f"it has {len(text)} characters, more than the {_MAX_CHARACTERS} that AWS takes: "
            "split it into several schedules"
        )
    if text.startswith("rate("):
        return _rate(text)
    if text.startswith("at("):
        return _at(text)
    if found := re.fullmatch(r"cron\((.*)\)", text):
        return Cron.parse(found[1])
    raise IllegalExpression(
        "it must be rate(value unit), cron(minutes hours day-of-month month day-of-week year) or "
        "at(yyyy-mm-ddThh:mm:ss)"
    )


def _rate(text: str) -> Rate:
    found = re.fullmatch(r"rate\(0*([1-9][0-9]*) +(minute|hour|day)s?\)", text)
    if found:
        return Rate(timedelta(minutes=min(int(found[1]), _FOREVER) * _MINUTES[found[2]]))
    raise IllegalExpression(
        "rate(value unit) takes a whole number from 1, and minutes, hours or days, such as "
        "rate(15 minutes)"
    )


def _at(text: str) -> At:
    figures = "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    found = re.fullmatch(rf"at\({figures}\)", text)
    try:
        if found:
            year, month, day, hour, minute, second = map(int, found.groups())
            return At(datetime(year, month, day, hour, minute, second))
    except ValueError:
        pass
    raise IllegalExpression(
        "at(yyyy-mm-ddThh:mm:ss) takes a date and time that exist, without a zone (that goes into "
        "timezone) or fractions of a second"
    )
