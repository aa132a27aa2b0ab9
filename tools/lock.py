"""`make lock`: every requirements file from the `.in` beside it, with all that it needs, by hash.

What is pinned already stays as it is, unless UPGRADE=1 asks for the newest that the `.in` allows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local.places import ROOT
from task_scheduler_local.uv import uv

_NAMES = ("tools", "uv", "terraform", "emulator", "checkov", "audit", "taskctl", "tests")

# In this order: what shares .build/venv is held to the versions of those before it, by -c lines.
SOURCES = [
    ROOT / "layer" / "requirements-layer.in",
    *(ROOT / "requirements" / f"{name}.in" for name in _NAMES),
]
_OLDEST_PYTHON = "3.11"


def lock(source: Path, *, upgrade: bool = False) -> Path:
    """Write the requirements file of an `.in`, for every platform and supported Python.

    Returns its path. Raises LocalError with uv's words when there is no such set of versions.
    """
    locked = source.with_suffix(".txt")
    uv(
        "pip",
        "compile",
        str(source.relative_to(ROOT)),
        f"--output-file={locked.relative_to(ROOT)}",
        "--generate-hashes",
        "--universal",
        f"--python-version={_OLDEST_PYTHON}",
        "--custom-compile-command=make lock",
        *(["--upgrade"] if upgrade else []),
    )
    return locked


def main() -> None:
    """The command line behind `make lock`."""
    for source in SOURCES:
        locked = lock(source, upgrade=os.environ.get("UPGRADE") == "1")
        print(locked.relative_to(ROOT))


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
