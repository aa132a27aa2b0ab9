"""Names that a shell completes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import typer

from taskctl.errors import TaskctlError


def complete_schedule(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the schedules of the file of values that lies in the root folder.

    Args:
        ctx: the command's context; its options `tfvars` and `root` count.
        incomplete: the beginning of a name.
    """
    from taskctl.project.tfvars import read_tfvars

    given = ctx.params.get("tfvars")
    path = Path(given) if given else Path(ctx.params.get("root") or ".") / "terraform.tfvars"
    names: list[str] = []
    with contextlib.suppress(TaskctlError):  # there is nobody to read a message
        names += read_tfvars(path, report=lambda sentence: None)["schedules"]
    return [name for name in names if name.startswith(incomplete)]
