"""`taskctl failed`: list the dead letters."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.dead_letters.dead_letter import DeadLetter
from taskctl.dead_letters.queue import HOLD_SECONDS, DeadLetterQueue
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import note, say
from taskctl.ui.tables import Column, print_table

_COUNT = 100


def failed(
    count: Annotated[
        int, typer.Option("-n", min=1, max=10_000, help="At most so many of each queue.")
    ] = _COUNT,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """List dead letters, with the reasons.

    They failed for good; the oldest comes first. A dead letter is a task, a line of a list that
    is not a task, or a run: one that Scheduler could not deliver, that send_task failed at, or
    whose list is incomplete. Listing them takes nothing away.

    \b
    Examples:
      taskctl failed
      taskctl failed -n 1000 --json | jq 'group_by(.reason) | map([length, .[0].reason])'
      taskctl redrive 1a2b3c4d             sends one of them again
    """
    stack = find_stack(prefix, root)
    stack.check_exists()
    dead_letters: list[DeadLetter] = []
    notes: list[str] = []
    for url in stack.dead_letter_urls:
        found, hidden = _look(url, count)
        dead_letters += found
        if hidden > 0:
            are = "is" if hidden == 1 else "are"
            notes.append(f"About {hidden} more {are} not shown: {_why(url, len(found), count)}.")
    dead_letters.sort(key=lambda dead_letter: dead_letter.time)
    if dead_letters or as_json:
        print_table(_COLUMNS, [_row(dead_letter) for dead_letter in dead_letters], as_json=as_json)
    else:
        say("No dead letters.")
    for text in notes:
        note(text)


def _look(url: str, count: int) -> tuple[list[DeadLetter], int]:
    """Return up to so many dead letters, and the number of all others."""
    with DeadLetterQueue(url) as queue:
        total = queue.count()
        found: list[DeadLetter] = []
        for dead_letters in queue.receive(before=datetime.now(UTC)):
            found += dead_letters
            if len(found) >= count:
                break
        return found[:count], total - len(found[:count])


def _why(url: str, shown: int, count: int) -> str:
    """Explain why there are dead letters that are not shown."""
    if shown == count:
        return "-n shows more"
    if url.endswith(".fifo"):
        return "SQS hands out ten of a message group, and others once those are redriven"
    return f"another command may hold them, for up to {HOLD_SECONDS // 60} minutes"


def _row(dead_letter: DeadLetter) -> dict[str, Any]:
    contents = dead_letter.contents
    return {
        "id": dead_letter.short_id,
        "time": dead_letter.time,
        "kind": contents.kind,
        "schedule": contents.schedule,
        "what": contents.what,
        "outcome": contents.outcome,
        "attempts": contents.attempts,
        "reason": contents.reason,
    }


_COLUMNS = [
    Column(key="id", heading="id", style=lambda row: "bold"),
    Column(
        key="time",
        heading="since",
        show=lambda at: f"{at.astimezone():%a %Y-%m-%d %H:%M:%S}",
        short=lambda at: f"{at.astimezone():%m-%d %H:%M}",
    ),
    Column(key="kind", heading="kind", rank=2),
    Column(key="schedule", heading="schedule"),
    Column(key="what", heading="what"),
    Column(key="outcome", heading="outcome", style=lambda row: "red"),
    Column(key="attempts", heading="attempts", right=True, rank=3),
    Column(key="reason", heading="reason", below=True),
]
