"""`taskctl discard`: delete dead letters that nobody needs any more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskctl.dead_letters.discarding import discard_dead_letters
from taskctl.dead_letters.selection import Selection, no_dead_letter, resolve_ids
from taskctl.errors import TaskctlError
from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted, print_json, say
from taskctl.ui.times import parse_since


def discard(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Dead letters by their ids, or the beginnings."),
    ] = None,
    schedule: options.OfSchedule = None,
    reason: options.WithReason = None,
    since: options.Since = None,
    all_: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Delete dead letters for good, unsent.

    Their runs keep the failures. `taskctl failed --export FILE` keeps the dead letters themselves.

    \b
    Examples:
      taskctl discard 1a2b3c4d
      taskctl discard --schedule nightly --reason "no such customer"
    """
    moment = parse_since(since) if since else None
    stack = find_stack(prefix, root)
    stack.check_exists()
    whole = resolve_ids(stack.dead_letter_urls, ids or ())
    wanted = Selection(ids=whole, schedule=schedule, reason=reason, since=moment)
    if wanted.is_all is not all_:
        raise TaskctlError("name dead letters, by ids or by options, or --all")
    confirm(f"Delete {wanted.describe()} of the stack {stack.prefix!r} for good?", yes=yes)
    discarded, missing = discard_dead_letters(stack, wanted)
    if as_json:
        print_json({"discarded": dict(discarded), "missing": missing})
    else:
        counts = [counted(count, kind) for kind, count in discarded.items()]
        say(f"Discarded: {', '.join(counts) or 'nothing'}.")
    if missing:
        raise no_dead_letter(missing)
