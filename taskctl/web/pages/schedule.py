"""A schedule: how it stands, and its history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from task_scheduler.runs.identity import ALL_SCHEDULES
from task_scheduler.runs.schedule_state import ScheduleState
from taskctl.ids import describe_origin
from taskctl.project.schedule import run_times_of
from taskctl.runs.coming import describe_due, why_never
from taskctl.runs.pauses import read_pauses
from taskctl.runs.statistics import describe_share, sum_up
from taskctl.web import charts, overview
from taskctl.web.forms import Form
from taskctl.web.known import Known, peek
from taskctl.web.settings import describe_settings

_DAYS = 90
_LISTED_RUNS = 30
_LISTED_TIMES = 5

Context = dict[str, Any]


def schedule(known: Known, form: Form, part: str | None) -> Context:
    """Read a schedule: how it stands, or its history."""
    name = form.required("name")
    context: Context = {"name": name, "days": _DAYS}
    if part != "history":
        context |= _standing(known, name)
    if part == "history":
        context |= _history(known, name)
    return context


def _standing(known: Known, name: str) -> Context:
    schedules = known.schedules.get()
    deployed = next((one for one in schedules if one.name == name), None)
    items = known.reader.schedule_items()
    if deployed is None and name not in items:
        known.stack.check_schedule(name)
    running = known.running_of(name)
    costs = peek(known.costs, [])
    problems: list[str] = []
    watched = peek(known.watched, problems) or {}
    found = overview.make_rows(
        {key: item for key, item in items.items() if key in (name, ALL_SCHEDULES)},
        None if deployed is None else [deployed],
        running=running,
        costs=costs,
    )
    now = datetime.now(UTC)
    times: list[Context] = []
    if deployed is not None and why_never(deployed) is None:
        pauses = read_pauses(items)
        times = [
            {"time": time, "note": describe_due(deployed, time, pauses)}
            for time in islice(run_times_of(deployed, now), _LISTED_TIMES)
        ]
    return {
        "row": found[0] if found else None,
        "schedule": deployed,
        "followers": [one.name for one in schedules if name in one.after],
        "times": times,
        "jobs": [job for job in known.jobs if job.schedule == name],
        "settings": [] if deployed is None else describe_settings(deployed, watched.get(name, {})),
        "problems": problems,
        "state": ScheduleState.from_item(items.get(name, {})),
    }


def _history(known: Known, name: str) -> Context:
    until = datetime.now(UTC)
    since = until - timedelta(days=_DAYS)
    runs = known.reader.runs(name, since=since)
    summary = sum_up(name, runs)
    zone = next((run.zone for run in reversed(runs)), UTC)
    shown = [overview.open_run(run) for run in runs if run.seconds is not None and run.is_over]
    return {
        "runs": runs[::-1][:_LISTED_RUNS],
        "total": len(runs),
        "summary": summary,
        "share": describe_share,
        "origin": describe_origin,
        "chart": charts.durations(
            shown, since=since, until=until, zone=zone, usual=summary["p50_seconds"]
        )
        if shown
        else None,
        "chart_width": charts.CHART_WIDTH,
        "chart_height": charts.CHART_HEIGHT,
    }
