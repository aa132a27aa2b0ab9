"""The due times of a schedule that have no run in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from task_scheduler.runs.identity import RunState
from taskctl.project.schedule import Schedule, run_times_of
from taskctl.runs.recorded_run import RecordedRun
from taskctl.ui.times import rfc3339

BACKFILL = "+backfill"
"""Follows the key of a run that was skipped, in the key of the one that makes up for it."""


@dataclass(frozen=True)
class Missed:
    """A due time without a run.

    Attributes:
        due: the time, UTC.
        key: the key of the run that makes up for it: its own, or where that was skipped another,
            the same each time.
        reason: why it was skipped; None of one that has no run at all.
    """

    due: datetime
    key: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Period:
    """The due times of a schedule from one moment to another.

    Attributes:
        missed: those without a run, the oldest first.
        unknown: those of before the first moment that the ledger knows of, likewise.
        total: how many there are in all.
    """

    missed: Sequence[Missed]
    unknown: Sequence[Missed]
    total: int


def find_missed(
    schedule: Schedule,
    runs: Iterable[RecordedRun],
    *,
    since: datetime,
    until: datetime,
    known_from: datetime,
    skipped_too: bool,
) -> Period:
    """Find the due times of a schedule that have no run, on days that it does not leave out.

    Args:
        schedule: the schedule whose calendar counts.
        runs: the runs of it, in that period.
        since: the first moment.
        until: the last one.
        known_from: the first moment of which the ledger has all runs.
        skipped_too: whether runs that were skipped count as missed.

    Raises:
        TaskctlError: Scheduler would refuse its expression or its time zone.
    """
    by_key = {run.key: run for run in runs}
    before = since.timestamp() - 1
    times = takewhile(
        lambda time: time.due <= until,
        run_times_of(schedule, datetime.fromtimestamp(before, UTC)),
    )
    found: list[Missed] = []
    total = 0
    for time in times:
        total += 1
        key = f"{schedule.name}@{rfc3339(time.due)}"
        run = by_key.get(key)
        if run is None:
            found.append(Missed(time.due, key))
        elif skipped_too and run.state == RunState.SKIPPED and key + BACKFILL not in by_key:
            found.append(Missed(time.due, key + BACKFILL, run.reason))
    return Period(
        missed=[one for one in found if one.due >= known_from],
        unknown=[one for one in found if one.due < known_from],
        total=total,
    )
