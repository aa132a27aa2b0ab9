"""Records: the runtime's own log lines, one for each run and each attempt of a task, and warnings.

Queries, metrics and taskctl read them. A record is a JSON line with the field `service`, which no
line of task code ever has (task_output.py), and none depends on Python's logging.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from typing import Any

from task_scheduler import config
from task_scheduler.errors import TaskTimeout
from task_scheduler.observability.redaction import redacted
from task_scheduler.observability.stream import encode_line, write_line

SHORT = 300

MAX_FIELD = 900
"""Characters of a text in a record; a metric's dimension may have 1,024."""

MAX_EXCEPTION = 8_000
"""Characters of a traceback that are kept: the last ones, which say what happened."""


class RecordLog:
    """Writes records. Its methods take what those of logging.Logger take.

    Attributes:
        service: the name of this installation, in each record.
    """

    def __init__(self, service: str) -> None:
        self.service = service

    def info(self, message: str, *, extra: Mapping[str, Any] | None = None) -> None:
        """Write a record."""
        self._write("INFO", message, extra, None)

    def warning(
        self,
        message: str,
        *,
        extra: Mapping[str, Any] | None = None,
        exc_info: BaseException | bool | None = None,
    ) -> None:
        """Write a record of something odd that stops nothing."""
        self._write("WARNING", message, extra, exc_info)

    def error(
        self,
        message: str,
        *,
        extra: Mapping[str, Any] | None = None,
        exc_info: BaseException | bool | None = None,
    ) -> None:
        """Write a record of a failure."""
        self._write("ERROR", message, extra, exc_info)

    def _write(
        self,
        level: str,
        message: str,
        extra: Mapping[str, Any] | None,
        exc_info: BaseException | bool | None,
    ) -> None:
        error = sys.exc_info()[1] if exc_info is True else exc_info or None
        fields = {
            "level": level,
            "message": message,
            "service": self.service,
            **{name: _bounded(value) for name, value in (extra or {}).items()},
            **exception_fields(error),
            **_trace(),
        }
        write_line(encode_line(fields))


def exception_fields(error: BaseException | None) -> dict[str, str]:
    """Return the fields of a line for an exception: its type and its traceback."""
    if error is None:
        return {}
    try:
        text = redacted("".join(traceback.format_exception(error)))
    except Exception as unsaid:  # the traceback asks the exception for its text
        text = f"no traceback: {type(unsaid).__name__}"
    if len(text) > MAX_EXCEPTION:
        text = f"({len(text) - MAX_EXCEPTION} characters before) ...{text[-MAX_EXCEPTION:]}"
    return {"exception": text.rstrip("\n"), "exception_name": type(error).__name__}


def _bounded(value: Any) -> Any:
    return truncate(value, MAX_FIELD) if isinstance(value, str) else value


def _trace() -> dict[str, str]:
    """Return the id of the X-Ray trace, if the invocation is traced."""
    header = config.trace_header()
    if "Sampled=1" not in header:
        return {}
    return {"xray_trace_id": header.partition(";")[0].removeprefix("Root=")}


logger = RecordLog(config.load().service_name)
"""This function's records."""


def reason_of(error: BaseException) -> str:
    """Return the text of an exception, without secrets; of one that raises when asked, say so."""
    try:
        return redacted(str.__str__(str(error)))
    except (KeyboardInterrupt, TaskTimeout):
        raise
    except BaseException as unsaid:  # it is task code
        return f"<{type(error).__name__}, whose str raises {type(unsaid).__name__}>"


def truncate(text: str, limit: int = SHORT) -> str:
    """Return the text itself, or its first characters and how many were left out; no secrets.

    Half a surrogate pair, which UTF-8 does not have, becomes its escape.
    """
    text = redacted(text)
    if len(text) > limit:
        text = f"{text[:limit]}... ({len(text) - limit} more characters)"
    return escape_surrogates(text)


def escape_surrogates(text: str) -> str:
    r"""Return the text with half surrogate pairs as \\udXXX, so that it can be encoded."""
    return text.encode("utf-8", "backslashreplace").decode()
