"""Lines of a task file, streamed: one at a time in memory, however long the file or a line is."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from task_scheduler.errors import InvalidLine
from task_scheduler.queue.message import MAX_BODY_BYTES
from task_scheduler.task_list.encodings import MALFORMED
from task_scheduler.task_list.listed import Listed, ListedTask, Refused
from task_scheduler.task_list.out_of_time import IsTimeUp, OutOfTime

MAX_LINE_BYTES = MAX_BODY_BYTES


class Line(NamedTuple):
    """One line of a file; a tuple, since a million of them are made.

    Attributes:
        number: in the file, from 1.
        offset: the offset of its first byte in the file, from 0.
        data: its bytes without the line end; only the first ones of a line that is too long.
        length: the length of the whole line in bytes, line end included.
    """

    number: int
    offset: int
    data: bytes
    length: int


def read_lines(
    chunks: Iterable[bytes],
    *,
    number: int = 1,
    offset: int = 0,
    is_time_up: IsTimeUp = lambda: False,
) -> Iterator[Line]:
    r"""Split a file into lines, which end as in Python's universal newlines: \n, \r or \r\n.

    Args:
        chunks: the file from the beginning of a line on, in pieces of any size; byte order
            marks at the beginning of lines are passed over.
        number: the number of that line.
        offset: the offset of that line, in bytes.
        is_time_up: asked before each chunk but the first.

    Raises:
        OutOfTime: the time was up before the next line ended.
    """
    rest, dropped, is_first = b"", 0, True
    for chunk in chunks:
        if not is_first and is_time_up():
            raise OutOfTime(number, offset)
        is_first = False
        lines = (rest + chunk).splitlines(keepends=True)
        # a line is not over until its end is seen, and after a \r an \n may follow
        rest = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
        for line in lines:
            length = len(line) + dropped
            yield Line(number, offset, _content(line), length)
            number, offset, dropped = number + 1, offset + length, 0
        if len(rest) > MAX_LINE_BYTES:
            kept = rest[:MAX_LINE_BYTES] + (b"\r" if rest.endswith(b"\r") else b"")
            dropped, rest = dropped + len(rest) - len(kept), kept
    if rest:
        yield Line(number, offset, _content(rest), len(rest) + dropped)


def read_tasks(lines: Iterable[Line]) -> Iterator[Listed]:
    """Read a task from each line that is not blank: its text."""
    for line in lines:
        if line.data.strip():
            try:
                yield ListedTask(line.number, line.offset, line.data, text_of(line))
            except InvalidLine as refused:
                yield Refused(line.number, str(refused), line.data, line.offset)


def text_of(line: Line) -> str:
    """Decode a line.

    Raises:
        InvalidLine: the line is too long, is not UTF-8, or has NUL characters.
    """
    if line.length > MAX_LINE_BYTES:
        raise InvalidLine(f"a line of {line.length} bytes: at most {MAX_LINE_BYTES} (240 KiB)")
    try:
        text = line.data.decode()
    except UnicodeDecodeError as error:
        if MALFORMED in line.data:
            raise InvalidLine("malformed in the encoding of the file's byte order mark") from error
        raise InvalidLine(f"not UTF-8: {error.reason} at byte {error.start}") from error
    if "\0" in text:
        raise InvalidLine(
            "has NUL characters: must be UTF-8, or UTF-16 or UTF-32 with a byte order mark"
        )
    return text


def _content(line: bytes) -> bytes:
    # files that were put together have marks in the middle, too
    data = line.removeprefix(codecs.BOM_UTF8)
    return data.removesuffix(b"\n").removesuffix(b"\r")[:MAX_LINE_BYTES]
