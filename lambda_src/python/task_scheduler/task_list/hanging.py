"""An end for a generator that does not come to its next task before the invocation ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, TypeVar

from task_scheduler.task_list.out_of_time import IsTimeUp

Value = TypeVar("Value")

LOOK_SECONDS = 0.25

GRACE_SHARE = 1 / 6
MIN_GRACE_SECONDS = 1.0
MAX_GRACE_SECONDS = 10.0
"""A generator may take this share of its time longer, within these bounds: the rest of what an
invocation keeps is for sending, and for handing the list over."""


class Hanging(BaseException):
    """A generator is interrupted, which its own `except Exception` must not catch."""


@contextmanager
def hanging_calls(is_time_up: IsTimeUp) -> Iterator[Callable[[Callable[[], Value]], Value]]:
    """Give a function that calls another, and interrupts it some time after the time was up.

    Only the main thread can be interrupted.

    Args:
        is_time_up: asked while a call lasts.
    """
    begun, up, is_calling = time.perf_counter(), 0.0, False

    def look(_signal: int, _frame: FrameType | None) -> None:
        nonlocal up
        if not is_calling:
            return
        now = time.perf_counter()
        if not up and is_time_up():
            up = now
        grace = max(MIN_GRACE_SECONDS, (up - begun) * GRACE_SHARE)
        if up and now - up >= min(MAX_GRACE_SECONDS, grace):
            raise Hanging

    def call(function: Callable[[], Value]) -> Value:
        nonlocal is_calling
        is_calling = True
        try:
            return function()
        finally:
            is_calling = False

    if current_thread() is not main_thread():
        yield call
        return
    previous: Any = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK_SECONDS, LOOK_SECONDS)
    try:
        yield call
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
