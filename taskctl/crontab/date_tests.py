r"""Tests of the date in front of a command, with which crontabs say what the fields cannot.

Such as `[ "$(date +\%u)" = 1 ] && command` on the days 1-7 for the first Monday.
"""

from __future__ import annotations

import calendar
import operator
import re
from typing import NamedTuple

_DATE = r"""["']?(?:\$\(|`)\s*(?:/usr)?(?:/bin/)?date\s+([^()`]*?)\s*(?:\)|`)["']?"""
_VALUE = rf"""(?:["']?([0-9A-Za-z]+)["']?|{_DATE})"""
_COMPARISON = rf"{_DATE}\s*(==?|!=|-eq|-ne|-lt|-le|-gt|-ge)\s*{_VALUE}"
_TEST = re.compile(
    rf"(?:(?P<bracket>\[\[?)|test)\s+"
    rf"(?P<all>{_COMPARISON}(?:\s+(?:-a|&&)\s+{_COMPARISON})*)"
    r"\s*(?(bracket)\]\]?)\s*&&\s*"
)
_COMPARE = {
    "=": operator.eq, "==": operator.eq, "-eq": operator.eq, "!=": operator.ne, "-ne": operator.ne,
    "-lt": operator.lt, "-le": operator.le, "-gt": operator.gt, "-ge": operator.ge,
}  # fmt: skip
_AHEAD = re.compile(
    r"(?:-d\s*|--date[= ]\s*|-v)"
    r"(?:(?P<day>tomorrow|next day|\+?1 ?days?|\+1d)|next week|\+?7 ?days?|\+?1 ?week|\+7d|\+1w)"
)
_NUMBERS = {"u": "7123456", "w": "0123456"}
"""The number that `date` shows of each day of the week, from Sunday."""
_NAMES = {
    "a": [*calendar.day_abbr][-1:] + [*calendar.day_abbr][:-1],
    "A": [*calendar.day_name][-1:] + [*calendar.day_name][:-1],
}


class DateTest(NamedTuple):
    """The days that tests of the date let through.

    Attributes:
        days: days of the month.
        weekdays: days of the week, 0 for Sunday.
        is_last_day: true for the last day of a month only.
        is_last_week: true for the last seven days of a month only.
    """

    days: frozenset[int] = frozenset(range(1, 32))
    weekdays: frozenset[int] = frozenset(range(7))
    is_last_day: bool = False
    is_last_week: bool = False


def split_tests(command: str) -> tuple[DateTest | None, str]:
    """Return the tests of the date that a command begins with, and the rest of it.

    None and the whole command if there are none, or one that is not understood.
    """
    test, rest = DateTest(), command.lstrip()
    while found := _TEST.match(rest):
        for comparison in re.finditer(_COMPARISON, found["all"]):
            narrowed = _narrow(test, *comparison.groups())
            if narrowed is None:
                return None, command
            test = narrowed
        rest = rest[found.end() :]
    return (None, command) if test == DateTest() else (test, rest)


def _narrow(test: DateTest, date: str, sign: str, value: str, other: str) -> DateTest | None:
    """Return a test that has one comparison more; None if it is not understood."""
    shown, ahead = _split(date)
    compare = _COMPARE[sign]
    if other is not None:
        theirs, further = _split(other)
        is_last_week = (shown, theirs) == ("m", "m") and {ahead, further} == {0, 7}
        return test._replace(is_last_week=True) if is_last_week and compare(1, 2) else None
    if shown in ("d", "-d", "e") and _is_number(value, sign, padded=shown == "d"):
        days = frozenset(day for day in range(1, 32) if compare(day, int(value)))
        if ahead == 1 and days == {1}:
            return test._replace(is_last_day=True)
        return test._replace(days=test.days & days) if ahead == 0 else None
    weekdays = _weekdays(shown, sign, value)
    if weekdays is None or ahead != 0:
        return None
    return test._replace(weekdays=test.weekdays & weekdays)


def _weekdays(shown: str, sign: str, value: str) -> frozenset[int] | None:
    compare = _COMPARE[sign]
    if value in _NAMES.get(shown, ()) and not sign.startswith("-"):
        return frozenset(day for day, name in enumerate(_NAMES[shown]) if compare(name, value))
    if shown in _NUMBERS and _is_number(value, sign):
        numbers = map(int, _NUMBERS[shown])
        return frozenset(day for day, number in enumerate(numbers) if compare(number, int(value)))
    return None


def _is_number(value: str, sign: str, *, padded: bool = False) -> bool:
    """Return true if a comparison with what `date` shows is one of numbers: "1" is not "01"."""
    return value.isdecimal() and (
        sign.startswith("-")
        or (len(value) == 2 if padded else not value.startswith("0") or value == "0")
    )


def _split(date: str) -> tuple[str, int | None]:
    """Return the format of `date` without %, and by how many days it looks ahead."""
    plain = re.sub("[\"']", "", date)
    shown = re.search(r"\+%(-?[A-Za-z])(?=\s|$)", plain)
    if not shown:
        return "", None
    rest = (plain[: shown.start()] + plain[shown.end() :]).strip()
    if not rest:
        return shown[1], 0
    ahead = _AHEAD.fullmatch(rest)
    return shown[1], None if ahead is None else 1 if ahead["day"] else 7
