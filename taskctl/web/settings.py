"""The settings of a schedule, a line for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from taskctl.project.schedule import Schedule
from taskctl.ui.output import counted
from taskctl.ui.times import format_seconds, rfc3339

_DEFAULTS = {"worker": "default", "overlap": "allow"}
"""Settings that a schedule has only where they differ."""

_ORDER = (
    "task", "args", "tasks", "tasks_file", "tasks_s3_uri", "tasks_source", "worker", "retries",
    "max_age", "overlap", "pace", "skip_on", "only_on", "expected_every", "finish_within",
    "notify_on", "notify_to", "mention", "heartbeat",
)  # fmt: skip
_NO_SETTINGS = ("version", "schedule", "timezone")
_DAYS = ("skip_on", "only_on")
_WATCHED = ("expected_every", "finish_within")
_SECONDS = (*_WATCHED, "max_age")


def describe_settings(schedule: Schedule, watched: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what tfvars say of a schedule, as far as it is deployed.

    Args:
        schedule: which.
        watched: what keep_runs expects of it.
    """
    values = {**_DEFAULTS, **schedule.input}
    values |= {name: watched[name] for name in _WATCHED if name in watched}
    names = [name for name in _ORDER if name in values]
    names += [name for name in values if name not in (*_ORDER, *_NO_SETTINGS)]
    given = [(name, _write(name, values[name])) for name in names if values[name] is not None]
    return [*_when(schedule), *given]


def _when(schedule: Schedule) -> Iterator[tuple[str, str]]:
    if schedule.expression is not None:
        yield "expression", schedule.expression
    if schedule.after:
        yield "after", ", ".join(schedule.after)
    if schedule.any_outcome:
        yield "after_any_outcome", "true"
    yield "timezone", schedule.timezone
    if not schedule.enabled:
        yield "enabled", "false"
    if schedule.start:
        yield "start_date", rfc3339(schedule.start)
    if schedule.end:
        yield "end_date", rfc3339(schedule.end)
    if schedule.flexible_window_minutes:
        yield "flexible_window_minutes", str(schedule.flexible_window_minutes)


def _write(name: str, value: Any) -> str:
    if name == "tasks" and isinstance(value, list):
        return f"{len(value)} in the schedule itself"
    if name in _DAYS and isinstance(value, list):
        return _describe_days(value)
    if name in _SECONDS and isinstance(value, (int, float)):
        return f"{value} ({format_seconds(value)})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _describe_days(days: Sequence[Any]) -> str:
    """Name the first days that are still to come, and count all of them."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    coming = sorted(day for day in days if isinstance(day, str) and day >= today)
    named = ", ".join(_weekday(day) for day in coming[:3])
    if not coming:
        return f"{counted(len(days), 'day')}, all past"
    return f"{counted(len(days), 'day')}, next {named}"


def _weekday(day: str) -> str:
    try:
        return f"{date.fromisoformat(day):%a %Y-%m-%d}"
    except ValueError:
        return day
