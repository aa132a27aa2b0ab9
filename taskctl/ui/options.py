"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Prefix = Annotated[
    str | None,
    typer.Option("--prefix", help="The stack's prefix; by default what Terraform's outputs say."),
]
Root = Annotated[
    Path,
    typer.Option("--root", help="The folder that was applied, whose Terraform outputs are read."),
]
Tfvars = Annotated[
    Path | None,
    typer.Option("--tfvars", help="Takes the schedules of this file, not of what is deployed."),
]
Json = Annotated[bool, typer.Option("--json", help="Prints JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Does not ask; for scripts.")]
