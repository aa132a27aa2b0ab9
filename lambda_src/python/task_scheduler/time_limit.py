"""Interrupts what takes too long, or no longer waits for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from task_scheduler.errors import TaskTimeout

Value = TypeVar("Value")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TaskTimeout in the code within, once it has run for so many seconds.

    Only the main thread can be interrupted; elsewhere there is no limit. A single call into C
    code that never returns to Python is not interrupted either.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        raise TaskTimeout(seconds)

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def call_with_timeout(seconds: float, call: Callable[[], Value]) -> Value:
    """What a call returns, waited for at most so many seconds; then it goes on unheard.

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
