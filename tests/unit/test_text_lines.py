"""Lines of a file: where they end, where they stand, and no more of a long one than is needed."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.errors import InvalidLine
from task_scheduler.task_list import text_lines
from task_scheduler.task_list.encodings import MALFORMED, detect, to_utf8
from task_scheduler.task_list.listed import ListedTask, Refused
from task_scheduler.task_list.out_of_time import OutOfTime
from task_scheduler.task_list.text_lines import Line, read_lines, read_tasks, text_of

MARK = codecs.BOM_UTF8


def chunks(data: bytes, size: int = 7) -> Iterator[bytes]:
    stream = io.BytesIO(data)
    return iter(lambda: stream.read(size), b"")


def test_each_line_has_its_number_offset_and_length_with_the_line_end() -> None:
    found = list(read_lines(chunks(b"one\r\n\nthree\rfour\r\r\nlast")))

    assert found == [
        Line(1, 0, b"one", 5),
        Line(2, 5, b"", 1),
        Line(3, 6, b"three", 6),
        Line(4, 12, b"four", 5),
        Line(5, 17, b"", 2),
        Line(6, 19, b"last", 4),
    ]


@given(
    data=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"bc", b"\xff", b"\x0c"])).map(
        b"".join
    ),
    size=st.integers(1, 9),
)
def test_lines_end_as_in_universal_newlines_however_the_file_is_cut(data: bytes, size: int) -> None:
    found = list(read_lines(chunks(data, size)))

    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", "surrogateescape", newline=None)
    expected = [line.removesuffix("\n").encode(errors="surrogateescape") for line in text]
    assert [line.data for line in found] == expected
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    ends = [line.offset + line.length for line in found]
    assert [line.offset for line in found] == [0, *ends][: len(found)]
    assert ends[-1:] == [len(data)][: len(ends)]


def test_reading_goes_on_at_a_line() -> None:
    assert list(read_lines(chunks(b"two\nthree"), number=2, offset=4)) == [
        Line(2, 4, b"two", 4), Line(3, 8, b"three", 5),
    ]  # fmt: skip


def test_a_byte_order_mark_is_passed_over_at_the_beginning_of_a_line() -> None:
    first, second = read_lines(chunks(MARK + b"a\n" + MARK + b"b" + MARK + b"\n"))

    assert (first.data, second.data) == (b"a", b"b" + MARK)
    assert (second.offset, second.length) == (5, 8)


@pytest.mark.parametrize("size", [1, 3, 64, 1_000_000])
def test_a_last_line_that_is_too_long_has_its_whole_length(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(text_lines, "MAX_LINE_BYTES", 8)

    assert list(read_lines(chunks(b"a\n" + b"x" * 2_000, size))) == [
        Line(1, 0, b"a", 2), Line(2, 2, b"x" * 8, 2_000),
    ]  # fmt: skip


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 3, 64, 1_000_000])
def test_only_the_beginning_of_a_line_that_is_too_long_is_kept(
    monkeypatch: pytest.MonkeyPatch, end: bytes, size: int
) -> None:
    monkeypatch.setattr(text_lines, "MAX_LINE_BYTES", 8)
    data = b"123456\n" + b"x" * 2_000 + end + b"after"

    fits, too_long, after = read_lines(chunks(data, size))

    length = 2_000 + len(end)
    assert text_of(fits) == "123456"
    assert too_long == Line(2, 7, b"x" * 8, length)
    with pytest.raises(InvalidLine, match=rf"^a line of {length} bytes: at most 8 "):
        text_of(too_long)
    assert after == Line(3, 7 + length, b"after", 5)


def test_a_line_that_is_not_utf_8_says_where() -> None:
    with pytest.raises(InvalidLine, match=r"^not UTF-8: invalid start byte at byte 2$"):
        text_of(Line(1, 0, b"ab\xff", 4))


def test_a_line_of_utf_16_without_a_byte_order_mark_is_refused_with_the_cure() -> None:
    with pytest.raises(InvalidLine, match=r"NUL characters: must be UTF-8, or UTF-16 .* mark"):
        text_of(Line(1, 0, "ab".encode("utf-16-le"), 5))


def test_the_clock_is_looked_at_where_chunks_hold_no_task() -> None:
    looks = iter([False, False, True])

    lines = read_lines(chunks(b"\n" * 100, size=10), is_time_up=lambda: next(looks))

    read: list[Line] = []
    with pytest.raises(OutOfTime) as stopped:
        read.extend(lines)
    assert (stopped.value.number, stopped.value.offset) == (31, 30)


def test_the_clock_is_looked_at_within_a_line_that_does_not_end() -> None:
    looks = iter([False, True])
    lines = read_lines(chunks(b"first\n" + b"x" * 100, 10), is_time_up=lambda: next(looks))

    assert next(lines).data == b"first"
    with pytest.raises(OutOfTime) as stopped:
        next(lines)
    assert (stopped.value.number, stopped.value.offset) == (2, 6)


ENCODINGS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(text=st.text(st.characters(exclude_categories=["Cs"])), size=st.integers(1, 9))
def test_a_file_with_a_byte_order_mark_is_decoded_however_it_is_cut(
    encoding: str, text: str, size: int
) -> None:
    data = ENCODINGS[encoding] + text.encode(encoding)

    detected = detect(data[:4])

    if text.startswith("\0") and encoding == "utf-16-le":
        return  # the same bytes as the mark of UTF-32
    assert detected == encoding
    assert b"".join(to_utf8(chunks(data, size), encoding)) == MARK + text.encode()


@pytest.mark.parametrize("data", [b"", b"a", MARK + b"a", b"\xff", b"\xfe"])
def test_without_a_mark_of_another_a_file_is_utf_8(data: bytes) -> None:
    assert detect(data) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_malformed_text_spoils_its_own_line_alone(encoding: str) -> None:
    broken = "\ud800".encode(encoding, errors="surrogatepass")
    data = b"".join(
        [ENCODINGS[encoding], "a\nb".encode(encoding), broken, "\nc".encode(encoding), b"x"]
    )

    lines = list(read_lines(to_utf8(chunks(data), encoding)))

    assert [re.sub("[^abc]", "", line.data.decode(errors="ignore")) for line in lines] == list(
        "abc"
    )
    assert text_of(lines[0]) == "a"
    for line in lines[1:]:  # the last one ends within a character
        with pytest.raises(InvalidLine, match="malformed in the encoding of the file's byte order"):
            text_of(line)


def test_a_line_that_is_no_text_is_refused_where_it_stands() -> None:
    lines = [Line(1, 0, b"one", 4), Line(2, 4, b" \t", 3), Line(3, 7, b"a\xff", 3)]
    assert list(read_tasks(lines)) == [
        ListedTask(1, 0, b"one", "one"),
        Refused(3, "not UTF-8: invalid start byte at byte 1", b"a\xff", 7),
    ]


@pytest.mark.parametrize(
    ("data", "length", "sentence"),
    [
        (b"a" + MALFORMED, 4, "malformed in the encoding of the file's byte order mark"),
        (b"a\xff", 3, "not UTF-8: invalid start byte at byte 1"),
        (
            b"a\0",
            3,
            "has NUL characters: must be UTF-8, or UTF-16 or UTF-32 with a byte order mark",
        ),
        (b"a", 245_761, "a line of 245761 bytes: at most 245760 (240 KiB)"),
    ],
)
def test_the_reason_of_a_refused_line_says_what_is_wrong_with_it(
    data: bytes, length: int, sentence: str
) -> None:
    with pytest.raises(InvalidLine, match=f"^{re.escape(sentence)}$"):
        text_of(Line(1, 0, data, length))
    assert text_of(Line(1, 0, b"a", 245_760)) == "a"
