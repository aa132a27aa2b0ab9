"""`taskctl backfill`: run a schedule for the times at which it has not run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from taskctl.errors import ExitCode
from taskctl.runs.backfilling import MOST_AT_ONCE, Backfill, find_period
from taskctl.runs.missed import Missed, Period
from taskctl.runs.reader import RunReader
from taskctl.runs.run_table import describe_run
from taskctl.stack.caller import caller
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted, note, print_json, print_json_line, say
from taskctl.ui.times import rfc3339

_LISTED = 20


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
        int, typer.Option(min=1, max=MOST_AT_ONCE, help="Runs at the same time.")
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
    they are counted, and run only with --unknown-too. A schedule that runs after others has no
    times of its own: backfill the others. Exit code 1 means that a run did not succeed.

    \b
    Examples:
      taskctl backfill nightly --from 2026-11-01 --dry-run
      taskctl backfill nightly --from 2026-11-01 --to 2026-11-20 --parallel 3
      taskctl backfill nightly --from 2026-11-01 --skipped-too --why "a pause"
    """
    stack = find_stack(prefix, root)
    found = stack.schedule(schedule)
    reader = RunReader(stack)
    period = find_period(reader, found, since, until, skipped_too=not only_missed)
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
    starter = Backfill(stack, found, caller(), why)
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
