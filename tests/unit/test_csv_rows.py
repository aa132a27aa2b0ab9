"""CSV rows: the csv module decides where a row ends, and a bad row spoils its first line alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list import csv_rows
from task_scheduler.task_list.csv_rows import CsvRows
from task_scheduler.task_list.csv_tasks import Header, read_header
from task_scheduler.task_list.out_of_time import OutOfTime
from task_scheduler.task_list.text_lines import Line, read_lines


def read(text: str, separator: str = ",") -> list[list[str] | str]:
    """The cells of each row, and the reason of each line that is refused."""
    rows = CsvRows(read_lines([text.encode()]), separator)
    return [row.cells if row.reason is None else row.reason for row in rows]


def header(text: str) -> Header | None:
    return read_header(read_lines([text.encode()]))


@pytest.mark.parametrize("text", ['"two\nlines",b', '"a\n\n\nb",c', '"a""b",c', '"a;b",c'])
def test_a_quoted_field_is_what_stands_between_the_quotes(text: str) -> None:
    field, last = text[1:].split('",')

    assert read(f"{text}\nnext\n") == [[field.replace('""', '"'), last], ["next"]]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_a_line_break_within_quotes_is_a_newline(end: str) -> None:
    assert read(f'"one{end}line",b{end}next{end}') == [["one\nline", "b"], ["next"]]


@pytest.mark.parametrize("row", ['monitor,24"', 'monitor,24" wide', 'a,b"c"d', 'a, "b"'])
def test_a_quote_within_a_field_is_a_character(row: str) -> None:
    assert read(f"{row}\nnext\n") == [row.split(","), ["next"]]


def test_a_row_may_be_as_long_as_a_message_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_LINE_BYTES", 12)
    refused = "a quote that is not closed within 12 bytes"

    assert read('"234\n678\n01"\nnext\n') == [["234\n678\n01"], ["next"]]
    assert read('"234\n678\n012"\nnext\n') == [refused, ["678"], ['012"'], ["next"]]


def test_a_quote_that_is_never_closed_is_refused_and_the_lines_after_it_are_read() -> None:
    assert read('"a\nb\nc') == ["a quote that is not closed before the file ends", ["b"], ["c"]]


def test_a_character_after_a_closing_quote_is_refused() -> None:
    reason, after = read('"a"b\nc')

    assert str(reason).startswith("malformed CSV row: ',' expected after '\"'")
    assert after == ["c"]


@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from('a",;\n é\t')), min_size=1, max_size=4), max_size=8
    ),
    separator=st.sampled_from(",;\t"),
)
def test_what_a_spreadsheet_writes_is_read_as_it_was(rows: list[list[str]], separator: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows(rows)

    assert read(written.getvalue(), separator) == rows


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a,b", Header(["a", "b"], ",")),
        ("a;b", Header(["a", "b"], ";")),
        ("a\tb", Header(["a", "b"], "\t")),
        ("a", Header(["a"], ",")),
        ('"a,b";c', Header(["a,b", "c"], ";")),
        ("a , b", Header(["a", "b"], ",")),
        ("a,b,,", Header(["a", "b"], ",")),
        ("a;;", Header(["a"], ";")),
        ("sep=;\na;b", Header(["a", "b"], ";")),
        ("sep=;\na,b;c", Header(["a,b", "c"], ";")),
        ("sep=;", None),
        ("", None),
    ],
)
def test_the_header_names_the_columns_and_shows_their_separator(
    line: str, expected: Header | None
) -> None:
    assert header(line) == expected


def test_a_header_with_two_separators_is_refused() -> None:
    with pytest.raises(InvalidLine, match="both a comma and a semicolon separate columns"):
        header("a;b,c")


def test_a_column_name_may_have_a_line_break() -> None:
    assert header('"first\nname",b\n1,2\n') == Header(["first\nname", "b"])


def test_a_row_that_is_cut_by_the_end_of_the_time_is_gone_on_with_at_its_first_line() -> None:
    def lines() -> Iterator[Line]:
        yield Line(2, 10, b"a,b", 4)
        yield Line(3, 14, b'"two', 5)
        yield Line(4, 19, b"or three", 9)
        raise OutOfTime(5, 28)

    rows = CsvRows(lines(), ",")

    assert next(rows).cells == ["a", "b"]
    with pytest.raises(OutOfTime) as stopped:
        next(rows)
    assert (stopped.value.number, stopped.value.offset) == (3, 14)
