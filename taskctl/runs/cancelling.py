"""End a run by hand."""

from __future__ import annotations

import time

from task_scheduler.runs import control
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.identity import RunState
from task_scheduler.runs.ledger import Ledger
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.caller import caller
from taskctl.stack.ledger_table import writing
from taskctl.stack.stack import Stack


def cancel_run(stack: Stack, run: RecordedRun, why: str | None, *, force: bool) -> str | None:
    """Cancel a run, note who did it, and return its state now.

    Args:
        stack: the stack that has the run.
        run: to be cancelled.
        why: the reason, which is recorded.
        force: whether one that runs is closed at once.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    who = caller()
    with writing(stack) as table:
        # what is written here does not expire by itself
        ledger = Ledger(table, time.time, keep_seconds=0)
        state = control.cancel(ledger, run.id, by=who, why=why)
        if force and state == RunState.RUNNING:
            counts = Counts(ended=run.ended or 0, failed=run.failed or 0)
            if control.force(ledger, run.id, counts, by=who):
                return RunState.CANCELLED
        return state
