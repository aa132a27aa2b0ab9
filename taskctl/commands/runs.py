"""`taskctl runs`: list past runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from task_scheduler.runs.identity import ALL_SCHEDULES
from taskctl.errors import AwsUnavailable, TaskctlError
from taskctl.runs.pauses import read_pauses
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.runs.run_table import columns, describe_run, run_rows
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import note, print_json, print_json_line, say
from taskctl.ui.tables import print_table
from taskctl.ui.times import parse_since

_POLL_SECONDS = 2.0
_LATE = timedelta(minutes=20)
"""A run may begin so long after it was due: Scheduler's flexible windows are mostly shorter."""
_WITH_TASKS = 50
"""Runs whose tasks are shown at most: each is a request."""


def runs(
    schedule: Annotated[str | None, typer.Argument(help="One schedule, with its tasks.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only runs with failures, and the tasks that failed.")
    ] = False,
    since: Annotated[str, options.since("The first moment")] = "1d",
    until: Annotated[str | None, options.since("The last moment")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")
    ] = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """List past runs, the oldest first.

    They are read from the ledger, by the time at which they were due, and go back as far as that
    keeps them (ledger_retention_days). A run is waiting, running, succeeded, failed, incomplete
    (its list was not sent whole), skipped or cancelled. Of one schedule the tasks are shown that
    the ledger keeps: failures, up to 5 of 250 tasks, and the results of runs of up to 10 tasks.

    \b
    Examples:
      taskctl runs
      taskctl runs nightly --since 90d
      taskctl runs --failed --since yesterday
      taskctl runs --follow
      taskctl runs --json | jq '.[] | select(.state == "failed") | .run'
    """
    start, end = parse_since(since), parse_since(until) if until else None
    if end and end < start:
        raise TaskctlError(f"--until {until} must not be before --since {since}")
    if end and follow:
        raise TaskctlError("--follow goes on for ever: leave out --until")
    stack = find_stack(prefix, root)
    reader = RunReader(stack)
    found = reader.runs(schedule, since=start, until=end)
    if schedule is not None and not found:  # one that was removed may still have runs
        stack.check_schedule(schedule)
    if follow:
        with suppress(KeyboardInterrupt):
            for run in _follow(reader, schedule, start, found):
                _print_change(run, failed=failed, as_json=as_json)
        return
    found = [run for run in found if run.has_failed or not failed]
    ends = _ends(reader, found, failed=failed) if schedule or failed else {}
    if as_json:
        print_json([_as_json(run, ends.get(run.key)) for run in found])
    elif found:
        _print(found, ends)
    else:
        say(f"{'Nothing failed' if failed else 'Nothing ran'} since {start:%Y-%m-%d %H:%M} UTC.")
    if not as_json:
        _note_pauses(reader, schedule)


def _note_pauses(reader: RunReader, schedule: str | None) -> None:
    for pause in read_pauses(reader.schedule_items()).values():
        if schedule in (None, pause.of) or pause.of == ALL_SCHEDULES:
            what = "All schedules are" if pause.of == ALL_SCHEDULES else f"{pause.of} is"
            note(f"{what} {pause.describe(pause.of)}.")


def _ends(
    reader: RunReader, runs: Sequence[RecordedRun], *, failed: bool
) -> dict[str, list[KeptEnd]]:
    """Return the ends of the last runs' tasks, by the runs' keys."""
    found = reader.kept_ends_of(runs[-_WITH_TASKS:])
    return {key: [end for end in ends if end.has_failed or not failed]
            for key, ends in found.items()}  # fmt: skip


def _print(runs: Sequence[RecordedRun], ends: dict[str, list[KeptEnd]]) -> None:
    print_table(columns(), [row for run in runs for row in run_rows(run, ends.get(run.key, []))])
    if ends and len(runs) > len(ends):
        note(f"Tasks are shown of the last {len(ends)} runs: `taskctl show RUN` shows another's.")


def _as_json(run: RecordedRun, ends: list[KeptEnd] | None) -> dict[str, object]:
    tasks = {} if ends is None else {"tasks": [end.as_json() for end in ends]}
    return run.as_json() | tasks


def _follow(
    reader: RunReader, schedule: str | None, start: datetime, found: list[RecordedRun]
) -> Iterator[RecordedRun]:
    """Yield each run when it is first seen, and again when its state is another."""
    known: dict[str, RecordedRun] = {}
    while True:
        for run in found:
            before = known.get(run.key)
            if before is None or before.state != run.state:
                yield run
            known[run.key] = run
        time.sleep(_POLL_SECONDS)
        try:
            since = max(start, datetime.now(UTC) - _LATE)
            found = reader.runs(schedule, since=since)
            listed = {run.key for run in found}
            open_ = [run for run in known.values() if not run.is_over and run.key not in listed]
            found += reader.again(open_)
        except AwsUnavailable as error:
            note(f"taskctl: {error}")


def _print_change(run: RecordedRun, *, failed: bool, as_json: bool) -> None:
    if failed and not run.has_failed:
        return
    if as_json:
        print_json_line(run.as_json())
    else:
        say(f"{datetime.now():%H:%M:%S}  {run.key}  {describe_run(run)}")
