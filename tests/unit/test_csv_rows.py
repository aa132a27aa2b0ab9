"""CSV rows: a quoted field may go over lines, up to a limit that is counted as the file has it."""

from __future__ import annotations

import io

import pytest

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list import csv_rows
from task_scheduler.task_list.csv_rows import Rows
from task_scheduler.task_list.text_lines import read_lines


def read(text: str) -> list[list[str] | str]:
    """The rows, and for those that are none the reason why."""
    made = Rows(read_lines(io.BytesIO(text.encode())))
    found: list[list[str] | str] = []
    while line := made.next_line():
        try:
            found.append(made.row(line))
        except InvalidLine as refused:
            found.append(str(refused))
    return found


@pytest.mark.parametrize("text", ['"two\nlines",b', '"a\n\n\nb",c', '"one\rline",b', '"a""b",c'])
def test_a_quoted_field_is_what_stands_between_the_quotes(text: str) -> None:
    field, last = text[1:].split('",')

    assert read(f"{text}\nnext\n") == [[field.replace('""', '"'), last], ["next"]]


def test_a_row_may_be_as_long_as_a_message_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_LINE_BYTES", 12)
    refused = "a quote that is not closed within 12 bytes"

    assert read('"234\n678\n01"\nnext\n') == [["234\n678\n01"], ["next"]]
    assert read('"234\n678\n012"\nnext\n') == [refused, ["678"], refused, ["next"]]
