"""Run taskctl on a terminal of so many columns."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from task_scheduler_local.places import ROOT


def on_a_terminal(
    columns: int, *arguments: str, environment: Mapping[str, str], folder: Path
) -> list[str]:
    """Return the lines that a command shows, without their styles."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "taskctl", *arguments],
        cwd=folder,
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": f"{ROOT}:{ROOT}/lambda_src/python",
            "COLUMNS": str(columns),
            "TERM": "xterm",
            "TZ": "UTC",
        },
        stdin=subprocess.DEVNULL,
        stdout=theirs,
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(65_536):
                shown += part
        except OSError:  # the terminal was closed: Linux says so
            pass
    assert process.wait() == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode()).splitlines()
