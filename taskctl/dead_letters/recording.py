"""Note in the ledger who sent dead letters again."""

from __future__ import annotations

import time
from collections.abc import Iterable

from task_scheduler.runs import control
from task_scheduler.runs.identity import RunId
from taskctl.stack.caller import caller
from taskctl.stack.ledger_table import writing
from taskctl.stack.stack import Stack


def record_redrive(stack: Stack, runs: Iterable[str], why: str | None) -> None:
    """Note in runs who sent their dead letters again, and why.

    Args:
        stack: the stack that has the runs.
        runs: their keys.
        why: the reason, if one was given.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    if not (keys := sorted(runs)):
        return
    who, now = caller(), int(time.time())
    with writing(stack) as table:
        for key in keys:
            control.note_redrive(table, RunId.of(key), by=who, at=now, why=why)
