"""Report on dead letters that were sent again, and note it in their runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from taskctl.dead_letters.recording import record_redrive
from taskctl.dead_letters.redriver import Redriver
from taskctl.errors import TaskctlError
from taskctl.stack.stack import Stack
from taskctl.ui.output import counted, note, print_json, say


def report(redriver: Redriver, source: Path | None, *, as_json: bool) -> None:
    """Print what was sent, and what was not and why."""
    left = [(dead_letter.short_id, reason) for dead_letter, reason in redriver.left]
    if as_json:
        rows = [{"id": id_, "reason": reason} for id_, reason in left]
        print_json(
            {
                "sent": dict(redriver.sent),
                "left": rows,
                "missing": redriver.missing,
                "invalid": [asdict(line) for line in redriver.invalid],
            }
        )
        return
    counts = [counted(count, kind) for kind, count in redriver.sent.items()]
    say(f"Sent again: {', '.join(counts) or 'nothing'}.")
    for id_, reason in left:
        note(f"{id_} {'is not sent' if source else 'stays where it is'}: {reason}")
    for line in redriver.invalid:
        note(f"{source}, line {line.number}: {line.reason}")


def note_in_runs(stack: Stack, redriver: Redriver, why: str | None) -> None:
    """Note in the runs of what was sent who sent it, and why.

    It was sent, whether that can be noted or not: what the ledger refuses is said, and no error.
    """
    try:
        record_redrive(stack, redriver.runs, why)
    except TaskctlError as error:
        note(f"The ledger does not know who sent them: {error}")
