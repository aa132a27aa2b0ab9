"""Time limits: interrupt what takes too long, or wait for it no longer."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from task_scheduler.errors import TaskTimeout

Value = TypeVar("Value")

MIN_GRACE_SECONDS = 0.02
MAX_GRACE_SECONDS = 0.5
GRACE_SHARE = 0.1


MAX_IMPORT_SECONDS = 1.0
"""An import is left alone for so long: a module that is half imported stays so for all tasks."""


def grace_of(seconds: float) -> float:
    """Seconds in which code that overran its limit may clean up before it is interrupted again."""
    return max(MIN_GRACE_SECONDS, min(MAX_GRACE_SECONDS, seconds * GRACE_SHARE))


class TimeLimit:
    """A context manager that raises TaskTimeout in its block once that has run for so long.

    The first interrupt is an exception, raised where the code is. Code that catches it and goes on
    is interrupted again after each grace period, a line of code later each time: so one of the
    interrupts falls outside of the `try` that catches them. Whatever the block does then, and even
    if it returns, TaskTimeout is raised; and also if it uses the alarm (SIGALRM) itself.

    Only the main thread can be interrupted; elsewhere there is no limit. A single call into C
    code that never returns to Python is not interrupted either.

    Args:
        seconds: the seconds that the block may take.
        import_seconds: for which an import within the block is left alone after that.
    """

    def __init__(self, seconds: float, *, import_seconds: float = MAX_IMPORT_SECONDS) -> None:
        self._seconds = seconds
        self._import_seconds = import_seconds
        self._interrupts = 0
        self._deadline = 0.0
        self._is_armed = False
        self._previous: Any = None
        self._previous_trace: Any = None
        self._owner: FrameType | None = None

    # mutmut would put a frame around these two, whose own frames count.
    def __enter__(self) -> Self:  # pragma: no mutate block
        if threading.current_thread() is threading.main_thread():
            self._owner = sys._getframe(1)
            self._previous = signal.signal(signal.SIGALRM, signal.SIG_IGN)
            # a task may have blocked it; an alarm that waits is dropped, for it was that task's
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
            signal.signal(signal.SIGALRM, self._interrupt)
            self._previous_trace = sys.gettrace()
            self._is_armed = True
            self._deadline = time.perf_counter() + self._seconds
            signal.setitimer(signal.ITIMER_REAL, self._seconds, grace_of(self._seconds))
        return self

    def extend(self, seconds: float) -> None:
        """Interrupt the block so many seconds later."""
        if self._is_armed:
            left, interval = signal.getitimer(signal.ITIMER_REAL)
            signal.setitimer(signal.ITIMER_REAL, left + seconds, interval)
            self._deadline += seconds

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # pragma: no mutate block
        if not self._is_armed:
            return
        self._is_armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._previous)
        if self._interrupts > 1:
            sys.settrace(self._previous_trace)
        self._owner = None
        has_overrun = self._interrupts or time.perf_counter() > self._latest_end
        if has_overrun and not isinstance(error, (TaskTimeout, KeyboardInterrupt)):
            raise TaskTimeout(self._seconds) from error

    @property
    def _latest_end(self) -> float:
        """Return the time at which the block has overrun, though the code took the alarm away."""
        return self._deadline + grace_of(self._seconds)

    def _interrupt(self, _signal: int, frame: FrameType | None) -> None:
        if not self._is_armed:
            return
        self._interrupts += 1
        if frame is not None and _is_own(frame):
            return  # __exit__ has begun, and raises it
        lasts = (self._interrupts - 1) * grace_of(self._seconds)
        if lasts < self._import_seconds and self._is_importing(frame):
            return
        if frame is not None and _is_of_importlib(frame):
            return  # which may be in a callback, where an exception is lost
        overrun = TaskTimeout(self._seconds)  # before: its own lines are not to be counted
        if self._interrupts > 1:
            self._interrupt_again(frame, self._interrupts - 1)
        raise overrun

    def _is_importing(self, frame: FrameType | None) -> bool:
        while frame is not None and frame is not self._owner:
            if _is_of_importlib(frame):
                return True
            frame = frame.f_back
        return False

    def _interrupt_again(self, frame: FrameType | None, lines: int) -> None:
        """Raise once more after so many lines of the code that is interrupted now.

        None of __exit__: what is raised there would leave the alarm on.
        """
        left = lines

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal left
            if _is_own(frame) or _is_of_importlib(frame):
                return None
            if event == "line" and self._is_armed:
                left -= 1
                if left <= 0:
                    raise TaskTimeout(self._seconds)
            return trace

        while frame is not None and frame is not self._owner:
            frame.f_trace = trace
            frame = frame.f_back
        sys.settrace(trace)


def _is_own(frame: FrameType) -> bool:
    return frame.f_code.co_filename == __file__


def _is_of_importlib(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith("<frozen importlib")


def time_limit(seconds: float, *, import_seconds: float = MAX_IMPORT_SECONDS) -> TimeLimit:
    """Limit the time of a `with` block; see TimeLimit."""
    return TimeLimit(seconds, import_seconds=import_seconds)


def call_with_timeout(seconds: float, call: Callable[[], Value]) -> Value:
    """Call a function in a thread; return what it returns, waiting at most so many seconds.

    After that the call goes on, and nobody waits for it.

    Raises:
        TimeoutError: it had not returned by then. And whatever the call raises.
    """
    results: list[Value] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    # a daemon: one that hangs must not keep the process from ending
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {seconds:.1f} s")
    return results[0]
