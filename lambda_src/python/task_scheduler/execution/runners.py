"""Where tasks run: one after the other in the main thread, or several at once in threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol

from task_scheduler.errors import TaskTimeout
from task_scheduler.execution.attempt import Attempt, Result
from task_scheduler.tasks.context import TaskContext

Perform = Callable[[Attempt, TaskContext], Result]
"""Runs an attempt to its result; raises nothing that a task raises."""

GiveUp = Callable[[Attempt, BaseException], Result]
"""What comes of an attempt that its runner ends."""


class Runner(Protocol):
    """Runs attempts.

    Attributes:
        free: slots that an attempt can be started in.
    """

    free: int

    @property
    def busy(self) -> list[Attempt]:
        """What was started and has not been waited for."""

    def start(self, attempt: Attempt, seconds: float) -> None:
        """Starts an attempt, for so many seconds."""

    def wait(self) -> tuple[Attempt, Result]:
        """The next attempt to end, or to overrun its time, and what came of it."""


class Inline:
    """One after the other; here an attempt that overruns its time can be interrupted."""

    def __init__(self, perform: Perform) -> None:
        self.free = 1
        self._perform = perform
        self._ended: list[tuple[Attempt, Result]] = []

    @property
    def busy(self) -> list[Attempt]:
        return [attempt for attempt, _ in self._ended]

    def start(self, attempt: Attempt, seconds: float) -> None:
        self._ended.append((attempt, self._perform(attempt, attempt.context(seconds))))
        self.free = 0

    def wait(self) -> tuple[Attempt, Result]:
        self.free = 1
        return self._ended.pop()


class Threads:
    """Several at once.

    A thread cannot be stopped: an attempt that overruns its time is told so by its context, its
    result is not waited for, and its slot is not used again.
    """

    def __init__(self, perform: Perform, give_up: GiveUp, slots: int) -> None:
        self.free = slots
        self._perform = perform
        self._give_up = give_up
        self._keys = count()
        self._running: dict[int, tuple[Attempt, TaskContext, float]] = {}
        self._ended: SimpleQueue[tuple[int, Result]] = SimpleQueue()

    @property
    def busy(self) -> list[Attempt]:
        return [attempt for attempt, _, _ in self._running.values()]

    def start(self, attempt: Attempt, seconds: float) -> None:
        key, context = next(self._keys), attempt.context(seconds)
        self._running[key] = attempt, context, seconds
        self.free -= 1
        # a daemon: one that hangs must not keep the process from ending
        Thread(target=self._run, args=(key, attempt, context), daemon=True).start()

    def wait(self) -> tuple[Attempt, Result]:
        while True:
            first = min(self._running, key=lambda key: self._running[key][1].deadline)
            attempt, context, seconds = self._running[first]
            try:
                key, result = self._ended.get(timeout=max(0.0, context.deadline - time.monotonic()))
            except Empty:
                context.cancel()
                del self._running[first]
                return attempt, self._give_up(attempt, TaskTimeout(seconds))
            if key in self._running:  # otherwise it ended too late
                self.free += 1
                return self._running.pop(key)[0], result

    def _run(self, key: int, attempt: Attempt, context: TaskContext) -> None:
        try:
            result = self._perform(attempt, context)
        except BaseException as error:  # a thread has nobody else to tell
            result = self._give_up(attempt, error)
        self._ended.put((key, result))
