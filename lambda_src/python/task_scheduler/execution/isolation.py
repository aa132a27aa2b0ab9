"""Processes and the working folder of a task: neither outlives its attempt."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import current_thread, main_thread


@contextmanager
def isolated() -> Iterator[None]:
    """Run task code so that the next task finds the process as this one did.

    A child that the code forks, and that comes back from it, ends here: it would go on with the
    batch, whose tasks would run twice. The working folder is set back, unless other tasks run
    beside this one.
    """
    process = os.getpid()
    folder = _folder()
    try:
        yield
    except BaseException as error:
        if os.getpid() != process:
            _end_child(error)
        raise
    else:
        if os.getpid() != process:
            _end_child(None)
    finally:
        if folder is not None and folder != _folder():
            with suppress(OSError):
                os.chdir(folder)


def _folder() -> Path | None:
    if current_thread() is not main_thread():
        return None
    try:
        return Path.cwd()
    except OSError:  # it is not there any more
        return None


def _end_child(error: BaseException | None) -> None:
    """End a forked child as a program ends, but without the clean-up of its parent."""
    status = 0 if error is None else 1
    with suppress(BaseException):
        if isinstance(error, SystemExit):
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
        elif error is not None:
            traceback.print_exception(error)
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status & 0xFF)
