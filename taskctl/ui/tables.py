"""Tables: fitted to a terminal's width, aligned text in a pipe, JSON on request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from taskctl.ui.output import harmless, print_json, say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Row = Mapping[str, Any]

_GAP = 2
_INDENT = 4
"""Columns by which a value on a line of its own is indented."""
_BESIDE = 40
"""The narrowest that a long text may become before it gets a line of its own."""
_READABLE = 28
"""A text wrapped to this width is still better than a column left out."""
_NARROWEST = 12


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        key: the key of its values in the rows.
        heading: the text above it.
        show: makes the text of a value.
        short: makes a shorter text, for narrow terminals; None if there is none.
        style: returns Rich's style for a row's cell, on a terminal.
        right: aligned to the right, and never broken: for numbers.
        below: a long text, on a line of its own below its row where it has no room beside it.
        rank: the order in which columns are left out on narrow terminals, from 1; 0 for never.
    """

    key: str
    heading: str
    show: Callable[[Any], str] = str
    short: Callable[[Any], str] | None = None
    style: Callable[[Row], str] = lambda row: ""
    right: bool = False
    below: bool = False
    rank: int = 0

    def cell(self, row: Row) -> str:
        """Return the text for a row on one line; empty for a value that is None or missing.

        Blanks that it begins with are kept.
        """
        value = row.get(self.key)
        if value is None:
            return ""
        text = self.show(value)
        if text.isprintable() and "  " not in text and text[-1:] != " ":
            return text  # as nearly every one is
        text = harmless(text)
        return " " * (len(text) - len(text.lstrip(" "))) + " ".join(text.split())


def print_table(columns: Sequence[Column], rows: Sequence[Row], *, as_json: bool = False) -> None:
    """Print rows as a table on a terminal, as aligned text otherwise, or as a list in JSON.

    JSON has all values of a row, even those that no column shows.
    """
    if as_json:
        print_json(rows)
    elif sys.stdout.isatty():
        _print_fitted(columns, rows)
    else:
        _print_aligned(columns, rows)


def _print_aligned(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    lines = [[column.heading for column in columns]]
    lines += [[column.cell(row) for column in columns] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    form = "  ".join(
        f"{{:{'>' if column.right else '<'}{width}}}"
        for column, width in zip(columns, widths, strict=True)
    )
    say("\n".join(form.format(*line).rstrip() for line in lines))


@dataclass(frozen=True)
class _Layout:
    """The columns of a table in a certain width.

    Attributes:
        beside: the columns side by side, with their widths.
        below: the columns on lines of their own.
        left_out: the headings of those that have no room.
    """

    beside: list[tuple[Column, int]]
    below: list[Column]
    left_out: list[str]


def _fit(columns: Sequence[Column], rows: Sequence[Row], width: int) -> _Layout:
    """Choose columns and widths: as many as fit, and numbers and names unbroken if possible."""
    used = [column for column in columns if any(column.cell(row) for row in rows)]
    natural = _natural(used, rows)
    long = [column for column in used if column.below]
    rest = [column for column in used if not column.below]
    if _total(natural) <= width:
        return _Layout(list(zip(used, natural, strict=True)), [], [])
    room = width - _total(_natural(rest, rows)) - _GAP
    if len(long) == 1 and room >= _BESIDE:
        widths = [
            room if column.below else size for column, size in zip(used, natural, strict=True)
        ]
        return _Layout(list(zip(used, widths, strict=True)), [], [])
    left_out: list[str] = []
    if _readable(rest, rows) > width:
        rest = [replace(column, show=column.short or column.show) for column in rest]
    for column in sorted((column for column in rest if column.rank), key=lambda one: one.rank):
        if _readable(rest, rows) <= width:
            break
        rest.remove(column)
        left_out.append(column.heading)
    widths = _narrowed(rest, _natural(rest, rows), width)
    return _Layout(list(zip(rest, widths, strict=True)), long, left_out)


def _natural(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    from rich.cells import cell_len

    return [
        max(cell_len(column.heading), *(cell_len(column.cell(row)) for row in rows))
        for column in columns
    ]


def _readable(columns: Sequence[Column], rows: Sequence[Row]) -> int:
    """Return the width in which columns can be read, long texts wrapped."""
    widths = zip(columns, _natural(columns, rows), strict=True)
    return _total([size if column.right else min(size, _READABLE) for column, size in widths])


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * max(len(widths) - 1, 0)


def _narrowed(columns: Sequence[Column], widths: list[int], width: int) -> list[int]:
    """Narrow the widest columns of text until all fit."""
    widths = list(widths)
    while (over := _total(widths) - width) > 0:
        texts = [index for index, column in enumerate(columns) if not column.right]
        widest = max(texts, key=lambda index: widths[index])
        if widths[widest] <= _NARROWEST:
            break
        others = max((widths[index] for index in texts if index != widest), default=0)
        widths[widest] = max(widths[widest] - over, min(others, widths[widest] - 1), _NARROWEST)
    return widths


def _print_fitted(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    layout = _fit(columns, rows, console.width)
    headings = [(column, width, Text(column.heading, "bold")) for column, width in layout.beside]
    rule = "─" if console.encoding.startswith("utf") else "-"
    lines = [*_lines(console, headings)]
    lines.append(Text(rule * _total([width for _, width in layout.beside])))
    for row in rows:
        cells = [
            (column, width, Text(column.cell(row), column.style(row)))
            for column, width in layout.beside
        ]
        lines += _lines(console, cells)
        for column in layout.below:
            text = Text(column.cell(row).strip(), column.style(row))
            if text:
                wrapped = text.wrap(console, console.width - _INDENT)
                lines += [Text(" " * _INDENT) + line for line in wrapped]
    if layout.left_out:
        lines.append(Text(f"No room here for: {', '.join(layout.left_out)}.", "dim"))
    for line in lines:
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _lines(console: Console, cells: Sequence[tuple[Column, int, Text]]) -> Iterator[Text]:
    """Lay out a row: each cell's text wrapped to the width of its column."""
    from rich.text import Text

    wrapped: list[list[Text]] = []
    for _, width, text in cells:
        indent = len(text.plain) - len(text.plain.lstrip())
        inner = text[indent:].wrap(console, max(width - indent, 1))
        wrapped.append([Text(" " * indent) + line for line in inner])
    for number in range(max(map(len, wrapped), default=0)):
        line = Text()
        for (column, width, _), parts in zip(cells, wrapped, strict=True):
            part = parts[number] if number < len(parts) else Text()
            part.rstrip()
            padding = Text(" " * max(width - part.cell_len, 0))
            line += (padding + part if column.right else part + padding) + Text(" " * _GAP)
        line.rstrip()
        yield line
