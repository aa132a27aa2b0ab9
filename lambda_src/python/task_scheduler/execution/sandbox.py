"""Memory of a sandbox from batch to batch."""

from __future__ import annotations

import errno
from threading import Thread

from task_scheduler.runs.known_runs import Known


class Sandbox:
    """The memory of a sandbox.

    Attributes:
        given_up: threads of attempts that were given up.
        runs: what it knows of the runs whose tasks it ran.
        failing: runs whose first failure it has recorded.
    """

    def __init__(self) -> None:
        self.given_up: list[Thread] = []
        self.runs: Known = {}
        self.failing: set[str] = set()

    @property
    def is_stuck(self) -> bool:
        """True if attempts that were given up run still."""
        return any(thread.is_alive() for thread in self.given_up)


def is_exhausted(error: BaseException | None) -> bool:
    """Return whether an error says that the process is out of files, threads, memory or disk.

    Tasks may have leaked them. In a new process others find them again.
    """
    for _ in range(MAX_CAUSES):
        if error is None:
            return False
        if isinstance(error, MemoryError) or "can't start new thread" in error.args:
            return True
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            return True
        error = error.__cause__ or error.__context__
    return False


MAX_CAUSES = 10
"""Errors that are looked at, each the cause of the one before."""

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC)

SANDBOX = Sandbox()
"""This sandbox's."""
