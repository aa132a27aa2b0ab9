"""The runs that a run follows, and those that follow it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from task_scheduler.runs.identity import RunState
from task_scheduler.runs.schedule_state import ScheduleState
from taskctl import aws
from taskctl.project.schedule import Schedule
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun

_PERIODS = (timedelta(days=1), timedelta(days=31))
"""After a run has ended, those that follow it are looked for so long; the second if the first has
none. They start before the next run of its schedule succeeds, since that would be followed."""


def last_parents(reader: RunReader, schedule: Schedule) -> list[str]:
    """Return the keys of the runs that a run of a schedule would follow now, by schedule.

    A schedule has none of those whose runs have not succeeded (or ended) yet.

    Args:
        reader: the reader of its stack.
        schedule: the schedule that may run after others.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    if not schedule.after:
        return []
    items = reader.schedule_items()
    states = [ScheduleState.from_item(items.get(name, {})) for name in schedule.after]
    keys = [each.last_ended if schedule.any_outcome else each.last_succeeded for each in states]
    return [key for key in keys if key is not None]


def followers_of(reader: RunReader, run: RecordedRun) -> list[RecordedRun]:
    """Return the runs that follow a run, the first first.

    They are runs of the schedules of which keep_runs knows that they run after its schedule.

    Args:
        reader: the reader of its stack.
        run: the run that may be over.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    if run.closed is None or run.state == RunState.SKIPPED:
        return []
    names = reader.followers(run.schedule)
    since = datetime.fromtimestamp(run.closed, UTC)

    def read(name: str) -> list[RecordedRun]:
        for period in _PERIODS:
            runs = reader.runs(name, since=since, until=since + period)
            if found := [each for each in runs if run.key in each.parents]:
                return found
        return []

    with ThreadPoolExecutor(aws.MAX_CONNECTIONS) as threads:
        found = [each for runs in threads.map(read, names) for each in runs]
    return sorted(found, key=lambda each: (each.due_time or 0, each.key))
