"""CSV rows out of lines: a quoted field may hold line breaks (RFC 4180).

The csv module alone decides where a row ends, and it is given one line at a time. What it refuses
is refused at the first line of the row; the lines after it are read again, so that one quote too
many does not swallow the rest of the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list.out_of_time import OutOfTime
from task_scheduler.task_list.text_lines import MAX_LINE_BYTES, Line, text_of

# the limit is the whole process's: task code may have raised it
csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))


@dataclass(frozen=True, slots=True)
class Row:
    """A row, or the line at which one should begin.

    Attributes:
        line: its first line.
        cells: its fields; none in a line that is blank or refused.
        reason: why the line is refused; None for a row.
    """

    line: Line
    cells: list[str]
    reason: str | None = None

    @property
    def is_empty(self) -> bool:
        """True for a row without content, as spreadsheets leave them: all its cells are empty."""
        return self.reason is None and not any(cell.strip() for cell in self.cells)


class CsvRows:
    """Reads rows from lines, one at a time.

    Args:
        lines: the lines that a row begins at.
        separator: the separator of fields, a character.
        columns: how many fields a row must have, empty ones at its end aside; any number when None.
    """

    def __init__(self, lines: Iterator[Line], separator: str, columns: int | None = None) -> None:
        self._lines = lines
        self._columns = columns
        self._again: deque[Line] = deque()
        self._taken: list[Line] = []
        self._size = 0
        self._reader = csv.reader(_Feed(self), delimiter=separator, strict=True)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        self._taken, self._size = [], 0
        try:
            cells = next(self._reader)
            row = Row(self._taken[0], cells)
            self._check(row)
            return row
        except (csv.Error, InvalidLine) as refused:
            first, *others = self._taken
            self._again.extendleft(reversed(others))
            return Row(first, [], _reason(refused))
        except OutOfTime as error:
            if self._taken:
                raise OutOfTime(self._taken[0].number, self._taken[0].offset) from error
            raise

    def feed(self) -> str:
        """Take the next line for the row that is being read.

        Raises:
            StopIteration: there is no other line.
            InvalidLine: the row is too long, or the line is not text.
        """
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self._size += len(line.data) + (len(self._taken) > 1)
        text = text_of(line)
        if self._size > MAX_LINE_BYTES:
            raise InvalidLine(f"a quote that is not closed within {MAX_LINE_BYTES} bytes")
        return f"{text}\n"

    def _check(self, row: Row) -> None:
        columns = self._columns
        if columns is None or row.is_empty:
            return
        if len(row.cells) < columns or any(cell.strip() for cell in row.cells[columns:]):
            raise InvalidLine(f"{len(row.cells)} fields, where the header has {columns}")


class _Feed:
    """The lines of the rows, as the csv module asks for them.

    Not a generator: that would be over after the first line that is refused.
    """

    def __init__(self, rows: CsvRows) -> None:
        self._rows = rows

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return self._rows.feed()


def _reason(error: Exception) -> str:
    if isinstance(error, InvalidLine):
        return str(error)
    if "unexpected end of data" in str(error):
        return "a quote that is not closed before the file ends"
    return f"malformed CSV row: {error}"
