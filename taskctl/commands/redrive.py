"""`taskctl redrive`: send dead letters again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskctl.dead_letters.file import count_lines
from taskctl.dead_letters.queue import DeadLetterQueue
from taskctl.dead_letters.redriver import Redriver
from taskctl.dead_letters.report import note_in_runs, report
from taskctl.dead_letters.selection import Selection, no_dead_letter, resolve_ids
from taskctl.errors import ExitCode
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted
from taskctl.ui.times import parse_since


def redrive(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Dead letters by their ids, or the beginnings; all by default."),
    ] = None,
    schedule: options.OfSchedule = None,
    reason: options.WithReason = None,
    since: options.Since = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Send those of a file that `failed --export` wrote."),
    ] = None,
    why: options.Why = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Send dead letters again, once their cause is fixed.

    A task goes back to the queue under a new id, with all its attempts, and its end corrects the
    counts of its run: one whose last failure succeeds has succeeded. A run is invoked again under
    its old key, from where its list broke off if that is known, so that nothing is done twice
    where deduplication is on. A line is read again from its list as that is now, and sent alone.
    What cannot be sent again stays where it is. The ledger notes who sent it, and why.

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
      taskctl redrive --schedule nightly --reason timeout --since yesterday
      taskctl redrive --yes                all of them
      taskctl redrive --from dead.jsonl
    """
    moment = parse_since(since) if since else None
    stack = find_stack(prefix, root)
    stack.check_exists()
    whole = tuple(ids or ()) if source else resolve_ids(stack.dead_letter_urls, ids or ())
    wanted = Selection(ids=whole, schedule=schedule, reason=reason, since=moment)
    redriver = Redriver(stack, wanted)
    _confirm(stack, wanted, source, yes=yes)
    try:
        if source:
            redriver.run_file(source)
        else:
            redriver.run()
    finally:
        report(redriver, source, as_json=as_json)
        note_in_runs(stack, redriver, why)
    if redriver.missing:
        raise no_dead_letter(redriver.missing, source)
    if redriver.left or redriver.invalid:
        raise typer.Exit(ExitCode.FAILED)


def _confirm(stack: Stack, wanted: Selection, source: Path | None, *, yes: bool) -> None:
    what = wanted.describe()
    if source:
        lines = counted(count_lines(source), "dead letter")
        what = f"{lines if wanted.is_all else what} of {source}"
    elif wanted.is_all and not yes:
        total = sum(DeadLetterQueue(url).count() for url in stack.dead_letter_urls)
        what = f"{what} (about {total})"
    where = "to" if source else "of"
    confirm(f"Send {what} {where} the stack {stack.prefix!r} again?", yes=yes)
