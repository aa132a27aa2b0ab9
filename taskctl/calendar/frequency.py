"""The frequency of an expression."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

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
    is_left_out: Callable[[date], bool] = lambda day: False,
) -> float:
    """Return the average runs a month (730 hours) over the year to come; 0 for at, which runs once.

    Days on which the clocks change count as any other.

    Args:
        expression: the schedule's.
        now: aware, as are the others.
        start: the schedule's start date.
        end: the schedule's end date.
        is_left_out: tells of a day whether the schedule leaves it out.
    """
    first = max(now, start) if start else now
    last = min(now + YEAR, end) if end else now + YEAR
    if last <= first:
        return 0.0
    match expression:
        case At():
            return 0.0
        case Rate():
            days = [first.date() + timedelta(n) for n in range((last - first).days + 1)]
            share = sum(not is_left_out(day) for day in days) / len(days)
            return (last - first) / expression.interval / MONTHS * share
        case Cron():
            count = 0
            for day in expression.days(first.date()):
                if day >= last.date():
                    break
                count += not is_left_out(day)
            return count * len(expression.hours) * len(expression.minutes) / MONTHS
