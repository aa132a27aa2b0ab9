"""The due times of an expression in a time zone.

Rules: EventBridge Scheduler User Guide, "Schedule types": a local time that does not exist is
skipped, one that occurs twice is due once (here: the first time), and a rate counts elapsed time
from its start date or else from its creation. For `at`, start and end are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from taskctl.calendar.cron import Cron
from taskctl.calendar.expressions import At, Expression, Rate


@dataclass(frozen=True)
class DueTime:
    """A time at which a schedule is due, and what the clocks do then.

    Attributes:
        due: the time in UTC.
        local: the same in the schedule's zone.
        skipped: the local times since the previous due time that do not exist, without a zone.
        left_out: the local due times since the previous one that are left out; see run_times.
    """

    due: datetime
    local: datetime
    skipped: tuple[datetime, ...] = ()
    left_out: tuple[datetime, ...] = ()

    @property
    def clock_change(self) -> timedelta:
        """The time by which the clocks go forward on its day; below zero for back."""
        midnight = self.local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return _offset(midnight + timedelta(days=1)) - _offset(midnight)

    @property
    def occurs_twice(self) -> bool:
        """True if the clocks show this time once more, or did before."""
        return self.local.replace(fold=0).utcoffset() != self.local.replace(fold=1).utcoffset()


def due_times(
    expression: Expression,
    zone: ZoneInfo,
    *,
    after: datetime,
    created: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[DueTime]:
    """Return the due times after a moment, ascending; for most expressions they never end.

    Args:
        expression: the schedule's.
        zone: the schedule's time zone.
        after: the moment; aware, as are the others.
        created: the schedule's creation, from which a rate without a start counts.
        start: the schedule's start date, a time at which it may be due.
        end: the schedule's end date, likewise.
    """
    match expression:
        case At():
            yield from _existing([expression.time], zone, after)
            return
        case Rate():
            found = _ticks(expression.interval, zone, start or created, after)
        case Cron():
            first = max(after, start) if start else after
            found = _existing(expression.times(_minute(first, zone)), zone, after)
    for time in found:
        if end and time.due > end:
            return
        if not start or time.due >= start:
            yield time


def run_times(
    times: Iterable[DueTime],
    is_left_out: Callable[[date], bool],
    *,
    last: date | None = None,
) -> Iterator[DueTime]:
    """Return the due times whose days are not left out.

    Args:
        times: due times, ascending.
        is_left_out: tells of a day in the schedule's zone.
        last: the last day that is not left out; None if there is none.
    """
    left_out: list[datetime] = []
    skipped: list[datetime] = []
    for time in times:
        day = time.local.date()
        if last is not None and day > last:
            return
        skipped += time.skipped
        if is_left_out(day):
            left_out.append(time.local)
            continue
        yield replace(time, skipped=tuple(skipped), left_out=tuple(left_out))
        left_out, skipped = [], []


def _existing(times: Iterable[datetime], zone: ZoneInfo, after: datetime) -> Iterator[DueTime]:
    """Return the local times that exist and are after a moment, at their first occurrence."""
    skipped: list[datetime] = []
    for time in times:
        due = time.replace(tzinfo=zone).astimezone(UTC)
        local = due.astimezone(zone)
        if local.replace(tzinfo=None) != time:
            skipped.append(time)
        elif due > after:
            yield DueTime(due, local, tuple(skipped))
            skipped = []


def _ticks(
    interval: timedelta, zone: ZoneInfo, begin: datetime, after: datetime
) -> Iterator[DueTime]:
    due = begin.astimezone(UTC)
    try:
        if after >= due:
            due += ((after - due) // interval + 1) * interval
        while True:
            yield DueTime(due, due.astimezone(zone))
            due += interval
    except OverflowError:  # after the last date
        return


def _minute(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)
