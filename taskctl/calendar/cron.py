"""The six fields of cron, and the local times that match them.

Rules: EventBridge Scheduler User Guide, "Schedule types", and the EventBridge User Guide, "Cron
expressions reference". What they leave open is decided as in modules/scheduler/expressions.tf
(steps continue through a range that wraps), and: `L` as a day of the week is Saturday, the last
one; `31W` does not occur in a month without a 31st.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from itertools import product

DayRule = Callable[[int, int], Iterable[int]]
"""Maps a year and a month to the days that a rule picks, in any order."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
SATURDAY = 7


class IllegalExpression(ValueError):
    """An expression that Scheduler would refuse; its message names the field and what is legal."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of cron.

    Attributes:
        name: its name in the user guide.
        low, high: its smallest and largest value.
        names: the names of its values, from low.
        value: a regular expression for one value.
        element: a regular expression for what may stand between commas besides values, ranges and
            steps.
        has_steps: true if the field takes steps.
        instead: a regular expression for what the whole field may be instead.
        legal: what is legal, for errors.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    value: str
    element: str = r"(?!)"
    has_steps: bool = True
    instead: str = r"(?!)"
    legal: str

    def parse(self, text: str) -> list[int]:
        """Parse a list of values, ranges and steps into sorted values, without special elements.

        Raises:
            IllegalExpression: the text is not legal in this field.
        """
        step = "(?:/0*[1-9][0-9]*)?" if self.has_steps else ""
        element = rf"(?:(?:\*|{self.value}(?:-{self.value})?){step}|{self.element})"
        if not re.fullmatch(rf"{element}(?:,{element})*|{self.instead}", text):
            raise IllegalExpression(f'{self.name} "{text}" must be {self.legal}')
        plain = [part for part in text.split(",") if not re.fullmatch(self.element, part)]
        if re.fullmatch(self.instead, text):
            plain = []
        return sorted({value for part in plain for value in self._range(part)})

    def number(self, text: str) -> int:
        """Return the value of a number or a name."""
        return self.names.index(text) + self.low if text in self.names else int(text)

    def _range(self, text: str) -> Iterator[int]:
        values, _, step = text.partition("/")
        first, _, last = values.partition("-")
        if first == "*":
            begin, end = self.low, self.high
        else:
            begin = self.number(first)
            end = self.number(last) if last else self.high if step else begin
        count = self.high - self.low + 1
        if end < begin:
            end += count
        for value in range(begin, end + 1, int(step or 1)):
            yield (value - self.low) % count + self.low


_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_WEEKDAY = f"(?:[1-7]|{'|'.join(DAYS)})"

MINUTES = Field(name="minutes", low=0, high=59, value="[0-5]?[0-9]", legal="0-59, with , - * /")
HOURS = Field(
    name="hours", low=0, high=23, value="(?:[01]?[0-9]|2[0-3])", legal="0-23, with , - * /"
)
DAY_OF_MONTH = Field(
    name="day-of-month",
    low=1,
    high=31,
    value=_DAY,
    element=f"(?:{_DAY}W|LW?)",
    instead=r"\?",
    legal="1-31, with , - * ? / L W",
)
MONTH = Field(
    name="month",
    low=1,
    high=12,
    names=MONTHS,
    value=f"(?:0?[1-9]|1[0-2]|{'|'.join(MONTHS)})",
    legal="1-12 or JAN-DEC, with , - * /",
)
DAY_OF_WEEK = Field(
    name="day-of-week",
    low=1,
    high=7,
    names=DAYS,
    value=_WEEKDAY,
    element=f"{_WEEKDAY}?L",
    has_steps=False,
    instead=rf"(?:\?|{_WEEKDAY}#[1-5])",
    legal="1-7 or SUN-SAT, with , - * ? L, or one day with # and 1-5",
)
YEAR = Field(
    name="year",
    low=1970,
    high=2199,
    value="(?:19[7-9][0-9]|2[01][0-9][0-9])",
    legal="1970-2199, with , - * /",
)


@dataclass(frozen=True, kw_only=True)
class Cron:
    """A cron expression: the sorted values of its fields, and the rules that pick its days."""

    minutes: list[int]
    hours: list[int]
    months: list[int]
    years: list[int]
    day_rules: list[DayRule]

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Parse the text within cron(...); the year may be left out.

        Raises:
            IllegalExpression: names the first field that is wrong.
        """
        fields = re.findall(r"[^\t\n\f\r ]+", text.upper())
        if len(fields) not in (5, 6):
            raise IllegalExpression(
                f"cron has six fields, not {len(fields)}: "
                "minutes hours day-of-month month day-of-week year"
            )
        minutes, hours, day, month, weekday, year = (*fields, "*")[:6]
        cron = cls(
            minutes=MINUTES.parse(minutes),
            hours=HOURS.parse(hours),
            day_rules=[*_days_of_month(day)],
            months=MONTH.parse(month),
            years=YEAR.parse(year),
        )
        cron.day_rules.extend(_days_of_week(weekday))
        if (day == "?") == (weekday == "?"):
            raise IllegalExpression("one of the two day fields must be ?, and only one")
        return cron

    def days(self, first: date) -> Iterator[date]:
        """Return the days that match it, from a day on, ascending."""
        for year, month in product(self.years, self.months):
            if (year, month) < (first.year, first.month):
                continue
            picked = {day for rule in self.day_rules for day in rule(year, month)}
            days = (date(year, month, day) for day in sorted(picked))
            yield from (day for day in days if day >= first)

    def times(self, first: datetime) -> Iterator[datetime]:
        """Return the local times that match it, from one on, ascending, all without a zone."""
        for day in self.days(first.date()):
            for hour, minute in product(self.hours, self.minutes):
                local = datetime.combine(day, time(hour, minute))
                if local >= first:
                    yield local


def _days_of_month(text: str) -> Iterator[DayRule]:
    if values := DAY_OF_MONTH.parse(text):
        yield partial(_these, values)
    for part in text.split(","):
        match part:
            case "L":
                yield lambda year, month: [_length(year, month)]
            case "LW":
                yield lambda year, month: _nearest_weekday(_length(year, month), year, month)
            case _ if part.endswith("W"):
                yield partial(_nearest_weekday, int(part[:-1]))


def _days_of_week(text: str) -> Iterator[DayRule]:
    if values := DAY_OF_WEEK.parse(text):
        yield partial(_weekdays, values)
    for part in text.split(","):
        weekday, _, position = part.partition("#")
        if part == "L":
            yield partial(_weekdays, [SATURDAY])
        elif position:
            yield partial(_nth_weekday, DAY_OF_WEEK.number(weekday), int(position) - 1)
        if part.endswith("L") and part != "L":
            yield partial(_nth_weekday, DAY_OF_WEEK.number(part[:-1]), -1)


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _weekday(year: int, month: int, day: int) -> int:
    """Return 1 for Sunday to 7 for Saturday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _these(days: list[int], year: int, month: int) -> list[int]:
    return [day for day in days if day <= _length(year, month)]


def _weekdays(weekdays: list[int], year: int, month: int) -> list[int]:
    days = range(1, _length(year, month) + 1)
    return [day for day in days if _weekday(year, month, day) in weekdays]


def _nth_weekday(weekday: int, index: int, year: int, month: int) -> list[int]:
    days = _weekdays([weekday], year, month)
    return days[index:][:1]


def _nearest_weekday(day: int, year: int, month: int) -> list[int]:
    """Return the day from Monday to Friday nearest to a day, within its month."""
    length = _length(year, month)
    if day > length:
        return []
    weekday = _weekday(year, month, day)
    if weekday == SATURDAY:
        return [day - 1 if day > 1 else day + 2]
    if weekday == 1:
        return [day + 1 if day < length else day - 2]
    return [day]
