"""The function's log stream: JSON lines, each written to its file descriptor in one call.

Python's logging and sys.stdout belong to task code, which may reconfigure, replace or close them.
The descriptor kept here is this package's own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any


def _own_descriptor() -> int:
    """Duplicate standard output as Lambda's runtime has it; it need not be descriptor 1."""
    try:
        return os.dup(sys.stdout.fileno())
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
        while line:
            line = line[os.write(_descriptor, line) :]
    except OSError:  # a log that cannot be written fails no task
        return
    except BaseException:
        _is_torn = True
        raise
