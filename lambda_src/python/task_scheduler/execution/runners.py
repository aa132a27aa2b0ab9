"""Runners: one attempt after the other here, several at once in threads.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Ended, Result
from task_scheduler.tasks.context import TaskContext

Perform = Callable[[Attempt, TaskContext], Result]
"""Runs an attempt to its result; raises nothing that a task raises."""


class Runner(Protocol):
    """Runs attempts.

    Attributes:
        free: slots that an attempt can be started in.
    """

    free: int

    @property
    def busy(self) -> list[Delivery]:
        """Attempts that were started and have not been waited for."""

    def start(self, attempt: Attempt, seconds: float) -> None:
        """Start an attempt, for so many seconds."""

    def wait(self, seconds: float) -> Ended | None:
        """Wait for the next attempt to end, or to overrun its time; None if none has by then."""


class Inline:
    """One after the other; here an attempt that overruns its time can be interrupted."""

    def __init__(self, perform: Perform) -> None:
        self.free = 1
        self._perform = perform
        self._ended: list[Ended] = []

    @property
    def busy(self) -> list[Delivery]:
        """Attempts that were started and have not been waited for."""
        return [ended.delivery for ended in self._ended]

    def start(self, attempt: Attempt, seconds: float) -> None:
        """Run an attempt to its end."""
        result = self._perform(attempt, attempt.context(seconds))
        self._ended.append(Ended(attempt.delivery, result))
        self.free = 0

    def wait(self, _seconds: float) -> Ended:
        """Return the attempt that was started."""
        self.free = 1
        return self._ended.pop()
