"""Input of the user: single keys on a terminal, lines from a pipe."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event

from task_scheduler_local.dev.background import in_background

KEYS = "123456789abcdefghijklmnopqrstuvwxyz"
"""Of schedules, in their order."""

_POLL_SECONDS = 0.2


@contextmanager
def typed(on_text: Callable[[str], None]) -> Iterator[None]:
    """Call a function with each key, or each line, for the length of the block, in a thread.

    On a terminal keys are not shown, and Ctrl-C is what it was. Nothing is read where there is no
    standard input.
    """
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        yield
        return
    before = termios.tcgetattr(descriptor) if os.isatty(descriptor) else None
    read = _read_keys if before else _read_lines
    try:
        if before:
            tty.setcbreak(descriptor)
        with in_background(partial(read, descriptor, on_text)):
            yield
    finally:
        if before:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _read_keys(descriptor: int, on_text: Callable[[str], None], stop: Event) -> None:
    for data in _arriving(descriptor, stop):
        for key in data.decode(errors="ignore"):
            on_text(key)


def _read_lines(descriptor: int, on_text: Callable[[str], None], stop: Event) -> None:
    begun = b""
    for data in _arriving(descriptor, stop):
        *lines, begun = (begun + data).split(b"\n")
        for line in lines:
            on_text(line.decode(errors="replace").strip())


def _arriving(descriptor: int, stop: Event) -> Iterator[bytes]:
    while not stop.is_set():
        if select.select([descriptor], [], [], _POLL_SECONDS)[0]:
            data = os.read(descriptor, 4096)
            if not data:
                return
            yield data
