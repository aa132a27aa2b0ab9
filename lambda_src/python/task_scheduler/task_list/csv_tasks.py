"""CSV files: the header names the arguments, and each row is a task."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list.csv_rows import CsvRows, Row
from task_scheduler.task_list.listed import Listed, ListedTask, Refused
from task_scheduler.task_list.text_lines import Line, text_of

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}

_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])")
"""Excel's way to name the separator, in a line before the header."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a CSV file, as its first row names them.

    Attributes:
        names: the names of the columns; empty ones at the end are left out.
        separator: the separator of the cells.
    """

    names: list[str]
    separator: str = ","


def read_header(lines: Iterator[Line]) -> Header | None:
    """Read the header, and leave the lines at the first row; None if the file has no line.

    Raises:
        InvalidLine: it is malformed, a column has no name or that of another, or it is not clear
            which character separates the columns.
    """
    first = next(lines, None)
    if first is None:
        return None
    if named := _SEPARATOR_LINE.fullmatch(text_of(first)):
        if (first := next(lines, None)) is None:
            return None
        separator = named[1]
    else:
        separator = _separator(text_of(first))
    row = next(CsvRows(chain([first], lines), separator))
    if row.reason is not None:
        raise InvalidLine(row.reason)
    names = [name.strip() for name in row.cells]
    while names and not names[-1]:
        names.pop()
    if not names or "" in names or len(set(names)) != len(names):
        shown = separator.join(row.cells)
        raise InvalidLine(f"{shown!r}: each column must have a name of its own")
    return Header(names, separator)


def read_tasks(lines: Iterator[Line], header: Header) -> Iterator[Listed]:
    """Read a task from each row; rows of which all cells are empty are passed over."""
    for row in CsvRows(lines, header.separator, len(header.names)):
        if not row.is_empty:
            yield _task(row, header)


def _task(row: Row, header: Header) -> Listed:
    """Read the task of a row.

    An empty cell gives no argument, so that the schedule's or the parameter's default applies.
    """
    line = row.line
    if row.reason is not None:
        return Refused(line.number, row.reason, line.data, line.offset)
    cells = zip(header.names, row.cells, strict=False)
    args = {name: cell for name, cell in cells if cell.strip()}
    return ListedTask(
        line.number,
        line.offset,
        line.data,
        task=args.pop("task", None),
        message_group=args.pop("message_group", None),
        worker=args.pop("worker", None),
        args=args,
    )


def _separator(header: str) -> str:
    """Find the separator of a header; a comma if it has one column only."""
    columns = {each: len(next(csv.reader([header], delimiter=each), [])) for each in SEPARATORS}
    found = [each for each, count in columns.items() if count > 1]
    if len(found) > 1:
        names = " and ".join(SEPARATORS[each] for each in found)
        raise InvalidLine(f"{header!r}: both {names} separate columns: must be one of them")
    return found[0] if found else ","
