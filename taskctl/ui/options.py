"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
