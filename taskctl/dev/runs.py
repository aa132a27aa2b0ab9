"""The last runs, for the live view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.stack import Stack


def read_runs(stacks: Iterable[Stack], since: datetime) -> Mapping[tuple[str, str], RecordedRun]:
    """Return the last run of each schedule, by prefix and schedule.

    Args:
        stacks: the stacks that are applied.
        since: the first moment.
    """
    return {
        (stack.prefix, run.schedule): run
        for stack in stacks
        for run in RunReader(stack).runs(since=since)
    }
