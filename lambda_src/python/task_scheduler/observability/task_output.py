"""Output of task code: JSON lines with the task's id, which cannot be taken for records.

A printed line becomes the `message` of a line of ours. A line of Python's logging keeps its extra
fields, but for those that make a record: they get an underscore at their end. CloudWatch makes
metrics of lines with a field `_aws`; no such line can be had by printing or logging.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from task_scheduler import config
from task_scheduler.observability.log import exception_fields, reason_of, truncate
from task_scheduler.observability.logging_state import LoggingState
from task_scheduler.observability.redaction import redacted
from task_scheduler.observability.stream import encode_line, write_line

MAX_LINE = 32_000
"""Characters of a line; longer ones are printed in pieces. Even if each is escaped, they stay below
the 256 KB of a log event."""

MAX_BYTES = 240_000
"""Of a line of Python's logging; of a longer one the beginnings of its fields are kept."""

RECORD_FIELDS = frozenset(
    {"_aws", "service", "level", "message", "run", "outcome", "duration_ms", "sent", "refused",
     "requests", "undelivered"}
)  # fmt: skip
"""The fields that make a line a record or a metric."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""The attributes of every log record of Python's; all others were given as `extra`."""


class TaskOutput:
    """The lines of one task, or of what runs outside of any.

    Args:
        fields: the fields of each line, such as the task's id.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)
        self._begun: dict[str, str] = {}

    def write(self, level: str, text: str) -> None:
        """Print the lines that the text ends; what is behind the last of them waits for its end."""
        *lines, rest = (self._begun.pop(level, "") + text).split("\n")
        while len(rest) > MAX_LINE:
            lines.append(rest[:MAX_LINE])
            rest = rest[MAX_LINE:]
        if rest:
            self._begun[level] = rest
        for line in lines:
            self._print(level, line)

    def flush(self) -> None:
        """Print what has no end of line yet."""
        for level, text in list(self._begun.items()):
            self._print(level, text)
        self._begun.clear()

    def log(self, record: logging.LogRecord) -> None:
        """Write a line of Python's logging."""
        fields: dict[str, Any] = {
            "level": record.levelname,
            "message": truncate(record.getMessage(), MAX_LINE),
            **self._fields,
        }
        for name, value in vars(record).items():
            if name in _STANDARD or fields.get(name) is value:
                continue
            fields[f"{name}_" if name in RECORD_FIELDS or name in fields else name] = value
        fields |= exception_fields(record.exc_info[1] if record.exc_info else None)
        write_line(_encode_any(fields))

    def _print(self, level: str, line: str) -> None:
        line = redacted(line)
        for start in range(0, len(line), MAX_LINE):
            piece = line[start : start + MAX_LINE]
            if not piece.isspace():
                write_line(encode_line({"level": level, "message": piece, **self._fields}))


_current: ContextVar[TaskOutput | None] = ContextVar("current", default=None)
_running: list[TaskOutput] = []
_outside = TaskOutput({})


def _output() -> TaskOutput:
    """Return the output of the task that runs this code.

    A thread that a task has started does not know its task. If only one runs, it is that one.
    """
    return _current.get() or (_running[0] if len(_running) == 1 else _outside)


class _Printed(io.TextIOBase):
    """Takes the place of sys.stdout or sys.stderr."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, level: str) -> None:
        self._level = level
        self.buffer = _PrintedBytes(self)

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        _output().write(self._level, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1 if self._level == "INFO" else 2

    def reconfigure(self, **_: object) -> None:
        """Ignore another encoding: the log is UTF-8."""

    def close(self) -> None:
        """Stay open: other tasks print here, too."""


class _PrintedBytes(io.BufferedIOBase):
    """The bytes behind it, which some libraries write themselves."""

    def __init__(self, text: _Printed) -> None:
        self._text = text

    def write(self, data: Any) -> int:
        self._text.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(bytes(data))

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._text.fileno()

    def close(self) -> None:
        """Stay open."""


class _TaskLogs(logging.Handler):
    """The handler of the root logger."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Write a line, without logging's lock: an interrupted task must not keep it."""
        passes = bool(self.filter(record))
        if passes:
            self.emit(record)
        return passes

    def emit(self, record: logging.LogRecord) -> None:
        try:
            _output().log(record)
        except Exception as error:
            fields = {"level": "WARNING", "message": f"a log line was lost: {reason_of(error)}"}
            write_line(encode_line(fields))


_stdout, _stderr = _Printed("INFO"), _Printed("WARNING")
_handler = _TaskLogs()
_is_captured = False


def capture_output() -> None:
    """Make what is printed and logged in this process lines of ours. Handlers call it first."""
    global _is_captured
    sys.stdout, sys.stderr = _stdout, _stderr
    if _is_captured:
        return
    _is_captured = True
    root = logging.getLogger()
    # Lambda's own handler writes plain text
    root.handlers = [h for h in root.handlers if not type(h).__module__.startswith("awslambdaric")]
    root.addHandler(_handler)
    root.setLevel(config.load().log_level)
    # below that they log addresses, headers and bodies, with the secrets that stand in them
    for name in ("botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def task_output(fields: Mapping[str, Any]) -> Iterator[None]:
    """Give the lines of a task its id, and undo what it makes of logging for others.

    Args:
        fields: the fields of the task's records, its id among them.
    """
    output = TaskOutput({"id": truncate(str(fields["id"]))} if "id" in fields else {})
    if _is_captured:
        sys.stdout, sys.stderr = _stdout, _stderr
    before = LoggingState() if _is_captured and not _running else None
    token = _current.set(output)
    _running.append(output)
    try:
        yield
    finally:
        _running.remove(output)
        _current.reset(token)
        output.flush()
        if before is not None and not _running:
            before.restore()


def _encode_any(fields: dict[str, Any]) -> bytes:
    """Encode fields that task code gave: of any type, of any size."""
    # NaN, a key that is not a text, a list within itself
    with suppress(Exception):
        line = redacted(encode_line(fields, default=_text).decode()).encode()
        if len(line) <= MAX_BYTES:
            return line
    return encode_line({name: truncate(_text(value)) for name, value in fields.items()})


def _text(value: Any) -> str:
    try:
        return str.__str__(str(value))
    except Exception as error:
        return f"<{type(value).__name__}, whose str raises {type(error).__name__}>"
