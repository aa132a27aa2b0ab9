"""The function's log stream: JSON lines, each written to its file descriptor in one call.

Python's logging and sys.stdout belong to task code, which may reconfigure, replace or close them.
The descriptor kept here is this package's own.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

FIRST_DESCRIPTOR = 200


def _own_descriptor() -> int:
    """Duplicate standard output as Lambda's runtime has it; it need not be descriptor 1.

    The number is high, so that it is not soon another file's where task code closes what it finds.
    """
    try:
        return fcntl.fcntl(sys.stdout.fileno(), fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)
    except (AttributeError, OSError, ValueError):
        return 1


_descriptor = _own_descriptor()
_is_torn = False


def encode_line(
    fields: Mapping[str, Any], default: Callable[[Any], Any] = lambda value: type(value).__name__
) -> bytes:
    """Encode fields as a line of JSON; half a surrogate pair becomes its escape.

    Args:
        fields: the fields of the line.
        default: makes JSON of values that have none.
    """
    text = json.dumps(
        fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default
    )
    return text.encode("utf-8", "backslashreplace") + b"\n"


def write_line(line: bytes) -> None:
    """Write a line at once, so that lines of other threads do not get into it.

    There is no lock: a task that is interrupted while it holds one would silence all others.
    """
    global _is_torn
    if _is_torn:  # whoever wrote the line before was interrupted half way
        line, _is_torn = b"\n" + line, False
    try:
        _write(line)
    except OSError:  # a log that cannot be written fails no task
        return
    except BaseException:
        _is_torn = True
        raise


def _write(line: bytes) -> None:
    global _descriptor
    while line:
        try:
            line = line[os.write(_descriptor, line) :]
        except OSError as error:
            if error.errno != errno.EBADF or _descriptor == 1:
                raise
            _descriptor = 1  # task code has closed what it did not open
