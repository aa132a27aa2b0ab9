"""The due times of an expression in a time zone.

Rules: EventBridge Scheduler User Guide, "Schedule types": a local time that does not exist is
skipped, one that occurs twice fires once (here: the first time), and a rate goes by elapsed time,
from its start date or else from when it was created. For `at`, start and end are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from taskctl.calendar.cron import Cron
from taskctl.calendar.expressions import At, Expression, Rate


@dataclass(frozen=True)
class DueTime:
    """A time that a schedule is due, and what the clocks do then.

    Attributes:
        due: when, in UTC.
        local: the same in the schedule's zone.
        skipped: the local times since the time before that do not exist, without a zone.
    """

    due: datetime
    local: datetime
    skipped: tuple[datetime, ...] = ()

    @property
    def clock_change(self) -> timedelta:
        """By how much the clocks are set forward on its day; less than zero for back."""
        midnight = self.local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return _offset(midnight + timedelta(days=1)) - _offset(midnight)

    @property
    def occurs_twice(self) -> bool:
        """Whether the clocks show this time once more, or did before."""
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
    """The due times later than a moment, ascending; for most expressions there is no end of them.

    Args:
        after: aware, as are the others.
        created: when the schedule was created, from which a rate without a start counts.
        start, end: the schedule's own; it fires on them, too.
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


def _existing(times: Iterable[datetime], zone: ZoneInfo, after: datetime) -> Iterator[DueTime]:
    """The local times that exist, and are later than a moment, at their first occurrence."""
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
    except OverflowError:  # later than the last of all dates
        return


def _minute(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)
