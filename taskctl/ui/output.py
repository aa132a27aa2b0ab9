"""Text and JSON on standard output, notes on standard error."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import msgspec

from taskctl.errors import TaskctlError

_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that reverse the direction of writing, and halves of characters."""
_UNPRINTABLE_IN_JSON = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """Show what could control a terminal as an escape: texts come from whoever writes tasks."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def print_json(value: Any) -> None:
    """Print a value as JSON; dates in RFC 3339."""
    _write(_to_json(value, indent=2))


def print_json_line(value: Any) -> None:
    """Print a value as JSON on one line."""
    _write(_to_json(value))


def say(text: str = "") -> None:
    """Print a line and flush it."""
    _write(harmless(text))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in singular or plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def note(text: str) -> None:
    """Print a line that is not part of the result, so that it does not get into a pipe."""
    sys.stderr.write(f"{harmless(text)}\n")


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is changed.

    Args:
        question: what is asked.
        yes: true skips the question.

    Raises:
        TaskctlError: the answer is no, or nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise TaskctlError(f"{question} Nobody can be asked here: confirm with --yes")
    sys.stderr.write(f"{harmless(question)} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise TaskctlError("nothing was changed")


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _to_json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    if indent:
        try:  # json.dumps takes three times as long where it has to indent
            text = msgspec.json.format(text, indent=indent)
        except (UnicodeEncodeError, msgspec.DecodeError):  # half a character, or no number
            text = json.dumps(value, ensure_ascii=False, default=_plain, indent=indent)
    # json.dumps itself escapes those below a blank
    return _UNPRINTABLE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
