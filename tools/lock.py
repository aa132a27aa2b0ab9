"""`make lock`: write a file of versions and hashes for each environment.

The project's own are made from pyproject.toml, those of the dependency layer's user from
layer/requirements-layer.in. A version that is locked already stays, unless UPGRADE=1 asks for the
newest that is allowed.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local.uv import uv

LAYER_REQUIREMENTS = Path("layer", "requirements-layer.in")
_OLDEST_PYTHON = "3.11"


@dataclass(frozen=True)
class Lock:
    """A file of versions and hashes.

    Attributes:
        path: from the root.
        source: what uv compiles it from.
        beside: locks of what is installed into the same folder; what they share has their version.
    """

    path: Path
    source: tuple[str, ...]
    beside: tuple[Path, ...] = ()

    def write(self, *, upgrade: bool = False) -> None:
        """Write it for every platform and supported Python.

        Raises LocalError with uv's output when no set of versions fits.
        """
        uv(
            "pip",
            "compile",
            *self.source,
            f"--output-file={self.path}",
            "--generate-hashes",
            "--universal",
            f"--python-version={_OLDEST_PYTHON}",
            "--custom-compile-command=make lock",
            *(f"--constraints={path}" for path in self.beside),
            *(["--upgrade"] if upgrade else []),
        )


def _path(name: str) -> Path:
    return Path("requirements", f"{name}.txt")


def _group(name: str, *beside: str) -> Lock:
    return Lock(_path(name), (f"--group={name}",), tuple(map(_path, beside)))


LOCKS = (
    _group("uv"),
    Lock(_path("local"), ("pyproject.toml", "--extra=local", "--extra=ui")),
    _group("tests", "local"),
    _group("lint", "local", "tests"),
    _group("runtime", "local"),
    _group("emulator", "local"),
    _group("terraform"),
    _group("checkov"),
    _group("site"),
    _group("audit"),
    # Last: what cannot be locked here is the user's own affair.
    Lock(LAYER_REQUIREMENTS.with_suffix(".txt"), (str(LAYER_REQUIREMENTS),), (_path("runtime"),)),
)
"""In this order, because each is held to those that it names."""


def main() -> None:
    """Run `make lock`."""
    for lock in LOCKS:
        lock.write(upgrade=os.environ.get("UPGRADE") == "1")
        print(lock.path)


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
