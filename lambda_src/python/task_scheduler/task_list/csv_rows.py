"""CSV rows out of lines: a quoted field may hold line breaks (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list.text_lines import MAX_LINE_BYTES, Line, text_of

csv.field_size_limit(MAX_LINE_BYTES)


class Rows:
    """Reads rows from lines, one at a time.

    A row that is none spoils its first line alone: the lines after it are read again, so that
    one quote too many does not swallow the rest of the file.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()

    def next_line(self) -> Line | None:
        """The line that the next row begins at; None at the end."""
        return self._again.popleft() if self._again else next(self._lines, None)

    def row(self, first: Line, columns: int | None = None) -> list[str]:
        """The fields of the row that begins at a line.

        Args:
            first: what next_line returned.
            columns: how many fields the row must have; any number when None.

        Raises:
            InvalidLine: it is no row of so many columns.
        """
        taken, size, quotes = [first], len(first.data), first.data.count(b'"')
        while quotes % 2 and size <= MAX_LINE_BYTES and (line := self.next_line()):
            taken.append(line)
            size, quotes = size + 1 + len(line.data), quotes + line.data.count(b'"')
        try:
            if quotes % 2 or size > MAX_LINE_BYTES:
                raise InvalidLine(f"a quote that is not closed within {MAX_LINE_BYTES} bytes")
            return _parse("\n".join(text_of(line) for line in taken), columns)
        except InvalidLine:
            self._again.extendleft(reversed(taken[1:]))
            raise


def _parse(text: str, columns: int | None) -> list[str]:
    try:
        fields = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        raise InvalidLine(f"no CSV row: {error}") from error
    if columns is not None and len(fields) != columns:
        raise InvalidLine(f"{len(fields)} fields, where the header has {columns}")
    return fields
