"""Lines of a file: where they stand, what is theirs, and no more of a long one than is needed."""

from __future__ import annotations

import io

import pytest

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list import text_lines
from task_scheduler.task_list.text_lines import Line, read_lines, text_of

MARK = b"\xef\xbb\xbf"


def test_each_line_has_its_number_its_place_and_its_length_with_the_line_end() -> None:
    found = list(read_lines(io.BytesIO(b"one\r\n\nthree\r\r\nlast")))

    assert found == [
        Line(1, 0, b"one", 5),
        Line(2, 5, b"", 1),
        Line(3, 6, b"three\r", 8),
        Line(4, 14, b"last", 4),
    ]


def test_reading_goes_on_where_the_stream_stands() -> None:
    assert list(read_lines(io.BytesIO(b"two\nthree"), number=2, offset=4)) == [
        Line(2, 4, b"two", 4), Line(3, 8, b"three", 5),
    ]  # fmt: skip


def test_a_byte_order_mark_is_none_but_at_the_beginning_of_the_file() -> None:
    first, second = read_lines(io.BytesIO(MARK + b"a\n" + MARK + b"b\n"))
    [later] = read_lines(io.BytesIO(MARK + b"b\n"), number=2, offset=5)

    assert (first.data, second.data, later.data) == (b"a", MARK + b"b", MARK + b"b")
    assert (first.length, second.offset) == (5, 5)


def test_of_a_line_that_is_too_long_only_the_beginning_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_lines, "MAX_LINE_BYTES", 8)

    fits, too_long, after = read_lines(io.BytesIO(b"1234567\n" + b"x" * 200_000 + b"\nafter"))

    assert text_of(fits) == "1234567"
    assert too_long == Line(2, 8, b"x" * 8, 200_001)
    with pytest.raises(InvalidLine, match=r"^a line of 200001 bytes: at most 8 "):
        text_of(too_long)
    assert after == Line(3, 200_009, b"after", 5)


def test_a_line_that_is_not_utf_8_says_where() -> None:
    with pytest.raises(InvalidLine, match=r"^not UTF-8: invalid start byte at byte 2$"):
        text_of(Line(1, 0, b"ab\xff", 4))
