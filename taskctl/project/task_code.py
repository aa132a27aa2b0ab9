"""Task code on this machine, found as run_task finds it."""

from __future__ import annotations

import sys
from pathlib import Path

from taskctl.errors import TaskctlError
from taskctl.project.checkout import CHECKOUT

_LAYER_FOR_THIS_MACHINE = Path(".build", "layer")
_LAYER_OF_DEV = Path(".taskctl", "layer")
"""In the folder that `taskctl dev` is run in."""


def use_task_folder(folder: Path, *, layer: Path | None = None) -> Path:
    """Make the files of a task folder importable, and the packages of layers after them.

    What the checkout, or `taskctl dev`, has built for this machine comes before what is built for
    Lambda, whose compiled packages may not run here.

    Args:
        folder: the task folder.
        layer: the folder whose python/ has the packages; None is the checkout's own.

    Returns:
        The folder, absolute.

    Raises:
        TaskctlError: there is no such folder.
    """
    folder = check_task_folder(folder)
    own = CHECKOUT and CHECKOUT / "layer"
    layer = layer.resolve() if layer else own
    layers = [CHECKOUT / _LAYER_FOR_THIS_MACHINE] if CHECKOUT and layer == own else []
    layers += [place / _LAYER_OF_DEV for place in dict.fromkeys([Path.cwd(), folder.parent])]
    sys.path.insert(0, str(folder))
    sys.path.extend(str(each / "python") for each in [*layers, layer] if each)
    return folder


def check_task_folder(folder: Path) -> Path:
    """Return a task folder's absolute path.

    Raises:
        TaskctlError: there is no such folder.
    """
    if not folder.is_dir():
        raise TaskctlError(f"{folder}: no such folder; task code is in task_code_dir")
    return folder.resolve()
