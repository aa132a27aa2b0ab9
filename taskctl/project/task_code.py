"""Task code on this machine, found as run_task finds it."""

from __future__ import annotations

import sys
from pathlib import Path

from task_scheduler_local.places import ROOT
from taskctl.errors import TaskctlError

LAYER = ROOT / "layer"


def use_task_folder(folder: Path, *, layer: Path = LAYER) -> Path:
    """Makes the files of a task folder importable, and a layer's packages after them.

    Returns:
        The folder, absolute.

    Raises:
        TaskctlError: there is no such folder.
    """
    if not folder.is_dir():
        raise TaskctlError(f"{folder}: no such folder; task code lies in task_code_dir")
    folder = folder.resolve()
    sys.path.insert(0, str(folder))
    sys.path.append(str(layer.resolve() / "python"))
    return folder
