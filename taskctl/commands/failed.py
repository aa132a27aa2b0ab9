"""`taskctl failed`: list the dead letters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.dead_letters.dead_letter import DeadLetter
from taskctl.dead_letters.export import Exported, export_dead_letters
from taskctl.dead_letters.listing import list_dead_letters
from taskctl.dead_letters.queue import explain_hidden
from taskctl.dead_letters.selection import Selection
from taskctl.errors import ExitCode, TaskctlError
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import counted, note, print_json, say
from taskctl.ui.tables import Column, print_table
from taskctl.ui.times import parse_since

_COUNT = 100


def failed(
    count: Annotated[
        int | None,
        typer.Option(
            "-n", min=1, max=10_000, help=f"At most so many of each queue; {_COUNT} by default."
        ),
    ] = None,
    schedule: options.OfSchedule = None,
    reason: options.WithReason = None,
    since: options.Since = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Write all of them to this new file, for `redrive --from`."),
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """List dead letters, with the reasons.

    They failed for good; the oldest comes first. A dead letter is a task, a line of a list that
    is not a task, or a run: one that Scheduler could not deliver, that send_task failed at, or
    whose list is incomplete. Listing them takes nothing away.

    With --export they are written to a file instead, a line of JSON each, and stay on their
    queues. Do that before queues are deleted: by another `fifo` or prefix, or by `terraform
    destroy`. The file holds the tasks' arguments, and only you may read it. Exit code 1 means that
    not all could be written.

    \b
    Examples:
      taskctl failed
      taskctl failed --schedule nightly --reason timeout --since yesterday
      taskctl failed -n 1000 --json | jq 'group_by(.reason) | map(length)'
      taskctl redrive 1a2b3c4d             sends one of them again
      taskctl failed --export dead.jsonl
    """
    moment = parse_since(since) if since else None
    wanted = Selection(schedule=schedule, reason=reason, since=moment)
    if export and (count or not wanted.is_all):
        raise TaskctlError("-n and filters are for the list: --export writes all dead letters")
    stack = find_stack(prefix, root)
    stack.check_exists()
    if export:
        _report_export(export_dead_letters(stack.dead_letter_urls, export), export, as_json=as_json)
    else:
        _list(stack, count or _COUNT, wanted, as_json=as_json)


def _report_export(exported: list[Exported], path: Path, *, as_json: bool) -> None:
    """Print how many were written, and why others were not.

    Raises:
        typer.Exit: not all could be written.
    """
    written = sum(each.written for each in exported)
    hidden = sum(each.hidden for each in exported)
    if as_json:
        print_json({"file": str(path), "written": written, "not_written": hidden})
    else:
        say(f"Wrote {counted(written, 'dead letter')} to {path}; on the queues nothing changed.")
    for each in exported:
        if each.hidden:
            are = "is" if each.hidden == 1 else "are"
            note(f"About {each.hidden} more {are} not in {path}: {explain_hidden(each.url)}.")
    if hidden:
        raise typer.Exit(ExitCode.FAILED)


def _list(stack: Stack, count: int, wanted: Selection, *, as_json: bool) -> None:
    listing = list_dead_letters(stack, count, wanted)
    if listing.dead_letters or as_json:
        print_table(_COLUMNS, list(map(_row, listing.dead_letters)), as_json=as_json)
    else:
        say("No dead letters." if wanted.is_all else "No such dead letters.")
    for hidden, why in listing.hidden:
        are = "is" if hidden == 1 else "are"
        note(f"About {hidden} more {are} not shown: {why or '-n shows more'}.")


def _row(dead_letter: DeadLetter) -> dict[str, Any]:
    contents = dead_letter.contents
    return {
        "id": dead_letter.short_id,
        "time": dead_letter.time,
        "kind": contents.kind,
        "schedule": contents.schedule,
        "run": contents.run,
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
