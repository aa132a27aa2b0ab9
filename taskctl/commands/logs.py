"""`taskctl logs`: show what a run's tasks printed and logged."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from taskctl.errors import AwsUnavailable
from taskctl.runs.log import Entry, run_log
from taskctl.runs.reader import RunReader, find_task
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import note, print_json, print_json_line, say

_POLL_SECONDS = 2.0


def logs(
    run: options.RunOrTask,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run is over.")
    ] = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """Show what the tasks of a run printed and logged.

    With the outcome of each attempt, and of those that failed the traceback: from the task's own
    code on. They come from the functions' logs, which keep them for log_retention_days.

    \b
    Examples:
      taskctl logs nightly                           of its last run
      taskctl logs nightly#3                         of one of its tasks
      taskctl logs nightly@2026-11-23T02 --follow
    """
    stack = find_stack(prefix, root)
    reader = RunReader(stack)
    found, position = find_task(reader, run)
    is_any = False
    try:
        for entries in _read(stack, reader, found, follow=follow):
            wanted = [entry for entry in entries if position in (None, entry.position)]
            is_any |= bool(wanted)
            _print(wanted, follow=follow, as_json=as_json)
    except KeyboardInterrupt:
        return
    if not is_any and not as_json:
        note(f"Nothing of {run} is in the log: it may be older than log_retention_days.")


def _read(
    stack: Stack, reader: RunReader, run: RecordedRun, *, follow: bool
) -> Iterator[list[Entry]]:
    """Yield what is in the log of a run; what comes until the run is over, too."""
    log = run_log(stack, run)
    yield log.read()
    while follow and not run.is_over:
        time.sleep(_POLL_SECONDS)
        with suppress(AwsUnavailable):
            now = reader.run(run.id) or run
            yield log.read()
            run = now  # once the log has been read: the last lines come with the end


def _print(entries: Iterable[Entry], *, follow: bool, as_json: bool) -> None:
    if as_json and not follow:
        print_json([entry.as_json() for entry in entries])
        return
    for entry in entries:
        if as_json:
            print_json_line(entry.as_json())
        else:
            for line, _ in entry.lines():
                say(line)
