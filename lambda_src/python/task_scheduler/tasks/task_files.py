"""The files of the task folder: what they register by their text, and their import, one by one."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from task_scheduler.errors import TaskTimeout
from task_scheduler.observability.log import reason_of
from task_scheduler.tasks.registrations import Registrations, read_registrations
from task_scheduler.time_limit import time_limit

IMPORT_SECONDS = 30.0
"""Seconds that the imports for one task may take at most: longer than any sound import takes, and
so short that one which hangs leaves some of a minute to its neighbours."""


class TaskFiles:
    """The importable files at the top of a task folder, packages among them, by module name.

    Args:
        forget: called with the name of a module whose import failed; what it has registered by
            then must be forgotten.

    Attributes:
        failures: what imports of this invocation raised, by module, with the traceback's part
            within the folder.
    """

    def __init__(self, forget: Callable[[str], None]) -> None:
        self.failures: dict[str, BaseException] = {}
        self._forget = forget
        self._imported: set[str] = set()
        self._slow: set[str] = set()
        self._read: dict[Path, dict[str, Registrations]] = {}

    def clear(self) -> None:
        """Forget all of it, as before the first import."""
        self.failures.clear()
        self._imported.clear()
        self._slow.clear()
        self._read.clear()

    def registrations(self, folder: Path) -> dict[str, Registrations]:
        """Read what each file registers, once."""
        if folder not in self._read:
            modules = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
            self._read[folder] = {module: _read_module(folder, module) for module in modules}
        return self._read[folder]

    def load(self, module: str, folder: Path, seconds: float) -> None:
        """Import a file, unless that was done, or was tried in this invocation.

        Whatever the file does, exiting included, is noted among the failures.

        Args:
            module: its name.
            folder: the task folder.
            seconds: the seconds that the import may take. It is not limited outside of the main
                thread.
        """
        if module in self._imported or self._was_tried(module):
            return
        try:
            if seconds <= 0:
                raise _NotTried("there was no time left to import it")
            with time_limit(seconds, import_seconds=0):
                _import(module, folder)
        except KeyboardInterrupt:
            raise
        except TaskTimeout as error:
            self._slow.add(module)
            timeout = TimeoutError(f"its import had not ended after {round(seconds, 1):g} s")
            self._fail(module, folder, timeout.with_traceback(error.__traceback__))
        except BaseException as error:
            self._fail(module, folder, error)
        else:
            self._imported.add(module)
            self.failures.pop(module, None)

    def path(self, module: str, folder: Path) -> str:
        """Return the name of a module's file or folder."""
        return module if (folder / module).is_dir() else f"{module}.py"

    def in_order(self, modules: Iterable[str]) -> list[str]:
        """Those whose import took too long come last: they may leave no time for the others."""
        return sorted(dict.fromkeys(modules), key=lambda module: module in self._slow)

    def reason(self, module: str, folder: Path) -> str:
        """Return the reason that a file does not import, with its place."""
        error = self.failures[module]
        if isinstance(error, _NotTried):
            reason = str(error)
        elif isinstance(error, SystemExit):
            reason = f"it calls sys.exit({error.code!r})"
        else:
            reason = f"{type(error).__name__}: {reason_of(error)}"
        return reason + _place(error.__traceback__, folder)

    def _was_tried(self, module: str) -> bool:
        return not isinstance(self.failures.get(module, _NotTried()), _NotTried)

    def _fail(self, module: str, folder: Path, error: BaseException) -> None:
        self.failures[module] = error.with_traceback(_within(error.__traceback__, folder))
        self._forget(module)
        for name in list(sys.modules):  # parts of a package would not be run by the next import
            if name.startswith(f"{module}.") and _is_in(sys.modules[name], folder):
                del sys.modules[name]


class _NotTried(TimeoutError):
    """A file was not imported for want of time; the next task that needs it may have more."""


def _import(module: str, folder: Path) -> None:
    found = importlib.import_module(module)
    if not _is_in(found, folder):
        place = getattr(found, "__file__", None) or "a module of Python"
        raise ImportError(f"{place} is imported in its place: rename it")


def _is_in(module: object, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(folder)


def _read_module(folder: Path, module: str) -> Registrations:
    package = folder / module
    files = sorted(package.rglob("*.py")) if package.is_dir() else [folder / f"{module}.py"]
    read = Registrations()
    for file in files:
        try:
            read.add(read_registrations(file.read_bytes()))
        except OSError:  # not source: a compiled module
            read.has_unread_names = True
    return read


def _within(traceback: TracebackType | None, folder: Path) -> TracebackType | None:
    """Return the traceback from the folder's own first line on."""
    while traceback is not None and not _code_file(traceback).is_relative_to(folder):
        traceback = traceback.tb_next
    return traceback


def _place(traceback: TracebackType | None, folder: Path) -> str:
    """Return the folder's own last line of a traceback, as text to add."""
    place = ""
    while traceback is not None:
        if (file := _code_file(traceback)).is_relative_to(folder):
            place = f" ({file.relative_to(folder)}, line {traceback.tb_lineno})"
        traceback = traceback.tb_next
    return place


def _code_file(traceback: TracebackType) -> Path:
    return Path(traceback.tb_frame.f_code.co_filename)


def deadline_in(seconds: float) -> Callable[[], float]:
    """Return a function that tells the seconds left."""
    deadline = time.monotonic() + seconds
    return lambda: deadline - time.monotonic()
