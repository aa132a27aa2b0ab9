"""A file of dead letters, one a line, as JSON: it outlives the queues that they came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from taskctl.dead_letters.dead_letter import SHORT_ID, DeadLetter, Origin
from taskctl.dead_letters.reading import read_contents
from taskctl.errors import TaskctlError

VERSION = 1
"""Of the form of a line; a change that older releases cannot read gets another."""


@dataclass(frozen=True, slots=True)
class InvalidDeadLetter:
    """A line that holds no dead letter.

    Attributes:
        number: the number of the line, from 1.
        reason: why.
    """

    number: int
    reason: str


def to_line(dead_letter: DeadLetter) -> str:
    """Return a dead letter as a line of ASCII, its end included."""
    time = dead_letter.time.astimezone(UTC).isoformat(timespec="milliseconds")
    line = {
        "version": VERSION,
        "id": dead_letter.id,
        "queue": dead_letter.origin,
        "time": time.replace("+00:00", "Z"),
        "message_group": dead_letter.message_group,
        "attributes": dict(dead_letter.attributes),
        "body": dead_letter.body,
    }
    return f"{json.dumps(line)}\n"


def count_lines(path: Path) -> int:
    """Return the number of lines that are not blank.

    Raises:
        TaskctlError: the file cannot be read.
    """
    with _open(path) as file:
        return sum(1 for line in file if line.strip())


def read_file(path: Path) -> Iterator[DeadLetter | InvalidDeadLetter]:
    """Read the dead letters of a file, each once, in its order.

    Files that were joined may hold one twice. Blank lines are ignored.

    Raises:
        TaskctlError: the file cannot be read.
    """
    ids: set[str] = set()
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                dead_letter = _read_line(line)
            except ValueError as error:
                yield InvalidDeadLetter(number, str(error))
                continue
            if dead_letter.id not in ids:
                ids.add(dead_letter.id)
                yield dead_letter


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise TaskctlError(f"cannot read {path}: {error.strerror}") from error


def _read_line(line: bytes) -> DeadLetter:
    """Read a line.

    Raises:
        ValueError: it is not one that to_line writes; says what would be right.
    """
    read = _parse(line)
    version = read.get("version")
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"version must be {VERSION}, not {str(version)[:20]}")
    body, attributes, group = _text(read, "body"), read.get("attributes"), read.get("message_group")
    if not isinstance(attributes, dict) or not all(isinstance(v, str) for v in attributes.values()):
        raise ValueError("attributes must be an object of strings")
    if group is not None:
        group = _text(read, "message_group")
    if len(id_ := _text(read, "id")) < SHORT_ID:
        raise ValueError(f"id must have {SHORT_ID} characters or more")
    if (queue := read.get("queue")) not in list(Origin):
        raise ValueError(f"queue must be {' or '.join(Origin)}, not {str(queue)[:20]!r}")
    return DeadLetter(
        id=id_,
        origin=Origin(queue),
        body=body,
        attributes=attributes,
        message_group=group,
        time=_time(_text(read, "time")),
        contents=read_contents(Origin(queue), body, attributes),
    )


def _parse(line: bytes) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(read, dict):
        raise ValueError("must be a JSON object, as `taskctl failed --export` writes it")
    return read


def _text(read: dict[str, Any], name: str) -> str:
    value = read.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a string that is not empty")
    return value


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError(f"time must be as in 2026-11-23T02:00:00Z, not {text[:40]!r}")
    return time
