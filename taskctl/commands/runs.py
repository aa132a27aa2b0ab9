"""`taskctl runs`: list past runs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.errors import AwsUnavailable
from taskctl.runs.history import Run, collect_runs
from taskctl.runs.log_lines import LogLine, read_log_lines
from taskctl.runs.run_table import columns, line_text, run_rows
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import note, print_json, print_json_line, say
from taskctl.ui.tables import print_table
from taskctl.ui.times import parse_since

_POLL_SECONDS = 2.0
_LATE = timedelta(minutes=2)
"""Lines may reach the log in an order other than that of their times."""


def runs(
    schedule: Annotated[str | None, typer.Argument(help="One schedule, with its tasks.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only runs with failures, and the tasks that failed.")
    ] = False,
    since: Annotated[
        str, typer.Option(help="The first moment: 90m, 12h or 7d ago, or a date and time.")
    ] = "1d",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")
    ] = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """List past runs with the outcomes of their tasks.

    The oldest comes first. They are read from the functions' logs, and so go back as far as those
    are kept (log_retention_days). `queued` are tasks without any line yet: they wait, they run, or
    their function died.

    \b
    Examples:
      taskctl runs
      taskctl runs nightly --since 7d
      taskctl runs --failed
      taskctl runs --follow
      taskctl runs --json | jq '.[] | select(.outcomes.failed)'
    """
    start = parse_since(since)
    stack = find_stack(prefix, root)
    lines = read_log_lines(stack, since=start, schedule=schedule)
    if schedule is not None and not lines:  # a schedule that was removed may still have lines
        stack.check_schedule(schedule)
    if follow:
        with suppress(KeyboardInterrupt):
            _follow(stack, schedule, start, lines, failed=failed, as_json=as_json)
        return
    found = list(collect_runs(lines).values())
    if failed:
        found = [run for run in found if run.has_failed]
    if as_json:
        print_json([run.as_json() for run in found])
    elif found:
        print_table(columns(), [row for run in found for row in _rows(run, schedule, failed)])
    else:
        say(f"{'Nothing failed' if failed else 'Nothing ran'} since {start:%Y-%m-%d %H:%M} UTC.")


def _rows(run: Run, schedule: str | None, failed: bool) -> Iterable[dict[str, Any]]:
    shown = run.failed if failed else run.tasks.values() if schedule else []
    return run_rows(run, shown)


def _follow(
    stack: Stack,
    schedule: str | None,
    start: datetime,
    lines: list[LogLine],
    *,
    failed: bool,
    as_json: bool,
) -> None:
    seen: set[LogLine] = set()
    while True:
        for line in lines:
            if line not in seen:
                seen.add(line)
                _print(line, failed=failed, as_json=as_json)
        since = max(start, datetime.now(UTC) - _LATE)
        seen = {line for line in seen if line.time >= since}
        time.sleep(_POLL_SECONDS)
        try:
            lines = read_log_lines(stack, since=since, schedule=schedule)
        except AwsUnavailable as error:
            note(f"taskctl: {error}")


def _print(line: LogLine, *, failed: bool, as_json: bool) -> None:
    if failed and not line.has_failed:
        return
    if as_json:
        print_json_line({name: getattr(line, name) for name in line.__slots__})
    else:
        say(line_text(line))
