"""The entries of a task list: a task at its position, or a line that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from task_scheduler.errors import InvalidLine
from task_scheduler.queue.validation import check_attributes

MAX_QUOTED_CHARACTERS = 4_096
"""Characters of a value that are kept to be quoted; a dead letter quotes less."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is not a task.

    Attributes:
        number: the number of the line in the file, or of the task in the list, from 1.
        reason: why it is not a task.
        data: the line, or the beginning of a long one.
        offset: the offset of the line in the file, in bytes.
    """

    number: int
    reason: str
    data: bytes
    offset: int = 0


class ListedTask(NamedTuple):
    """A task of a list; a tuple, since a million of them are made.

    Attributes:
        number: its position: of the line in the file, or of the task in the list, from 1.
        offset: the offset of the line in the file, in bytes; 0 where there is no file.
        source: the line or the value that it was read from, to be quoted.
        text: the task's text.
        task: the function that it names.
        args: its own arguments.
        message_group: the FIFO group that it names.
        worker: the worker that it names.
    """

    number: int
    offset: int
    source: object
    text: str | None = None
    task: str | None = None
    args: Mapping[str, Any] = MappingProxyType({})
    message_group: str | None = None
    worker: str | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the task, without its place."""
        content = {
            "text": self.text,
            "task": self.task,
            "args": dict(self.args),
            "message_group": self.message_group,
        }
        return content | ({"worker": self.worker} if self.worker else {})

    def refused(self, reason: str) -> Refused:
        """Return the same entry as one that cannot be sent."""
        return Refused(self.number, reason, quote(self.source), self.offset)


Listed = ListedTask | Refused


def read_value(value: object, number: int, offset: int, source: object) -> Listed:
    """Read a value of a list: a text, or an object of task and args.

    Args:
        value: the value of an inline list, a JSON line or a generator.
        number: its position.
        offset: the offset of its line, in bytes.
        source: what is quoted if the value is refused.
    """
    if isinstance(value, str):
        # a text of a class of its own, such as numpy's or a StrEnum's, is a text
        return ListedTask(number, offset, source, str.__str__(value))
    try:
        if not isinstance(value, Mapping):
            kind = _with_article(type(value).__name__)
            raise InvalidLine(f"must be a string or an object of task and args, not {kind}")
        check_attributes(value, _TYPES, InvalidLine)
        return ListedTask(number, offset, source, **value)
    except InvalidLine as refused:
        return Refused(number, str(refused), quote(source), offset)


def quote(source: object) -> bytes:
    """Return the beginning of what an entry was read from."""
    if isinstance(source, bytes):
        return source
    try:
        text = str(source)
    except Exception:  # a generator may yield objects with code of their own
        text = f"<{type(source).__name__}>"
    return text[:MAX_QUOTED_CHARACTERS].encode(errors="backslashreplace")


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


_TYPES: dict[str, type] = {"task": str, "args": dict, "message_group": str, "worker": str}
