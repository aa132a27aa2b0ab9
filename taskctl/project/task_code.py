"""Make task code importable on this machine, as it is for run_task."""

from __future__ import annotations

import sys
from pathlib import Path

from task_scheduler_local.places import ROOT
from taskctl.errors import TaskctlError

LAYER = ROOT / "layer"


def use_task_folder(folder: Path, *, layer: Path = LAYER) -> Path:
    """Make the files of a task folder importable, and a layer's packages after them.

    Returns:
        The folder, absolute.

    Raises:
        TaskctlError: there is no such folder.
    """
    folder = check_task_folder(folder)
    sys.path.insert(0, str(folder))
    sys.path.append(str(layer.resolve() / "python"))
    return folder


def check_task_folder(folder: Path) -> Path:
    """Return a task folder's absolute path.

    Raises:
        TaskctlError: there is no such folder.
    """
    if not folder.is_dir():
        raise TaskctlError(f"{folder}: no such folder; task code is in task_code_dir")
    return folder.resolve()
