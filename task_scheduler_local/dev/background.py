"""A thread for the length of a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def in_background(work: Callable[[Event], None]) -> Iterator[None]:
    """Call a function in a thread for the length of the block, and wait for its end.

    Args:
        work: called with an event; it has to return soon after that is set.
    """
    stop = Event()
    thread = Thread(target=work, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
