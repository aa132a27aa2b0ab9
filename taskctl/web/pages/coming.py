"""The runs that are due within a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from taskctl.calendar.due_times import DueTime
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule, run_times_of
from taskctl.runs.coming import describe_due, pause_at, why_never
from taskctl.runs.pauses import Pause, read_pauses
from taskctl.web import charts
from taskctl.web.forms import Form
from taskctl.web.known import Known

_LISTED = 30
_MOST = 1_500
"""Due times of a schedule that are looked at: a day has 1,440 minutes."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A due time of a schedule."""

    schedule: Schedule
    time: DueTime
    note: str | None


def coming(known: Known, form: Form, part: str | None) -> dict[str, Any]:
    """Compute what is due within a day."""
    now = datetime.now(UTC)
    end = now + timedelta(days=1)
    pauses = read_pauses(known.reader.schedule_items())
    found = known.schedules.get()
    schedules = [one for one in found if why_never(one) is None and not one.after]
    due = [(one, _due_within(one, now, end)) for one in schedules]
    lines = [_line(one, times, pauses, now) for one, times in due]
    lines.sort(key=lambda line: (line["count"] == 0, line["name"]))
    first = sorted(
        ((one, time) for one, times in due for time in times[:_LISTED]),
        key=lambda each: (each[1].due, each[0].name),
    )[:_LISTED]
    return {
        "lines": lines,
        "times": [Coming(one, time, describe_due(one, time, pauses)) for one, time in first],
        "more": sum(len(times) for _, times in due) - len(first),
        "ticks": charts.day_ticks(now),
        "now": now,
    }


def _line(
    schedule: Schedule, times: Sequence[DueTime], pauses: Mapping[str, Pause], now: datetime
) -> dict[str, Any]:
    held: list[datetime] = []
    free: list[datetime] = []
    for time in times:
        (held if pause_at(schedule, time.due, pauses) else free).append(time.due)
    return {
        "name": schedule.name,
        "count": len(times),
        "free": charts.due_path(free, now),
        "held": charts.due_path(held, now),
    }


def _due_within(schedule: Schedule, since: datetime, until: datetime) -> list[DueTime]:
    try:
        times = takewhile(lambda time: time.due <= until, run_times_of(schedule, since))
        return list(islice(times, _MOST))
    except TaskctlError:
        return []
