"""Make task code importable on this machine, as it is for run_task."""

from __future__ import annotations

import sys
from pathlib import Path

from taskctl.errors import TaskctlError
from taskctl.project.checkout import CHECKOUT

_LAYER_FOR_THIS_MACHINE = Path(".build", "layer")


def use_task_folder(folder: Path, *, layer: Path = LAYER) -> Path:
    """Make the files of a task folder importable, and a layer's packages after them.

    Returns:
        The folder, absolute.

    Raises:
        TaskctlError: there is no such folder.
    """
    folder = check_task_folder(folder)
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
