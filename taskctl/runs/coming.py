"""The next due times of a schedule, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from task_scheduler.runs.identity import ALL_SCHEDULES
from taskctl.calendar.due_times import DueTime
from taskctl.calendar.expressions import Rate
from taskctl.project.schedule import Schedule, read_calendar

if TYPE_CHECKING:
    from taskctl.runs.pauses import Pause


def why_never(schedule: Schedule) -> str | None:
    """Return why a schedule has no due times; None if it may have some."""
    if not schedule.is_ours:
        return "not made by this module"
    return None if schedule.enabled else "disabled"


def pause_at(schedule: Schedule, moment: datetime, pauses: Mapping[str, Pause]) -> Pause | None:
    """Return the pause for which a run will be skipped: of its schedule, or of all."""
    for pause in filter(None, map(pauses.get, (schedule.name, ALL_SCHEDULES))):
        if pause.holds_at(moment):
            return pause
    return None


def describe_follower(schedule: Schedule, now: datetime, pauses: Mapping[str, Pause]) -> str | None:
    """Return what is unusual about a schedule that runs after others; None for nothing."""
    pause = pause_at(schedule, now, pauses)
    notes = ["whatever their outcome"] if schedule.any_outcome else []
    notes += [pause.describe(schedule.name)] if pause else []
    return ", ".join(notes) or None


def describe_due(schedule: Schedule, time: DueTime, pauses: Mapping[str, Pause]) -> str | None:
    """Return what is unusual about a due time: a pause, clocks, windows; None for nothing."""
    pause = pause_at(schedule, time.due, pauses)
    paused = [pause.describe(schedule.name)] if pause else []
    return ", ".join([*paused, *_notes(schedule, time)]) or None


def _notes(schedule: Schedule, time: DueTime) -> Iterator[str]:
    if time.skipped:
        first, others = time.skipped[0], len(time.skipped) - 1
        more = f" and {others} more" if others else ""
        yield f"skips {first:%a %Y-%m-%d %H:%M}{more}, which the clocks jump over"
    if time.left_out:
        yield _left_out(time.left_out)
    if time.clock_change:
        direction = "forward" if time.clock_change > timedelta(0) else "back"
        yield f"clocks go {direction} {abs(time.clock_change)} that day"
    if time.occurs_twice:
        yield "this time occurs twice, it runs the first time"
    if isinstance(read_calendar(schedule)[0], Rate) and not schedule.start:
        yield "counted from its creation" if schedule.created else "if created now"
    if schedule.flexible_window_minutes:
        yield f"or up to {schedule.flexible_window_minutes} min later"


def _left_out(times: Sequence[datetime]) -> str:
    """Say which due times before a run are left out, since their days are."""
    count = len(times) - 1
    more = f" and {count} more" if count else ""
    return f"leaves out {times[0]:%a %Y-%m-%d %H:%M}{more}, by skip_on or only_on"
