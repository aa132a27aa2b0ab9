"""The five fields of cron, as values and as AWS has them.

Rules: crontab(5) of Debian's cron and of cronie, and besides them `L`, `LW`, `5L` and `5#2`, which
other programs read in the two day fields. A day of the week is 0 to 7, of which 0 and 7 are Sunday.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from taskctl.calendar.cron import DAYS, MONTHS


class Untranslatable(ValueError):
    """AWS has no expression for it, or cron refuses it as well; the message is the reason."""


class Field(NamedTuple):
    """A field of cron.

    Attributes:
        values: what it matches; None for what depends on the month.
        aws: the same for AWS.
        has_star: true if it begins with *: only if none of the two day fields does, either will do.
        is_full: true if it matches every value.
    """

    values: frozenset[int] | None
    aws: str
    has_star: bool
    is_full: bool


class Fields(NamedTuple):
    """The five fields of a line."""

    minutes: Field
    hours: Field
    day: Field
    months: Field
    weekday: Field


def parse_fields(texts: Sequence[str]) -> Fields:
    """Parse minutes, hours, day of the month, month and day of the week.

    Raises:
        Untranslatable: one of them is not cron's.
    """
    minutes, hours, day, months, weekday = (text.upper() for text in texts)
    return Fields(
        _MINUTES.parse(minutes),
        _HOURS.parse(hours),
        Field(None, day, False, False) if day in ("L", "LW") else _DAY.parse(day),
        _MONTHS.parse(months),
        _parse_weekday(weekday),
    )


@dataclass(frozen=True, kw_only=True)
class _Kind:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> Field:
        elements = [self._element(part, text) for part in text.split(",")]
        values = frozenset(value for found, _ in elements for value in found)
        is_full = len(values) == self.high - self.low + 1
        aws = "*" if is_full else ",".join(dict.fromkeys(aws for _, aws in elements))
        return Field(values, aws, text.startswith("*"), is_full)

    def _element(self, part: str, text: str) -> tuple[range, str]:
        found = re.fullmatch(r"(?:(\*)|([0-9A-Z]+)(?:-([0-9A-Z]+))?)(?:/([0-9]+))?", part)
        if not found:
            raise Untranslatable(self._explain(text))
        star, first, last, step = found.groups()
        begin = self.low if star else self._number(first, text)
        end = self._number(last, text) if last else begin if first and not step else self.high
        if end < begin:
            raise Untranslatable(f'{self.name} "{text}": {part} goes backwards, which cron refuses')
        if step and not int(step):
            raise Untranslatable(f'{self.name} "{text}": the step must not be 0')
        values = range(begin, end + 1, int(step or 1))
        return values, self._render(values, end)

    def _render(self, values: range, end: int) -> str:
        if len(values) == 1:
            return str(values[0])
        if values.step == 1:
            return f"{values[0]}-{values[-1]}"
        span = str(values.start) if end == self.high else f"{values.start}-{end}"
        return f"{span}/{values.step}"

    def _number(self, text: str, field: str) -> int:
        if text in self.names:
            return self.names.index(text) + self.low
        if not text.isdecimal() or not self.low <= int(text) <= self.high:
            raise Untranslatable(self._explain(field))
        return int(text)

    def _explain(self, text: str) -> str:
        if re.search("(?:^|,)H", text):
            return f'{self.name} "{text}": H is Jenkins\'s, which picks a value; pick one'
        if "~" in text:
            return (
                f'{self.name} "{text}": ~ is a random value; pick one, or set '
                "flexible_window_minutes"
            )
        if re.search("[?]|[0-9]W", text):
            return f'{self.name} "{text}": ? and W are those of Quartz and AWS, not of cron'
        names = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f'{self.name} "{text}" must be {self.low}-{self.high}{names}, with , - * /'


_MINUTES = _Kind(name="minute", low=0, high=59)
_HOURS = _Kind(name="hour", low=0, high=23)
_DAY = _Kind(name="day of the month", low=1, high=31)
_MONTHS = _Kind(name="month", low=1, high=12, names=MONTHS)
_WEEKDAY = _Kind(name="day of the week", low=0, high=7, names=DAYS)


def _parse_weekday(text: str) -> Field:
    if found := re.fullmatch("([0-7]|[A-Z]{3})(?:L|#[1-5])", text):
        day = _parse_weekday(found[1])
        return Field(None, day.aws + text[len(found[1]) :], False, False)
    parsed = _WEEKDAY.parse(text)
    values = frozenset(value % 7 for value in parsed.values or ())
    if len(values) == len(DAYS):
        return Field(values, "*", parsed.has_star, True)
    return Field(values, name_days(values), parsed.has_star, False)


def name_days(days: Iterable[int]) -> str:
    """Return days of the week, from 0 for Sunday, by name: AWS counts them from 1."""
    return ",".join(_name_runs(sorted(days)))


def _name_runs(days: list[int]) -> Iterator[str]:
    """Return days by name, three and more in a row as a range."""
    while days:
        run = 1
        while run < len(days) and days[run] == days[0] + run:
            run += 1
        if run > 2:
            yield f"{DAYS[days[0]]}-{DAYS[days[run - 1]]}"
        else:
            yield from (DAYS[day] for day in days[:run])
        days = days[run:]
