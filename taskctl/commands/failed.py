"""`taskctl failed`: what lies in the dead-letter queues."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.dead_letters.dead_letter import Letter
from taskctl.dead_letters.queue import HOLD_SECONDS, DeadLetterQueue
from taskctl.stack.stack import find_stack
from taskctl.ui import options
from taskctl.ui.output import Column, note, print_table, say

_COUNT = 100


def failed(
    count: Annotated[
        int, typer.Option("-n", min=1, max=10_000, help="At most so many of each queue.")
    ] = _COUNT,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """What lies in the dead-letter queues, with the reason why.

    It failed for good; the oldest comes first. A letter is a task, a line of a list that is no
    task, or a firing: one that Scheduler could not deliver, that send_task failed at, or whose list
    is incomplete. Looking at them takes nothing away.

    \b
    Examples:
      taskctl failed
      taskctl failed -n 1000 --json | jq 'group_by(.reason) | map([length, .[0].reason])'
      taskctl redrive 1a2b3c4d             sends one of them again
    """
    stack = find_stack(prefix, root)
    stack.schedule_names()  # says so if there is no such stack
    letters: list[Letter] = []
    notes: list[str] = []
    for url in (stack.firings_dead_letter_url, stack.tasks_dead_letter_url):
        found, hidden = _look(url, count)
        letters += found
        if hidden > 0:
            notes.append(f"About {hidden} more are not shown: {_why(url, len(found), count)}.")
    letters.sort(key=lambda letter: letter.time)
    if letters or as_json:
        print_table(_COLUMNS, [_row(letter) for letter in letters], as_json=as_json)
    else:
        say("No dead letters.")
    for text in notes:
        note(text)


def _look(url: str, count: int) -> tuple[list[Letter], int]:
    """Up to so many letters, and how many there are besides."""
    with DeadLetterQueue(url) as queue:
        total = queue.count()
        found: list[Letter] = []
        for letters in queue.receive(before=datetime.now(UTC)):
            found += letters
            if len(found) >= count:
                break
        return found[:count], total - len(found[:count])


def _why(url: str, shown: int, count: int) -> str:
    """Why there are letters that are not shown."""
    if shown == count:
        return "-n shows more"
    if url.endswith(".fifo"):
        return "of a message group SQS hands out ten, and others when those are redriven"
    return f"another command may hold them, for up to {HOLD_SECONDS // 60} minutes"


def _row(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.short_id,
        "time": letter.time,
        "kind": letter.kind,
        "schedule": letter.schedule,
        "what": letter.what,
        "outcome": letter.outcome,
        "attempts": letter.attempts,
        "reason": letter.reason,
    }


def _words(text: str) -> str:
    return " ".join(text.split())


_COLUMNS = [
    Column(key="id", heading="id", style=lambda row: "bold"),
    Column(key="time", heading="since", show=lambda at: f"{at.astimezone():%a %Y-%m-%d %H:%M:%S}"),
    Column(key="kind", heading="kind"),
    Column(key="schedule", heading="schedule"),
    Column(key="what", heading="what", show=_words),
    Column(key="outcome", heading="outcome", style=lambda row: "red"),
    Column(key="attempts", heading="attempts", right=True),
    Column(key="reason", heading="reason", show=_words),
]
