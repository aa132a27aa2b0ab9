"""`taskctl retry`: send what failed of a run again."""

from __future__ import annotations

from pathlib import Path

import typer

from taskctl.dead_letters.redriver import Redriver
from taskctl.dead_letters.report import note_in_runs, report
from taskctl.dead_letters.selection import Selection
from taskctl.errors import ExitCode, TaskctlError
from taskctl.runs.reader import RunReader, find_run
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import confirm


def retry(
    run: options.Run,
    why: options.Why = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Send what failed of a run again.

    Its failed tasks go back to the queue with all their attempts; lines that were refused are read
    again, and a list that broke off goes on. Their ends correct the counts of the run: when the
    last failure has succeeded, the run has, and people are notified of the recovery. The ledger
    notes who did it, and why. Exit code 1 means that something could not be sent, 2 that nothing
    of the run is left to be sent.

    \b
    Examples:
      taskctl retry nightly                              those of its last run
      taskctl retry nightly@2026-11-23T02 --why "the disk was full"
    """
    stack = find_stack(prefix, root)
    found = find_run(RunReader(stack), run)
    confirm(f"Send what failed of {found.key}, in the stack {stack.prefix!r}, again?", yes=yes)
    redriver = Redriver(stack, Selection(run=found.key))
    try:
        redriver.run()
    finally:
        if redriver.sent or redriver.left:
            report(redriver, None, as_json=as_json)
        note_in_runs(stack, redriver, why)
    if not redriver.sent and not redriver.left:
        raise TaskctlError(f"nothing of {found.key} is a dead letter; the run is {found.state}")
    if redriver.left:
        raise typer.Exit(ExitCode.FAILED)
