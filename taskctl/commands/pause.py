"""`taskctl pause` and `taskctl resume`: have the runs of a schedule skipped for a while."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from task_scheduler.runs.identity import ALL_SCHEDULES
from taskctl.errors import TaskctlError
from taskctl.runs.pauses import Pause, pause_schedule, read_pauses, resume_schedule
from taskctl.runs.reader import RunReader
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import confirm, note, print_json, say
from taskctl.ui.times import parse_until

Name = Annotated[str | None, typer.Argument(help="The schedule.")]
All = Annotated[bool, typer.Option("--all", help="All schedules of the stack.")]


def pause(
    schedule: Name = None,
    all_: All = False,
    until: Annotated[
        str | None,
        typer.Option(help="When it ends by itself: in 90m, 12h or 7d, or a date and time."),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--note", help="For whoever wonders why nothing runs.")
    ] = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Pause a schedule until it is resumed.

    What falls due meanwhile is recorded as skipped, with who paused it and why, and is not made up
    for. Runs that have begun go on, and `taskctl run` starts others. No `terraform apply` undoes
    it; `enabled = false` there stops a schedule without a trace of what did not run. Of a schedule
    that is paused already, what is given changes, and the rest stays.

    \b
    Examples:
      taskctl pause nightly --note "the database is being moved"
      taskctl pause nightly --until 2026-12-24T18:00
      taskctl pause --all --until 2h --yes
    """
    end = None if until is None else parse_until(until)
    stack = find_stack(prefix, root)
    name = _name(stack, schedule, all_)
    known = _pauses(stack).get(name)
    changed = known is None or end is not None or text is not None
    if known is None or changed:
        confirm(f"Pause {_what(name)} of the stack {stack.prefix!r}?", yes=yes)
        known = pause_schedule(stack, name, text, end, known)
    if as_json:
        print_json({"schedule": name, "paused": True, "changed": changed, **known.as_json()})
    else:
        say(f"{_label(name)}: {'' if changed else 'was already '}{known.describe(name)}")


def resume(
    schedule: Name = None,
    all_: All = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Resume a paused schedule.

    A schedule that was paused by itself stays paused when all are resumed, and the reverse.

    \b
    Examples:
      taskctl resume nightly
      taskctl resume --all --yes           for scripts
    """
    stack = find_stack(prefix, root)
    name = _name(stack, schedule, all_)
    pauses = _pauses(stack)
    changed = name in pauses
    if changed:
        confirm(f"Resume {_what(name)} of the stack {stack.prefix!r}?", yes=yes)
        resume_schedule(stack, name)
    if as_json:
        print_json({"schedule": name, "paused": False, "changed": changed})
    else:
        say(f"{_label(name)}: {'resumed' if changed else 'was not paused'}")
    for other in pauses.values():
        if other.of != name and ALL_SCHEDULES in (other.of, name):
            still = f"{name} is" if other.of == ALL_SCHEDULES else f"{other.of} is still"
            note(f"{still} {other.describe(name if name != ALL_SCHEDULES else other.of)}.")
    if name != ALL_SCHEDULES and not stack.schedule(name).enabled:
        note("It is disabled in Terraform (enabled = false), and does not run.")


def _name(stack: Stack, schedule: str | None, all_: bool) -> str:
    """Return the name of what is paused: a schedule that there is, or all.

    Raises:
        TaskctlError: neither is named, or both; or there is no such schedule.
    """
    if (schedule is None) is not all_:
        raise TaskctlError("name a schedule, or --all")
    if schedule is None:
        stack.check_exists()
        return ALL_SCHEDULES
    return stack.schedule(schedule).name


def _pauses(stack: Stack) -> dict[str, Pause]:
    return read_pauses(RunReader(stack).schedule_items())


def _label(name: str) -> str:
    return "all schedules" if name == ALL_SCHEDULES else name


def _what(name: str) -> str:
    return "all schedules" if name == ALL_SCHEDULES else f"the schedule {name!r}"
