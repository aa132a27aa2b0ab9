"""`taskctl cancel`: end a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from task_scheduler.runs.identity import RunState
from taskctl.errors import ExitCode, TaskctlError
from taskctl.runs.cancelling import cancel_run
from taskctl.runs.reader import RunReader, find_open_run
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import confirm, note, print_json, say


def cancel(
    run: options.Run,
    force: Annotated[
        bool, typer.Option("--force", help="Close it at once, whatever still runs of it.")
    ] = False,
    why: options.Why = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Cancel a run.

    One that waits for another ends at once. Of one that runs, tasks that have not begun end as
    `cancelled`; those that have see context.cancelled within 15 seconds, and end when they like.
    The run is over when all have ended. With --force it is closed at once, for one that cannot end
    because messages of it are gone: what is still on the queue ends as cancelled, uncounted.

    \b
    Examples:
      taskctl cancel nightly                       its last run that is not over
      taskctl cancel nightly@2026-11-23T02 --why "wrong list"
    """
    stack = find_stack(prefix, root)
    found = find_open_run(RunReader(stack), run)
    if found.is_over:
        raise TaskctlError(f"run {found.key} is over: {found.state}")
    confirm(f"Cancel the run {found.key}, in the stack {stack.prefix!r}?", yes=yes)
    state = cancel_run(stack, found, why, force=force)
    if as_json:
        print_json({"run": found.key, "state": state})
    elif state == RunState.RUNNING:
        say(f"{found.key}: asked to end; `taskctl runs` shows when it has")
    else:
        say(f"{found.key}: {state}")
    if state not in (RunState.CANCELLED, RunState.RUNNING):
        note("It was over before.")
        raise typer.Exit(ExitCode.NOT_DONE)
