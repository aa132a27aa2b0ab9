"""A schedule, deployed or written in a file of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from task_scheduler.errors import InvalidRun
from task_scheduler.runs.day_filter import DayFilter
from taskctl.calendar.cron import IllegalExpression
from taskctl.calendar.due_times import DueTime, due_times, run_times
from taskctl.calendar.expressions import Expression, parse
from taskctl.calendar.zones import UnknownZone, zone
from taskctl.errors import TaskctlError


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The due times of a schedule, and what send_task gets then.

    Attributes:
        name: within its stack.
        expression: rate(...), cron(...) or at(...), as it was written; None of one that runs after
            others.
        timezone: IANA name.
        enabled: false while it is paused.
        start, end: in UTC; it does not run before the one and after the other.
        flexible_window_minutes: how much later it may run; None for exactly when due.
        created: None before it is deployed.
        input: what send_task gets, without the scheduled time: task, args, tasks, tasks_file,
            retries, max_age and so on, each only where it is given.
        after: the names of the schedules that it runs after, sorted.
        any_outcome: true if it is enough that their runs have ended.
        is_ours: false for a schedule that somebody else put into the stack's group.
    """

    name: str
    expression: str | None
    timezone: str
    enabled: bool = True
    start: datetime | None = None
    end: datetime | None = None
    flexible_window_minutes: int | None = None
    created: datetime | None = None
    input: Mapping[str, Any]
    after: tuple[str, ...] = ()
    any_outcome: bool = False
    is_ours: bool = True

    @property
    def when(self) -> str:
        """Its expression, or the schedules that it follows, in words."""
        if self.expression is not None:
            return self.expression
        how = ", whatever their outcome" if self.any_outcome else ""
        return f"after {', '.join(self.after)}{how}"


def due_times_of(schedule: Schedule, after: datetime) -> Iterator[DueTime]:
    """Return the due times of a schedule after a moment, ascending; one that is off has them too.

    Those on days that it leaves out are among them: see run_times_of. One that runs after others
    has none.

    Args:
        schedule: deployed, or created at that moment.
        after: the moment, aware.

    Raises:
        TaskctlError: Scheduler would refuse its expression or its time zone.
    """
    if schedule.expression is None:
        return iter(())
    expression, own_zone = read_calendar(schedule)
    return due_times(
        expression,
        own_zone,
        after=after,
        created=schedule.created or after,
        start=schedule.start,
        end=schedule.end,
    )


def run_times_of(schedule: Schedule, after: datetime) -> Iterator[DueTime]:
    """Return the due times of a schedule after a moment on days that it does not leave out.

    Args:
        schedule: deployed, or created at that moment.
        after: the moment, aware.

    Raises:
        TaskctlError: its expression, its time zone or its days cannot be read.
    """
    days = read_day_filter(schedule)
    times = due_times_of(schedule, after)
    return run_times(times, lambda day: days.reason(day) is not None, last=days.last)


def read_day_filter(schedule: Schedule) -> DayFilter:
    """Return the days on which a schedule runs.

    Raises:
        TaskctlError: one of its days is not a date.
    """
    try:
        return DayFilter.parse(schedule.input.get("skip_on"), schedule.input.get("only_on"))
    except InvalidRun as error:
        raise TaskctlError(f'schedule "{schedule.name}": {error}') from error


def read_calendar(schedule: Schedule) -> tuple[Expression, ZoneInfo]:
    """Parse a schedule's expression and time zone.

    Raises:
        TaskctlError: Scheduler would refuse one of them, or it runs after others.
    """
    if schedule.expression is None:
        raise TaskctlError(f'schedule "{schedule.name}" has no times of its own: {schedule.when}')
    try:
        expression = parse(schedule.expression)
    except IllegalExpression as error:
        where = f'schedule "{schedule.name}": expression "{schedule.expression}"'
        raise TaskctlError(f"{where}: {error}") from error
    return expression, read_zone(schedule)


def read_zone(schedule: Schedule) -> ZoneInfo:
    """Return a schedule's time zone.

    Raises:
        TaskctlError: there is no such zone.
    """
    try:
        return zone(schedule.timezone)
    except UnknownZone as error:
        raise TaskctlError(f'schedule "{schedule.name}": {error}') from error
