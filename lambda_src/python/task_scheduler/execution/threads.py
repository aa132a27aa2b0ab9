"""Several tasks at once, in threads."""

from __future__ import annotations

import time
from itertools import count
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from task_scheduler.errors import TaskTimeout
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Ended, Result
from task_scheduler.execution.runners import Perform
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.tasks.context import TaskContext
from task_scheduler.time_limit import grace_of


class _Running(NamedTuple):
    """An attempt in its thread."""

    attempt: Attempt
    context: TaskContext
    seconds: float
    thread: Thread

    @property
    def until(self) -> float:
        """Time of its cancellation, then of its being given up, in seconds of time.monotonic()."""
        grace = grace_of(self.seconds) if self.context.cancelled else 0.0
        return self.context.deadline + grace

    def overrun(self) -> Result:
        return self.attempt.failed(TaskTimeout(self.seconds), self.seconds)


class Threads:
    """Several at once.

    A thread cannot be interrupted: the context of an attempt that overruns its time says so, and
    an async task is cancelled. What does not end within the grace period is given up: its result
    is not waited for, and its slot is not used again.
    """

    def __init__(self, perform: Perform, slots: int, sandbox: Sandbox) -> None:
        self.free = slots
        self._perform = perform
        self._keys = count()
        self._running: dict[int, _Running] = {}
        self._sandbox = sandbox
        self._ended: SimpleQueue[tuple[int, Result]] = SimpleQueue()

    @property
    def busy(self) -> list[Delivery]:
        """Attempts that were started and have not been waited for."""
        return [running.attempt.delivery for running in self._running.values()]

    def start(self, attempt: Attempt, seconds: float) -> None:
        """Start an attempt in a thread of its own, for so many seconds."""
        key, context = next(self._keys), attempt.context(seconds)
        # a daemon: one that hangs must not keep the process from ending
        thread = Thread(target=self._run, args=(key, attempt, context), daemon=True)
        self._running[key] = _Running(attempt, context, seconds, thread)
        self.free -= 1
        thread.start()

    def wait(self, seconds: float) -> Ended | None:
        """Wait for the next attempt to end, or to overrun its time; None if none has by then."""
        deadline = time.monotonic() + seconds
        while True:
            first = min(self._running, key=lambda key: self._running[key].until)
            running = self._running[first]
            until = min(deadline, running.until)
            try:
                key, result = self._ended.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                if until < running.until:
                    return None
                if running.context.cancelled:
                    del self._running[first]
                    self._sandbox.given_up.append(running.thread)
                    return Ended(running.attempt.delivery, running.overrun())
                running.context.cancel()
            else:
                if key in self._running:  # otherwise it was given up
                    return self._end(key, result)

    def _end(self, key: int, result: Result) -> Ended:
        running = self._running.pop(key)
        self.free += 1
        if running.context.cancelled and not isinstance(result.error, TaskTimeout):
            result = running.overrun()._replace(seconds=result.seconds)
        return Ended(running.attempt.delivery, result)

    def _run(self, key: int, attempt: Attempt, context: TaskContext) -> None:
        try:
            result = self._perform(attempt, context)
        except BaseException as error:  # a thread has nobody else to raise it to
            result = attempt.failed(error)
        self._ended.put((key, result))
