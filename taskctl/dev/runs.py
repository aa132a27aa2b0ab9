"""The last runs, for the live view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from taskctl.runs.history import Run, collect_runs
from taskctl.runs.log_lines import read_log_lines
from taskctl.stack.stack import Stack

_PERIOD = timedelta(hours=1)


def read_runs(stacks: Iterable[Stack], since: datetime) -> Mapping[tuple[str, str], Run]:
    """Return the last run of each schedule, by prefix and schedule.

    Args:
        stacks: that are applied.
        since: the first moment; an hour ago at the earliest.
    """
    start = max(since, datetime.now(UTC) - _PERIOD)
    return {
        (stack.prefix, run.schedule): run
        for stack in stacks
        for run in collect_runs(read_log_lines(stack, since=start)).values()
        if run.schedule
    }
