"""Lines of a task file, streamed: one at a time in memory, however long the file or a line is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from task_scheduler.errors import InvalidLine
from task_scheduler.queue.message import MAX_BODY_BYTES

MAX_LINE_BYTES = MAX_BODY_BYTES
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file.

    Attributes:
        number: in the file, from 1.
        offset: of its first byte in the file, from 0.
        data: its bytes without the line end; only the first ones of a line that is too long.
        length: of the whole line in bytes, line end included.
    """

    number: int
    offset: int
    data: bytes
    length: int


def read_lines(stream: BinaryIO, *, number: int = 1, offset: int = 0) -> Iterator[Line]:
    """Every line of a stream that stands at a line's beginning.

    Args:
        stream: what is read; a byte order mark at offset 0 is passed over.
        number: of the line that the stream stands at.
        offset: of the byte that the stream stands at.
    """
    while read := stream.readline(MAX_LINE_BYTES):
        length = len(read) + (0 if read.endswith(b"\n") else _skip_line(stream))
        data = read.removeprefix(_BYTE_ORDER_MARK) if offset == 0 else read
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        yield Line(number, offset, data, length)
        number, offset = number + 1, offset + length


def text_of(line: Line) -> str:
    """The line's text.

    Raises:
        InvalidLine: the line is too long, or not UTF-8.
    """
    if line.length > MAX_LINE_BYTES:
        raise InvalidLine(f"a line of {line.length} bytes: at most {MAX_LINE_BYTES} (240 KiB)")
    try:
        return line.data.decode()
    except UnicodeDecodeError as error:
        raise InvalidLine(f"not UTF-8: {error.reason} at byte {error.start}") from error


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while read := stream.readline(64 * 1024):
        skipped += len(read)
        if read.endswith(b"\n"):
            break
    return skipped
