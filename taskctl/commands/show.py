"""`taskctl show`: show a run or a task with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from task_scheduler.queue.task_id import TaskId
from taskctl.dead_letters.dead_letter import DeadLetter
from taskctl.dead_letters.listing import find_dead_letter
from taskctl.errors import TaskctlError
from taskctl.runs.digest import RunDigest, read_digest
from taskctl.runs.log import log_address, run_log
from taskctl.runs.reader import RunReader, find_task
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.runs.relatives import followers_of
from taskctl.runs.run_table import describe_run, end_line
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import print_json, say
from taskctl.ui.times import format_seconds

_MOST_SHOWN = 50


def show(
    run: options.RunOrTask,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """Show a run or a task with all that is known of it.

        more = {
            "followers": followers,
            "tasks": [end.as_json() for end in ends],
            "log": link,
            "digest": digest and digest.as_json(),
        }
        print_json(run.as_json() | more)

    \b
    Examples:
      taskctl show nightly                           its last run
      taskctl show nightly@2026-11-23T02
      taskctl show nightly#3                         one of its tasks
    """
    stack = find_stack(prefix, root)
    reader = RunReader(stack)
    found, position = find_task(reader, run)
    ends = reader.kept_ends(found.key)
    if position is None:
        followers = [one.key for one in followers_of(reader, found)]
        _show_run(stack, found, ends, followers, as_json=as_json)
        return
    _show_task(stack, found, position, ends, as_json=as_json)


def _show_run(
    stack: Stack, run: RecordedRun, ends: list[KeptEnd], followers: list[str], *, as_json: bool
) -> None:
    link = log_address(stack, run)
    digest = read_digest(stack, run)
    if as_json:
        more = {
            "followers": followers,
            "tasks": [end.as_json() for end in ends],
            "log": link,
            "digest": digest and digest.as_json(),
        }
        print_json(run.as_json() | more)
        return
    say(run.key)
    _print_facts(_facts(run, followers, link))
    for end in ends[:_MOST_SHOWN]:
        say(end_line(end))
    if len(ends) > _MOST_SHOWN:
        say(f"  ... and {len(ends) - _MOST_SHOWN} more: --json has all that are kept")
    if digest is not None:
        _print_facts(_digest_facts(digest, run))


def _facts(run: RecordedRun, followers: list[str], link: str) -> Iterator[tuple[str, str]]:
    yield "state", describe_run(run)
    for name, at in (("due", run.due_time), ("began", run.began), ("closed", run.closed)):
        if at is not None:
            local = datetime.fromtimestamp(at, run.zone)
            yield name, f"{local:%a %Y-%m-%d %H:%M:%S} {local.tzname()}"
    if run.seconds is not None:
        yield "took" if run.closed else "for", format_seconds(run.seconds)
    if run.parents:
        yield "after", ", ".join(run.parents)
    if followers:
        yield "followed", f" by {', '.join(followers)}"
    yield "log", f"taskctl logs {run.key}"
    yield "", link
    if run.has_failed:
        yield "again", f"taskctl retry {run.key}"


def _digest_facts(digest: RunDigest, run: RecordedRun) -> Iterator[tuple[str, str]]:
    if digest.sent is not None:
        local = digest.sent.astimezone(run.zone)
        yield "message", f"{local:%a %Y-%m-%d %H:%M:%S} {local.tzname()}: {digest.describe()}"
    else:
        yield "message", digest.describe()
    for line in [digest.title, *digest.text.splitlines()]:
        yield "", line


def _show_task(
    stack: Stack, run: RecordedRun, position: int, ends: list[KeptEnd], *, as_json: bool
) -> None:
    end = next((one for one in ends if TaskId.parse(one.id or "").position == position), None)
    entries = [entry for entry in run_log(stack, run).read() if entry.position == position]
    dead = find_dead_letter(stack, run.key, position) if run.has_failed else None
    if end is None and dead is None and not entries:
        total = "" if run.total is None else f" It has {run.total:,}."
        raise TaskctlError(f"nothing is known of a task #{position} of {run.key}.{total}")
    if as_json:
        print_json(
            {
                "run": run.key,
                "position": position,
                "end": end and end.as_json(),
                "log": [entry.as_json() for entry in entries],
                "dead_letter": dead and {"id": dead.id, "body": dead.body, **dead.attributes},
            }
        )
        return
    say(f"{run.key}#{position}")
    _print_facts(_task_facts(end, dead))
    for entry in entries:
        for line, _ in entry.lines():
            say(f"  {line}")


def _task_facts(end: KeptEnd | None, dead: DeadLetter | None) -> Iterator[tuple[str, str]]:
    if end is not None:
        yield "end", end_line(end).strip()
    if dead is not None:
        yield "message", dead.body
        yield "again", f"taskctl redrive {dead.short_id}"


def _print_facts(facts: Iterator[tuple[str, str]]) -> None:
    for name, text in facts:
        say(f"  {name:8}{text}")
