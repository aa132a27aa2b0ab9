"""Sums over the runs of a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

from task_scheduler.runs.identity import RunState
from taskctl.runs.recorded_run import RecordedRun

RAN = (RunState.SUCCEEDED, RunState.FAILED, RunState.INCOMPLETE)
"""The states of runs that took as long as they took; one that was cancelled did not."""


def sum_up(schedule: str, runs: Sequence[RecordedRun]) -> dict[str, Any]:
    """Return how many runs of a schedule there were and failed, and how long they took.

    Args:
        schedule: its name.
        runs: the runs of it.
    """
    ran = [run for run in runs if run.state in RAN]
    failed = sum(run.has_failed for run in ran)
    tasks = sum(run.total or 0 for run in ran)
    failed_tasks = sum(run.failed or 0 for run in ran)
    seconds = [run.seconds for run in ran if run.seconds is not None]
    last = max((run.due_time or 0 for run in ran), default=None)
    return {
        "schedule": schedule,
        "runs": len(runs),
        "failed": failed,
        "failed_percent": 100 * failed / len(ran) if ran else None,
        "not_run": sum(run.state in (RunState.SKIPPED, RunState.CANCELLED) for run in runs),
        "p50_seconds": _percentile(seconds, 50),
        "p95_seconds": _percentile(seconds, 95),
        "tasks": tasks,
        "failed_tasks": failed_tasks,
        "failed_tasks_percent": 100 * failed_tasks / tasks if tasks else None,
        "last": last and datetime.fromtimestamp(last, UTC),
    }


def describe_share(percent: float) -> str:
    """Return a share in percent for people."""
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


def _percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the value that so many of a hundred do not exceed; None without values."""
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]
