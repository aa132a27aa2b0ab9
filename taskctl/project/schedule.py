"""A schedule, be it deployed or written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from taskctl.calendar.cron import IllegalExpression
from taskctl.calendar.expressions import Expression, parse
from taskctl.calendar.zones import UnknownZone, zone
from taskctl.errors import TaskctlError


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a schedule fires, and what send_task gets then.

    Attributes:
        name: within its stack.
        expression: rate(...), cron(...) or at(...), as it was written.
        timezone: IANA name.
        enabled: whether it fires at all.
        start, end: in UTC, what lies before and after does not fire.
        flexible_window_minutes: how much later it may fire; None for exactly when due.
        created: None before it is deployed.
        input: what send_task gets, without the scheduled time: task, args, tasks, tasks_file,
            retries, max_age and so on, each only where it is given.
    """

    name: str
    expression: str
    timezone: str
    enabled: bool = True
    start: datetime | None = None
    end: datetime | None = None
    flexible_window_minutes: int | None = None
    created: datetime | None = None
    input: Mapping[str, Any]


def read_calendar(schedule: Schedule) -> tuple[Expression, ZoneInfo]:
    """What a schedule's expression says, and its zone.

    Raises:
        TaskctlError: Scheduler would refuse one of them.
    """
    try:
        expression = parse(schedule.expression)
    except IllegalExpression as error:
        where = f'schedule "{schedule.name}": expression "{schedule.expression}"'
        raise TaskctlError(f"{where}: {error}") from error
    try:
        return expression, zone(schedule.timezone)
    except UnknownZone as error:
        raise TaskctlError(f'schedule "{schedule.name}": {error}') from error
