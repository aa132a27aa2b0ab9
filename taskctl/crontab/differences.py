"""Times at which schedules run and the crontab did not, or the reverse.

Cron catches up on jobs at a fixed time that the clocks jump over, and does not repeat them when
the clocks go back; one whose minute or hour begins with * runs by the clock alone (cron(8),
"Daylight saving time and other time changes"). Scheduler skips times that do not exist, and runs
once at those that occur twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from taskctl.calendar.cron import Cron
from taskctl.calendar.expressions import parse
from taskctl.crontab.translation import Imported

_YEAR = timedelta(days=366)


class Difference(NamedTuple):
    """A day on which a line runs more or less often than in cron.

    Attributes:
        line: its number.
        day: the day, in the line's time zone.
        text: what happens on it.
    """

    line: int
    day: date
    text: str


def find_differences(imported: Imported, zone: ZoneInfo, now: datetime) -> list[Difference]:
    """Return the differences of the 366 days to come.

    Args:
        imported: a line and its schedules.
        zone: the line's time zone.
        now: aware.
    """
    today = now.astimezone(zone).date()
    crons = [each for each in map(parse, imported.schedules.values()) if isinstance(each, Cron)]
    line = imported.job.line
    found = [
        *(Difference(line, day, "both schedules run") for day in _shared_days(crons, today)),
        *(
            Difference(line, day, text)
            for day in _changes(zone, today)
            for cron in crons
            for text in _compare(imported, cron, day, zone)
        ),
    ]
    return sorted(found)


def _shared_days(crons: list[Cron], today: date) -> set[date]:
    """Return the days on which both schedules of a line run."""
    days = [{*takewhile(lambda day: day < today + _YEAR, cron.days(today))} for cron in crons]
    return set.intersection(*days) if len(days) > 1 else set()


def _changes(zone: ZoneInfo, today: date) -> Iterator[date]:
    """Return the days on which the clocks change."""
    for number in range(_YEAR.days):
        day = today + timedelta(days=number)
        midnight = datetime.combine(day, datetime.min.time(), zone)
        if midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset():
            yield day


def _compare(imported: Imported, cron: Cron, day: date, zone: ZoneInfo) -> Iterator[str]:
    is_fixed = not (imported.fields.minutes.has_star or imported.fields.hours.has_star)
    midnight = datetime.combine(day, datetime.min.time())
    plain = takewhile(lambda local: local.date() == day, cron.times(midnight))
    times = [local.replace(tzinfo=zone) for local in plain]
    if is_fixed and not all(map(_exists, times)):
        yield "the clocks jump over its time: cron catches up, Scheduler does not run"
    if not is_fixed and any(map(_is_twice, times)):
        yield "the clocks show an hour twice: cron runs in both, Scheduler in the first"


def _exists(local: datetime) -> bool:
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(fold=0) == local


def _is_twice(local: datetime) -> bool:
    return _exists(local) and local.utcoffset() != local.replace(fold=1).utcoffset()
