"""Python's logging as it was before a task, so that no task reconfigures it for the next one."""

from __future__ import annotations

import logging
import sys
from typing import Any


class LoggingState:
    """The logging settings that tasks change: dictConfig, disable(), Powertools' append_keys()."""

    def __init__(self) -> None:
        root = logging.getLogger()
        self._handlers = list(root.handlers)
        self._level = root.level
        self._disabled_level = logging.root.manager.disable
        self._disabled = {logger for logger in _loggers() if logger.disabled}
        self._keys = {formatter: dict(formatter.log_format) for formatter in _formatters()}

    def restore(self) -> None:
        """Undo what was changed since; loggers, and their handlers, that are new stay."""
        root = logging.getLogger()
        root.handlers[:] = self._handlers
        if root.level != self._level:
            root.setLevel(self._level)
        if logging.root.manager.disable != self._disabled_level:
            logging.disable(self._disabled_level)
        for logger in _loggers():
            logger.disabled = logger in self._disabled
        for formatter in _formatters():
            formatter.thread_safe_clear_keys()
            if formatter in self._keys:
                formatter.log_format = self._keys[formatter]
            else:
                formatter.clear_state()


def _loggers() -> list[logging.Logger]:
    known = list(logging.root.manager.loggerDict.values())
    return [logging.root, *(one for one in known if isinstance(one, logging.Logger))]


def _formatters() -> list[Any]:
    """Powertools' formatters, which all Loggers of a service share, and which keep their keys."""
    if "aws_lambda_powertools.logging" not in sys.modules:
        return []
    formatters = {h.formatter for logger in _loggers() for h in logger.handlers}
    return [formatter for formatter in formatters if hasattr(formatter, "log_format")]
