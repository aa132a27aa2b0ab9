"""`taskctl backfill`: run a schedule for the times at which it has not run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from task_scheduler.runs.identity import RunId
from taskctl.errors import ExitCode, TaskctlError
from taskctl.project.schedule import Schedule, read_calendar
from taskctl.runs.following import follow
from taskctl.runs.missed import Missed, Period, find_missed
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.runs.run_table import describe_run
from taskctl.stack.caller import caller
from taskctl.stack.find import find_stack
from taskctl.stack.invoke import invoke
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted, note, print_json, print_json_line, say
from taskctl.ui.times import parse_time, rfc3339

_LISTED = 20
_MOST_AT_ONCE = 50


def backfill(
    schedule: Annotated[str, typer.Argument(help="The schedule.")],
    since: Annotated[str, typer.Option("--from", help="The first due time that counts.")],
    until: Annotated[str | None, typer.Option("--to", help="The last one; now by default.")] = None,
    only_missed: Annotated[
        bool,
        typer.Option(
            "--only-missed/--skipped-too",
            help="Only times without a run, or those too whose run was skipped.",
        ),
    ] = True,
    unknown_too: Annotated[
        bool,
        typer.Option("--unknown-too", help="Times that the ledger does not reach back to as well."),
    ] = False,
    parallel: Annotated[
        int, typer.Option(min=1, max=_MOST_AT_ONCE, help="Runs at the same time.")
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the times.")] = False,
    why: options.Why = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Run a schedule for the times at which it has not run.

    The times of its calendar that have no run in the ledger, the oldest first; one run begins when
    the one before it is over. Each has the key that it would have had, so the command goes on where
    it stopped when it is called again. Times without an offset are in the schedule's zone. Of times
    before the ledger was made, or longer ago than it keeps runs, nobody knows whether they ran:
    they are counted, and run only with --unknown-too. Exit code 1 means that a run did not succeed.

    \b
    Examples:
      taskctl backfill nightly --from 2026-11-01 --dry-run
      taskctl backfill nightly --from 2026-11-01 --to 2026-11-20 --parallel 3
      taskctl backfill nightly --from 2026-11-01 --skipped-too --why "a pause"
    """
    stack = find_stack(prefix, root)
    found = stack.schedule(schedule)
    reader = RunReader(stack)
    period = _find(reader, found, since, until, skipped_too=not only_missed)
    wanted = [*(period.unknown if unknown_too else ()), *period.missed]
    if dry_run:
        _list(period, wanted, unknown_too=unknown_too, as_json=as_json)
        return
    if not as_json:
        _note_unknown(period, unknown_too=unknown_too)
    if not wanted:
        say(f"{schedule}: nothing is missing.")
        return
    what = counted(len(wanted), "time")
    at_once = f", {parallel} at once" if parallel > 1 else ""
    confirm(f"Run {schedule} for {what}{at_once}, in the stack {stack.prefix!r}?", yes=yes)
    starter = _Starter(stack, reader, found, caller(), why)
    failed = 0
    for run in starter.run(wanted, parallel):
        failed += run.state != "succeeded"
        if as_json:
            print_json_line(run.as_json())
        else:
            say(f"{run.key}  {describe_run(run)}")
    if failed:
        note(f"{failed} of {counted(len(wanted), 'run')} did not succeed.")
        raise typer.Exit(ExitCode.FAILED)


def _find(
    reader: RunReader, schedule: Schedule, since: str, until: str | None, *, skipped_too: bool
) -> Period:
    zone = read_calendar(schedule)[1]
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


def _list(period: Period, wanted: Sequence[Missed], *, unknown_too: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "total": period.total,
                "unknown": len(period.unknown),
                "missed": [{"due": rfc3339(one.due), "run": one.key, "reason": one.reason}
                           for one in wanted],
            }
        )  # fmt: skip
        return
    for one in wanted[:_LISTED]:
        say(f"{rfc3339(one.due)}{f'  skipped: {one.reason}' if one.reason else ''}")
    if len(wanted) > _LISTED:
        say(f"... and {len(wanted) - _LISTED:,} more, until {rfc3339(wanted[-1].due)}")
    say(f"{len(wanted):,} of {counted(period.total, 'due time')} would be run.")
    _note_unknown(period, unknown_too=unknown_too)


def _note_unknown(period: Period, *, unknown_too: bool) -> None:
    if period.unknown and not unknown_too:
        what = f"{counted(len(period.unknown), 'due time')} up to {rfc3339(period.unknown[-1].due)}"
        note(
            f"{what} left out: the ledger does not reach back so far, so they may have run. "
            "--unknown-too runs them."
        )


@dataclass(frozen=True)
class _Starter:
    """Starts the runs of a schedule by hand, and waits for them."""

    stack: Stack
    reader: RunReader
    schedule: Schedule
    who: str
    why: str | None

    def run(self, wanted: Sequence[Missed], parallel: int) -> Iterator[RecordedRun]:
        """Yield the runs as they end, in the order of their times."""
        with ThreadPoolExecutor(parallel) as threads:
            try:
                yield from threads.map(self._run, wanted)
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    def _run(self, missed: Missed) -> RecordedRun:
        event = {
            **self.schedule.input, "scheduled_time": rfc3339(missed.due), "key": missed.key,
            "started_by": self.who, "why": self.why or "backfill",
        }  # fmt: skip
        invoke(self.stack.send_task, event)
        run = None
        for look in follow(
            self.reader, RunId(schedule=self.schedule.name, key=missed.key), seconds=None
        ):
            run = look.run
        if run is None:
            raise TaskctlError(f"the ledger does not have the run {missed.key}")
        return run
