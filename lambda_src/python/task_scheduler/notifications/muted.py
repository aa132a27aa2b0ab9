"""Silences the log of a thread: Apprise and what it uses log URLs, which are secrets."""

from __future__ import annotations

import logging
from contextvars import ContextVar

_is_muted: ContextVar[bool] = ContextVar("is_muted", default=False)


def mute() -> None:
    """From now on nothing that this thread logs gets anywhere."""
    _is_muted.set(True)
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    handlers = {handler for known in loggers for handler in getattr(known, "handlers", ())}
    for handler in handlers | {logging.lastResort}:
        if handler is not None:
            handler.addFilter(_let_pass)


def _let_pass(_record: logging.LogRecord) -> bool:
    return not _is_muted.get()
