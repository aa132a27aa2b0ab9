"""Suppression of logging: Apprise and its libraries log URLs, which are secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_suppressed: ContextVar[bool] = ContextVar("is_suppressed", default=False)


@contextmanager
def suppressed_logging() -> Iterator[None]:
    """Suppress all logging of the code within, and of the threads that Apprise runs for it."""
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    handlers = {handler for known in loggers for handler in getattr(known, "handlers", ())}
    for handler in handlers | {logging.lastResort}:
        if handler is not None:
            handler.addFilter(_passes)
    before = _is_suppressed.set(True)
    try:
        yield
    finally:
        _is_suppressed.reset(before)


def _passes(_record: logging.LogRecord) -> bool:
    return not _is_suppressed.get()
