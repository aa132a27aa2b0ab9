"""`taskctl run`: run a schedule now."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.errors import AwsUnavailable, TaskctlError
from taskctl.ids import key_by_hand
from taskctl.project.schedule import Schedule, read_calendar
from taskctl.runs.history import Run, collect_runs
from taskctl.runs.log_lines import LogLine, TaskLine, read_log_lines
from taskctl.runs.run_table import describe_outcomes, line_text
from taskctl.stack.find import find_stack
from taskctl.stack.invoke import invoke
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, counted, note, print_json, say
from taskctl.ui.times import parse_time, rfc3339

_POLL_SECONDS = 1.0
_CLOCKS = timedelta(minutes=5)
"""The most by which this machine's clock may be off."""


def run(
    schedule: Annotated[str, typer.Argument(help="The schedule.")],
    task: Annotated[
        int | None, typer.Option("--task", min=1, help="Only the task at this position.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="A past time, which tasks see as the scheduled one; without an offset it is in "
            "the schedule's own zone.",
        ),
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Run a schedule now and follow its tasks to their ends.

    The run has a key of its own: it repeats no other run, even where deduplication is on. A
    paused schedule runs as well. Exit code 1 means that something failed; Ctrl-C stops following,
    and nothing else.

    \b
    Examples:
      taskctl run nightly
      taskctl run nightly --task 3
      taskctl run nightly --at 2026-11-23T02:00 --yes
    """
    stack = find_stack(prefix, root)
    found = stack.schedule(schedule)
    scheduled_time = _scheduled_time(found, at)
    what = f"task #{task} of {schedule}" if task else schedule
    when = f"for {rfc3339(scheduled_time)}" if at else "now"
    confirm(f"Run {what} {when}, in the stack {stack.prefix!r}?", yes=yes)
    key = key_by_hand(schedule, rfc3339(scheduled_time))
    event = {**found.input, "scheduled_time": rfc3339(scheduled_time), "key": key, "only": task}
    begun = datetime.now(UTC)
    summary = invoke(stack.send_task, event)
    _check(summary, task)
    if not as_json:
        say(f"{schedule}: run {key}, {_sent(summary)}")
    try:
        ended = _follow(stack, schedule, key, begun - _CLOCKS, quiet=as_json)
    except KeyboardInterrupt:
        note("\nNo longer following. The tasks go on: `taskctl runs` shows their outcomes.")
        raise typer.Exit(130) from None
    _report(schedule, ended, as_json=as_json)
    if ended.has_failed:
        raise typer.Exit(1)


def _report(schedule: str, ended: Run, *, as_json: bool) -> None:
    if as_json:
        print_json(ended.as_json())
        return
    say(f"{schedule}: {describe_outcomes(ended)}")
    if ended.refused or ended.problem:
        say("`taskctl failed` shows what could not be sent, and why.")


def _scheduled_time(schedule: Schedule, at: str | None) -> datetime:
    now = datetime.now(UTC)
    if at is None:
        return now
    time = parse_time(at, read_calendar(schedule)[1])
    if time > now:
        raise TaskctlError(f"--at {at}: {rfc3339(time)} is in the future, it must be in the past")
    return time


def _check(summary: dict[str, Any], task: int | None) -> None:
    """Raise TaskctlError if there is no task at that position."""
    nothing = not summary["sent"] and not summary["refused"] and not summary["continued_at"]
    if task is not None and nothing and not summary["reason"]:
        raise TaskctlError(f"no task #{task} in the list of {summary['schedule']}: nothing was run")


def _sent(summary: dict[str, Any]) -> str:
    sent = f"{counted(summary['sent'], 'task')} sent"
    refused = f", {summary['refused']} refused" if summary["refused"] else ""
    more = f", continues at line {summary['continued_at']}" if summary["continued_at"] else ""
    return sent + refused + more


def _follow(stack: Stack, schedule: str, key: str, since: datetime, *, quiet: bool) -> Run:
    """Return the run once it is over; print each attempt on the way."""
    seen: set[LogLine] = set()
    lines: list[LogLine] = []
    while True:
        try:
            lines = read_log_lines(stack, since=since, schedule=schedule)
        except AwsUnavailable as error:
            note(f"taskctl: {error}")
        lines = [line for line in lines if line.run == key]
        for line in lines:
            if line not in seen and isinstance(line, TaskLine) and not quiet:
                say(line_text(line))
            seen.add(line)
        found = collect_runs(lines).get(key)
        if found is not None and found.is_over:
            return found
        time.sleep(_POLL_SECONDS)
