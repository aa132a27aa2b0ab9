"""The frequency of an expression."""

from __future__ import annotations

from datetime import datetime, timedelta

from taskctl.calendar.cron import Cron
from taskctl.calendar.expressions import At, Expression, Rate

YEAR = timedelta(days=365)
MONTHS = 12


def runs_a_month(
    expression: Expression,
    *,
    now: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
) -> float:
    """Return the average runs a month (730 hours) over the year to come; 0 for at, which runs once.

    Days on which the clocks change count as any other.

    Args:
        expression: the schedule's.
        now: aware, as are the others.
        start: the schedule's start date.
        end: the schedule's end date.
    """
    first = max(now, start) if start else now
    last = min(now + YEAR, end) if end else now + YEAR
    if last <= first:
        return 0.0
    match expression:
        case At():
            return 0.0
        case Rate():
            return (last - first) / expression.interval / MONTHS
        case Cron():
            days = 0
            for day in expression.days(first.date()):
                if day >= last.date():
                    break
                days += 1
            return days * len(expression.hours) * len(expression.minutes) / MONTHS
