"""Expressions of AWS for the fields of cron.

Cron takes a day that matches either day field, and one that matches both if one of them begins
with `*` (crontab(5), "Note: The day of a command's execution"). AWS has one day field: either
becomes two expressions, and both is possible where a week of the month and a day of the week meet.
"""

from __future__ import annotations

from collections.abc import Iterator

from taskctl.calendar.cron import DAYS, Cron
from taskctl.calendar.expressions import parse
from taskctl.crontab.date_tests import DateTest
from taskctl.crontab.fields import Field, Fields, Untranslatable, name_days

_ALL_DAYS = frozenset(range(1, 32))
_WEEKS = [frozenset(range(first, min(first + 7, 32))) for first in range(1, 32, 7)]

SHORTCUTS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@every_minute": "* * * * *",
}


def translate(fields: Fields, test: DateTest | None = None) -> list[str]:
    """Return the expressions that together are due when cron is; two where either day will do.

    Args:
        fields: the fields of the line.
        test: what of these times the command lets through.

    Raises:
        Untranslatable: AWS has no expression for it.
    """
    days = [*_days(fields.day, fields.weekday)] if test is None else [_narrowed(fields, test)]
    expressions = [
        f"cron({fields.minutes.aws} {fields.hours.aws} {day} {fields.months.aws} {weekday} *)"
        for day, weekday in days
    ]
    for expression in expressions:
        _check(expression)
    return expressions


def _days(day: Field, weekday: Field) -> Iterator[tuple[str, str]]:
    """Return AWS's two day fields, once or twice."""
    if day.has_star or weekday.has_star:
        yield _both(day, weekday)
    elif day.is_full or weekday.is_full:
        yield "*", "?"
    else:
        yield day.aws, "?"
        yield "?", weekday.aws


def _both(day: Field, weekday: Field) -> tuple[str, str]:
    if weekday.is_full:
        return day.aws, "?"
    if day.is_full:
        return "?", weekday.aws
    if position := _position(day.values, weekday.values):
        return "?", position
    raise Untranslatable(
        "because a day field begins with *, cron runs it on days that match both, and AWS "
        "has one: let the task look at context.scheduled_time"
    )


def _narrowed(fields: Fields, test: DateTest) -> tuple[str, str]:
    """Return AWS's two day fields for what a test leaves of the days of a line.

    Raises:
        Untranslatable: AWS cannot say it; the command has to go on testing.
    """
    day, weekday = fields.day, fields.weekday
    if (weekday.is_full or day.is_full) and day.values and weekday.values:
        days, weekdays = day.values & test.days, weekday.values & test.weekdays
        if test.is_last_day:
            if not {28, 29, 30, 31} - days and len(weekdays) == len(DAYS):
                return "L", "?"
        elif test.is_last_week:
            if days == _ALL_DAYS and len(weekdays) == 1:
                return "?", f"{DAYS[min(weekdays)]}L"
        elif days == _ALL_DAYS and weekdays:
            return "?", name_days(weekdays)
        elif len(weekdays) == len(DAYS) and days:
            return ",".join(map(str, sorted(days))), "?"
        elif position := _position(days, weekdays):
            return "?", position
    raise Untranslatable("its test of the date")


def _position(days: frozenset[int] | None, weekdays: frozenset[int] | None) -> str | None:
    """Return such as MON#1 for the Mondays among the days 1 to 7."""
    if days in _WEEKS and weekdays is not None and len(weekdays) == 1:
        return f"{DAYS[min(weekdays)]}#{_WEEKS.index(days) + 1}"
    return None


def _check(expression: str) -> None:
    """Raise Untranslatable if it is never due, or AWS does not take it."""
    try:
        cron = parse(expression)
    except ValueError as error:
        raise Untranslatable(str(error)) from error
    if isinstance(cron, Cron) and not any(
        rule(year, month)
        for year in range(2028, 2056)  # all that a calendar can be
        for month in cron.months
        for rule in cron.day_rules
    ):
        raise Untranslatable("there is no such day")
