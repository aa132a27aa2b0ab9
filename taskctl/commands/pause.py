"""`taskctl pause` and `taskctl resume`: disable and enable a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskctl.stack.find import find_stack
from taskctl.ui import options
from taskctl.ui.output import confirm, note, print_json, say

Name = Annotated[str, typer.Argument(help="The schedule.")]


def pause(
    schedule: Name,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Pause a schedule until it is resumed.

    The next `terraform apply` resumes it, too, unless `enabled = false` is written there. Tasks
    that were already sent continue. What falls due in the meantime is not made up for.

    \b
    Examples:
      taskctl pause nightly
      taskctl pause nightly --yes          for scripts
    """
    _switch(schedule, False, prefix=prefix, root=root, yes=yes, as_json=as_json)


def resume(
    schedule: Name,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Resume a paused schedule.

    \b
    Examples:
      taskctl resume nightly
      taskctl resume nightly --yes         for scripts
    """
    _switch(schedule, True, prefix=prefix, root=root, yes=yes, as_json=as_json)


def _switch(
    name: str, enabled: bool, *, prefix: str | None, root: Path, yes: bool, as_json: bool
) -> None:
    stack = find_stack(prefix, root)
    changed = stack.schedule(name).enabled != enabled
    if changed:
        verb = "Resume" if enabled else "Pause"
        confirm(f"{verb} the schedule {name!r} of the stack {stack.prefix!r}?", yes=yes)
        stack.switch_schedule(name, enabled=enabled)
    if as_json:
        print_json({"schedule": name, "enabled": enabled, "changed": changed})
    else:
        state = "resumed" if enabled else "paused"
        say(f"{name}: {state}" if changed else f"{name}: was already {state}")
    note(_describe_terraform(enabled))


def _describe_terraform(enabled: bool) -> str:
    if enabled:
        return "The next `terraform apply` pauses it if `enabled = false` is written there."
    return "The next `terraform apply` resumes it unless `enabled = false` is written there."
