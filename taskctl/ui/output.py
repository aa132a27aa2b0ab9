"""What a user sees: tables on a terminal, plain text in a pipe, JSON where it is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskctl.errors import TaskctlError

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        key: of the rows' values.
        heading: over the column.
        show: makes the text of a value.
        style: Rich's style for a row's cell, on a terminal.
        right: whether it is aligned to the right.
    """

    key: str
    heading: str
    show: Callable[[Any], str] = str
    style: Callable[[Row], str] = lambda row: ""
    right: bool = False


def print_table(columns: Sequence[Column], rows: Sequence[Row], *, as_json: bool = False) -> None:
    """Prints rows: as a table on a terminal, as aligned text otherwise, or as a list in JSON.

    A value that is None or missing leaves its cell empty. JSON has all values of a row, also those
    that no column shows.
    """
    if as_json:
        print_json(rows)
    elif sys.stdout.isatty():
        _print_rich(columns, rows)
    else:
        _print_plain(columns, rows)


def print_json(value: Any) -> None:
    """Prints a value as JSON; dates in RFC 3339."""
    say(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def print_json_line(value: Any) -> None:
    """Prints a value as JSON on one line."""
    say(json.dumps(value, ensure_ascii=False, default=_plain))


def say(text: str = "") -> None:
    """Prints a line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def counted(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def note(text: str) -> None:
    """Prints a line that is not part of the result, so that it does not get into a pipe."""
    sys.stderr.write(f"{text}\n")


def confirm(question: str, *, yes: bool) -> None:
    """Asks before something is changed; yes spares the question.

    Raises:
        TaskctlError: the answer is no, or there is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise TaskctlError(f"{question} Nobody to ask here: --yes answers it")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise TaskctlError("nothing was changed")


def _print_rich(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            column.heading, justify="right" if column.right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(_cell(column, row), style=column.style(row)) for column in columns))
    Console().print(table)


def _print_plain(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    lines = [[column.heading for column in columns]]
    lines += [[_cell(column, row) for column in columns] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            cell.rjust(width) if column.right else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        )
        say("  ".join(cells).rstrip())


def _cell(column: Column, row: Row) -> str:
    value = row.get(column.key)
    return "" if value is None else column.show(value)


def _plain(value: Any) -> str:
    return str(value.isoformat() if hasattr(value, "isoformat") else value)
