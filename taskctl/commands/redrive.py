"""`taskctl redrive`: send dead letters again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskctl.dead_letters.dead_letter import SHORT_ID
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.dead_letters.redriver import Redriver
from taskctl.errors import TaskctlError
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted, note, print_json, say


def redrive(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Dead letters by their ids; all by default.")
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Send dead letters again, once their cause is fixed.

    A task goes back to the queue under a new id. A run is invoked again under its old key, from
    where its list broke off if that is known, so that nothing is done twice where deduplication
    is on. A line is read again from its list as that is now, and sent alone. What cannot be sent
    again stays where it is.

    Each dead letter is deleted after its contents were sent, and never before. If the command is
    interrupted, the rest is still there; at most one dead letter was sent but not deleted, and
    sending it once more gives it the same id.

    \b
    Examples:
      taskctl redrive 1a2b3c4d 5e6f7a8b
      taskctl redrive --yes                all of them
    """
    wanted = ids or []
    for id_ in wanted:
        if len(id_) < SHORT_ID:
            raise TaskctlError(
                f"id {id_!r} is too short: give the {SHORT_ID} characters that `failed` shows"
            )
    stack = find_stack(prefix, root)
    stack.check_exists()
    redriver = Redriver(stack, wanted)
    _confirm(stack, wanted, yes=yes)
    try:
        redriver.run()
    finally:
        _report(redriver, as_json=as_json)
    if redriver.missing:
        missing = " or ".join(redriver.missing)
        raise TaskctlError(f"no dead letter {missing}; `taskctl failed` lists them")
    if redriver.left:
        raise typer.Exit(1)


def _confirm(stack: Stack, wanted: list[str], *, yes: bool) -> None:
    if wanted:
        what = counted(len(wanted), "dead letter")
    else:
        total = sum(DeadLetterQueue(url).count() for url in stack.dead_letter_urls)
        what = f"all dead letters (about {total})"
    confirm(f"Send {what} of the stack {stack.prefix!r} again?", yes=yes)


def _report(redriver: Redriver, *, as_json: bool) -> None:
    """Print what was sent, and what was not and why."""
    left = [(dead_letter.short_id, reason) for dead_letter, reason in redriver.left]
    if as_json:
        rows = [{"id": id_, "reason": reason} for id_, reason in left]
        print_json({"sent": dict(redriver.sent), "left": rows, "missing": redriver.missing})
        return
    counts = [counted(count, kind) for kind, count in redriver.sent.items()]
    say(f"Sent again: {', '.join(counts) or 'nothing'}.")
    for id_, reason in left:
        note(f"{id_} stays where it is: {reason}")
