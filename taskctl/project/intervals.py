"""The shortest time between two runs of a schedule, by its calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from typing import Any

from taskctl.project.schedule import Schedule, run_times_of

_YEARS = timedelta(days=3 * 366)
_MOST = 3_000
"""Due times that are looked at: those of eight years for a daily schedule."""


def shortest_seconds(schedule: Schedule, now: datetime) -> float | None:
    """Return the fewest seconds between two runs within three years; None if there are no two.

    By the clock on the wall: an hour more or less when the clocks change is left aside.

    Raises:
        TaskctlError: its expression, its time zone or its days cannot be read.
    """
    times = takewhile(lambda time: time.due < now + _YEARS, run_times_of(schedule, now))
    walls = (time.local.replace(tzinfo=None) for time in islice(times, _MOST))
    gaps = (later - earlier for earlier, later in pairwise(walls))
    return min((gap.total_seconds() for gap in gaps if gap), default=None)


def find_long_deadlines(
    schedules: Iterable[Schedule], fields: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield a problem for each schedule whose finish_within is longer than its shortest interval.

    A plan refuses those whose interval it can tell; these are such as the third Friday and the last
    day of a month.

    Args:
        schedules: the schedules that the module accepts.
        fields: what tfvars say of each, by name.
    """
    now = datetime.now(UTC)
    for schedule in schedules:
        within = fields[schedule.name]["finish_within"]
        if within is None or fields[schedule.name]["overlap"] != "skip":
            continue
        seconds = shortest_seconds(schedule, now)
        if seconds is not None and within > seconds:
            yield (
                f'schedule "{schedule.name}": finish_within is {within}, longer than the '
                f'{seconds:.0f} seconds between two of its runs, but with overlap = "skip" those '
                f"that are due meanwhile are skipped: make it {seconds:.0f} at most, or let "
                'overlap be "allow" or "queue"'
            )
