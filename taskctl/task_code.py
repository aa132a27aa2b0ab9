"""Task code on this machine, found as run_task finds it."""

from __future__ import annotations

import sys
from pathlib import Path

from local import ROOT
from taskctl.errors import TaskctlError


def use_task_folder(folder: Path) -> Path:
    """Makes the files of a task folder importable, and the layer's packages after them.

    Returns:
        The folder, absolute.

    Raises:
        TaskctlError: there is no such folder.
    """
    if not folder.is_dir():
        raise TaskctlError(f"{folder}: no such folder; task code lies in task_code_dir")
    folder = folder.resolve()
    sys.path.insert(0, str(folder))
    sys.path.append(str(ROOT / "layer" / "python"))
    return folder
