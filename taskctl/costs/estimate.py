"""Estimate what each schedule costs in a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from taskctl.calendar.expressions import At
from taskctl.calendar.frequency import runs_a_month
from taskctl.costs import pricing
from taskctl.costs.cost_basis import Basis
from taskctl.costs.pricing import Assumptions
from taskctl.project.schedule import Schedule, read_calendar, read_day_filter
from taskctl.project.task_lists import count_tasks

UNKNOWN_TASKS = 100
"""Tasks that a list is taken to have which is only known when it is read."""


def estimate(
    basis: Basis, assumptions: Assumptions, runs: Mapping[str, float], tasks: int
) -> list[dict[str, Any]]:
    """Return a row for each schedule, the most expensive first.

    Args:
        basis: schedules and settings.
        assumptions: durations and sizes.
        runs: runs a month, by schedule.
        tasks: the assumed length of lists that are only known when they are read.
    """
    is_cold = pricing.is_cold(sum(runs.values()))
    rows: list[dict[str, Any]] = []
    for schedule in basis.schedules:
        known = count_tasks(schedule, basis.task_folder) if schedule.is_ours else 0
        usage = pricing.schedule_usage(
            schedule.name,
            runs[schedule.name],
            tasks if known is None else known,
            basis.setup.of(schedule.input.get("worker")),
            assumptions,
            is_cold=is_cold,
        )
        rows.append({"schedule": schedule.name, **asdict(usage), "note": _note(schedule, known)})
    return sorted(rows, key=lambda row: (-row["usd"], row["schedule"]))


def runs_by_schedule(schedules: Iterable[Schedule], now: datetime) -> dict[str, float]:
    """Return how often schedules run in a month, averaged over the year to come.

    One that runs after others runs as often as the rarest of them, if all their runs succeed.
    """
    by_name = {schedule.name: schedule for schedule in schedules}
    found: dict[str, float] = {}

    def runs_of(name: str) -> float:
        if name not in found:
            found[name] = 0.0  # where schedules wait for each other, which Terraform refuses
            schedule = by_name.get(name)
            if schedule is not None and schedule.after and schedule.enabled:
                found[name] = min(map(runs_of, schedule.after))
            elif schedule is not None:
                found[name] = _runs_of(schedule, now)
        return found[name]

    return {name: runs_of(name) for name in by_name}


def _runs_of(schedule: Schedule, now: datetime) -> float:
    if not schedule.is_ours or schedule.expression is None:
        return 0.0
    expression, _ = read_calendar(schedule)
    if not schedule.enabled:
        return 0.0
    days = read_day_filter(schedule)
    return runs_a_month(
        expression,
        now=now,
        start=schedule.start,
        end=schedule.end,
        is_left_out=lambda day: days.reason(day) is not None,
    )


def _note(schedule: Schedule, tasks: int | None) -> str | None:
    if not schedule.is_ours:
        return "not made by this module, not estimated"
    if not schedule.enabled:
        return "disabled"
    if schedule.after:
        return f"runs {schedule.when}: as often as the rarest of them, if all succeed"
    if isinstance(read_calendar(schedule)[0], At):
        return "runs once"
    return "number of tasks assumed" if tasks is None else None
