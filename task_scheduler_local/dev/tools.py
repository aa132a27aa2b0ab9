"""Requirements of the local run beside this package: the emulator, the packages of task code."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from task_scheduler_local import LocalError, layer
from task_scheduler_local.places import EMULATOR, LAYER, ROOT, python
from task_scheduler_local.uv import uv

Say = Callable[[str], None]

_INSTALLED = Path(__file__).parents[1] / "emulator.txt"
_EMULATOR_LOCK = _INSTALLED if _INSTALLED.is_file() else ROOT / "requirements" / "emulator.txt"


def emulator(home: Path, say: Say) -> Path:
    """Return the interpreter of the emulator's virtual environment; make it when it is missing.

    It is one of its own, since handlers run on it and see its packages.

    Args:
        home: the folder to make it in, unless the checkout has one.
        say: called with a sentence before it takes a while.

    Raises:
        LocalError: it cannot be installed.
    """
    if python(EMULATOR).is_file():
        return python(EMULATOR)
    folder = home / "emulator"
    with _made(folder, [_EMULATOR_LOCK]) as todo:
        if todo:
            say("Installing the AWS emulator, once")
            uv("venv", "--clear", "--no-project", f"--python={sys.executable}", str(folder))
            lock = f"--requirements={_EMULATOR_LOCK}"
            uv("pip", "install", f"--python={python(folder)}", "--require-hashes", lock)
    return python(folder)


def packages(home: Path, requirements: Path | None, say: Say) -> Path:
    """Return a folder for layer_dir: the packages of the runtime and of task code.

    They are for this machine, not for Lambda's processor.

    Args:
        home: the folder to make it in, unless the checkout has the same.
        requirements: the requirements of task code; None for no more than the runtime's.
        say: called with a sentence before it takes a while.

    Raises:
        LocalError: a package cannot be installed.
    """
    if requirements and not requirements.is_file():
        raise LocalError(f"{requirements}: no such requirements file")
    of_checkout = layer.USERS_LOCK if layer.USERS_LOCK.is_file() else None
    if (LAYER / "python").is_dir() and _same(requirements, of_checkout):
        return LAYER
    folder = home / "layer"
    with _made(folder, [layer.RUNTIME_LOCK, *([requirements] if requirements else [])]) as todo:
        if todo:
            say("Installing the packages of task code for this machine")
            layer.build(requirements, folder, target=None)
    return folder


def _same(one: Path | None, other: Path | None) -> bool:
    return one is None or (other is not None and one.read_bytes() == other.read_bytes())


@contextmanager
def _made(folder: Path, sources: list[Path]) -> Iterator[bool]:
    """Yield True if a folder has to be made; remember what it was made from."""
    digest = hashlib.sha256(sys.version.encode())
    for source in sources:
        digest.update(source.read_bytes())
    stamp = folder / ".made-from"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        yield False
        return
    shutil.rmtree(folder, ignore_errors=True)
    yield True
    folder.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest.hexdigest())
