"""`taskctl redrive`: send dead letters again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from taskctl.dead_letters.dead_letter import SHORT_ID
from taskctl.dead_letters.file import count_lines
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
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Send those of a file that `failed --export` wrote."),
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

    With --from the dead letters of a file are sent, to this stack, whichever they come from: tasks
    of a standard queue to a FIFO queue (in the group of their schedule, unless they have one) and
    the reverse. File and queues stay as they are. A second time each has the same id again, so
    that nothing is done twice where deduplication is on. Lines that hold no dead letter are named
    and left out.

    \b
    Examples:
      taskctl redrive 1a2b3c4d 5e6f7a8b
      taskctl redrive --yes                all of them
      taskctl redrive --from dead.jsonl
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
    _confirm(stack, wanted, source, yes=yes)
    try:
        if source:
            redriver.run_file(source)
        else:
            redriver.run()
    finally:
        _report(redriver, source, as_json=as_json)
    if redriver.missing:
        missing = " or ".join(redriver.missing)
        raise TaskctlError(
            f"no dead letter {missing} in {source}"
            if source
            else f"no dead letter {missing}; `taskctl failed` lists them"
        )
    if redriver.left or redriver.invalid:
        raise typer.Exit(1)


def _confirm(stack: Stack, wanted: list[str], source: Path | None, *, yes: bool) -> None:
    lines = count_lines(source) if source else 0
    if wanted:
        what = counted(len(wanted), "dead letter")
    elif source:
        what = f"{counted(lines, 'dead letter')} of {source}"
    else:
        total = sum(DeadLetterQueue(url).count() for url in stack.dead_letter_urls)
        what = f"all dead letters (about {total})"
    where = "to" if source else "of"
    confirm(f"Send {what} {where} the stack {stack.prefix!r} again?", yes=yes)


def _report(redriver: Redriver, source: Path | None, *, as_json: bool) -> None:
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
