"""Run a schedule for the due times at which it has not run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from task_scheduler.runs.identity import RunId
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule, read_zone
from taskctl.runs.following import follow
from taskctl.runs.missed import Missed, Period, find_missed
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.invoke import invoke
from taskctl.stack.stack import Stack
from taskctl.ui.times import parse_time, rfc3339

MOST_AT_ONCE = 50
"""Runs of a schedule that a backfill has at the same time."""


def find_period(
    reader: RunReader, schedule: Schedule, since: str, until: str | None, *, skipped_too: bool
) -> Period:
    """Find the due times of a schedule that have no run.

    Args:
        reader: the reader of its stack.
        schedule: the schedule whose calendar counts.
        since: the first time; without an offset in the schedule's zone.
        until: the last one, likewise; None for now.
        skipped_too: whether runs that were skipped count as missed.

    Raises:
        TaskctlError: it has no such times, or there is no ledger, or no access to it.
    """
    check_has_times(schedule)
    zone = read_zone(schedule)
    now = datetime.now(UTC)
    start = parse_time(since, zone)
    end = parse_time(until, zone) if until else now
    if end > now:
        raise TaskctlError(f"--to {until} must not be in the future")
    if end < start:
        raise TaskctlError(f"--to {until or 'now'} must not be before --from {since}")
    return find_missed(
        schedule,
        reader.runs(schedule.name, since=start, until=end),
        since=start,
        until=end,
        known_from=reader.known_from(),
        skipped_too=skipped_too,
    )


def check_has_times(schedule: Schedule) -> None:
    """Refuse a schedule that runs after others.

    Raises:
        TaskctlError: it does, and these are to be backfilled instead.
    """
    if schedule.expression is None:
        raise TaskctlError(
            f"{schedule.name} runs {schedule.when}, and has no times of its own: backfill "
            f"{' or '.join(schedule.after)}, whose runs it follows"
        )


@dataclass(frozen=True)
class Backfill:
    """Starts the runs of a schedule by hand, and waits for them.

    Attributes:
        stack: the stack that has the schedule.
        schedule: to be run.
        who: starts them.
        why: the reason, which is recorded.
    """

    stack: Stack
    schedule: Schedule
    who: str
    why: str | None

    def run(self, wanted: Sequence[Missed], parallel: int) -> Iterator[RecordedRun]:
        """Yield the runs as they end, in the order of their times.

        Args:
            wanted: the due times.
            parallel: runs at the same time.

        Raises:
            TaskctlError: a run cannot be started, or there is no access to the ledger.
        """
        with ThreadPoolExecutor(parallel) as threads:
            try:
                yield from threads.map(self.run_one, wanted)
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    def run_one(self, missed: Missed) -> RecordedRun:
        """Start the run of a due time, and return it when it is over.

        Raises:
            TaskctlError: it cannot be started, or there is no access to the ledger.
        """
        event = {
            **self.schedule.input, "scheduled_time": rfc3339(missed.due), "key": missed.key,
            "started_by": self.who, "why": self.why or "backfill",
        }  # fmt: skip
        invoke(self.stack.send_task, event)
        run = None
        for look in follow(
            RunReader(self.stack), RunId(schedule=self.schedule.name, key=missed.key), seconds=None
        ):
            run = look.run
        if run is None:
            raise TaskctlError(f"the ledger does not have the run {missed.key}")
        return run
