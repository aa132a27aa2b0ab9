"""`taskctl init`: a project of one's own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from taskctl.calendar.zones import UnknownZone, find_local_zone, zone
from taskctl.errors import TaskctlError
from taskctl.project.new import check_prefix, make_prefix, write_project
from taskctl.project.sources import find_source
from taskctl.ui.output import say


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder, new or empty.")],
    prefix: Annotated[
        str | None, typer.Option(help="The beginning of every name in AWS; the folder's name.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="The zone of the schedules; this machine's.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="The module: a git URL or a folder; where taskctl was installed from."),
    ] = None,
    ref: Annotated[
        str | None, typer.Option(help="The module's version: a tag, a branch or a commit.")
    ] = None,
) -> None:
    """Make a project of your own: schedules, tasks, Terraform, CI.

    Its main.tf calls the module in the version that this taskctl is of, unless --source and --ref
    name another. A branch is pinned to its commit.

    \b
    Examples:
      taskctl init jobs
      taskctl init jobs --prefix nightly --timezone Europe/Berlin
      taskctl init jobs --source https://example.com/owner/name.git --ref v0.2.0
    """
    chosen = make_prefix(folder) if prefix is None else prefix
    check_prefix(chosen)
    local = timezone or find_local_zone()
    try:
        zone(local)
    except UnknownZone as error:
        raise TaskctlError(f"--timezone: {error}") from error
    found = find_source(source, ref, folder)
    files = write_project(folder, prefix=chosen, timezone=local, source=found)
    say(f"{folder}:")
    for name in files:
        say(f"  {name}")
    say("\nNext:")
    for command in (
        f"cd {shlex.quote(str(folder))}",
        f"uvx --from {shlex.quote(found.python)} taskctl check",
        f"uvx --from {shlex.quote(found.with_local_run)} taskctl dev",
        f"uvx --from {shlex.quote(found.python)} taskctl package",
        "terraform init && terraform apply",
    ):
        say(f"  {command}")
