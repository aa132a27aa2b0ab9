"""`taskctl package`: build the dependency layer from anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from task_scheduler_local import LocalError
from task_scheduler_local.layer import Target, build, describe
from taskctl.errors import TaskctlError
from taskctl.project.tfvars import read_tfvars
from taskctl.ui.output import say

_USERS_LOCK = Path("layer", "requirements-layer.txt")
_DEFAULTS: dict[str, Any] = {"layer_dir": "layer", "runtime": "python3.13", "architecture": "arm64"}
"""The module's; its layer_dir is not for others to write to."""


def package(
    requirements: Annotated[
        Path | None,
        typer.Option(
            help="What your tasks need, as pip reads it; layer/requirements-layer.txt if it is "
            "there. The runtime's own packages are always added."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to build python/ in; layer_dir, or layer.")
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="python3.12, python3.13 or python3.14.")
    ] = None,
    architecture: Annotated[str | None, typer.Option(help="arm64 or x86_64.")] = None,
    tfvars: Annotated[
        Path, typer.Option("--tfvars", help="The file with layer_dir, runtime and architecture.")
    ] = Path("terraform.tfvars"),
) -> None:
    """Build the dependency layer with your packages.

    It also has the runtime's packages, all as wheels for Lambda and not for this machine, and is
    the same wherever it is built. Settings that are not given are read from the file of values, if
    there is one; otherwise they are the module's defaults.

    \b
    Examples:
      taskctl package
      taskctl package --requirements requirements.txt --architecture x86_64
    """
    asked: dict[str, Any] = {"layer_dir": out, "runtime": runtime, "architecture": architecture}
    written = _read(tfvars) if None in asked.values() and tfvars.is_file() else {}
    values = {key: asked[key] or written.get(key) or _DEFAULTS[key] for key in _DEFAULTS}
    try:
        target = Target(values["runtime"], values["architecture"])
        folder = build(_lock(requirements), Path(values["layer_dir"]).resolve(), target=target)
    except LocalError as error:
        raise TaskctlError(f"the layer was not built: {error}") from error
    say(describe(folder, target))


def _read(tfvars: Path) -> dict[str, Any]:
    """Read the settings of the layer from a file of values, which its folder is relative to."""
    values = {key: value for key, value in read_tfvars(tfvars).items() if key in _DEFAULTS}
    return values | {"layer_dir": tfvars.parent / (values["layer_dir"] or _DEFAULTS["layer_dir"])}


def _lock(requirements: Path | None) -> Path | None:
    """Return the user's requirements file, absolute; None where there is none."""
    found = requirements or (_USERS_LOCK if _USERS_LOCK.is_file() else None)
    return found.resolve() if found else None
