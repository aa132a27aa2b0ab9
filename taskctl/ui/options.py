"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Run = Annotated[
    str,
    typer.Argument(help="The run: its key or the beginning of it, or a schedule for its last one."),
]
RunOrTask = Annotated[
    str,
    typer.Argument(
        help="A run, by its key, the beginning of it, or its schedule for the last one; a task of "
        "it with #POSITION at the end."
    ),
]
Prefix = Annotated[
    str | None,
    typer.Option("--prefix", help="The stack's prefix; by default from Terraform's outputs."),
]
Root = Annotated[
    Path,
    typer.Option("--root", help="The folder that was applied; its Terraform outputs are read."),
]
Tfvars = Annotated[
    Path | None,
    typer.Option("--tfvars", help="Use the schedules of this file instead of what is deployed."),
]
Plan = Annotated[
    Path | None,
    typer.Option(
        "--plan", help="Use what this plan of Terraform has, saved by -out or shown as JSON."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfSchedule = Annotated[str | None, typer.Option("--schedule", help="Only those of this schedule.")]
WithReason = Annotated[
    str | None, typer.Option("--reason", help="Only those whose reason has this text in it.")
]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Only those since then: 90m, 12h or 7d ago, yesterday, a time."),
]
Why = Annotated[str | None, typer.Option("--why", help="The reason, which is recorded.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


def since(what: str) -> Any:
    """Return an option for a moment in the past; see `taskctl.ui.times.parse_since`."""
    return typer.Option(help=f"{what}: 90m, 12h or 7d ago, yesterday, or a date and time.")
