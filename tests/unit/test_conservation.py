"""No line of a list vanishes: it is a task or it is refused, whatever its bytes and its source."""

from __future__ import annotations

import codecs
import gzip
import io
import itertools
import json
import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from task_scheduler.queue.message import Message
from task_scheduler.queue.task_id import TaskId
from task_scheduler.runs.run import Run
from task_scheduler.task_list import task_file
from task_scheduler.task_list.listed import Refused
from tests.unit.conftest import read_list

EXAMPLES = int(os.environ.get("CONSERVATION_EXAMPLES", "100"))

WORD = object()
"""Becomes a word that no other place of the list has."""

pieces = st.lists(st.integers(1, 7), min_size=1, max_size=4)
fragments = st.lists(
    st.sampled_from(
        [WORD, WORD, WORD, '"', '"', '""', ",", ",", ";", "\t", " ", "é", "\u2028", "\x0c", "{",
         "}", "\0", '"text"', '{"args": {}}', "\udcff", "\n", "\n", "\r", "\r\n", '",\n"', "\ufeff"]
    ),
    max_size=40,
)  # fmt: skip


def _text(parts: list[Any]) -> str:
    text = "".join(f"w{n}w" if part is WORD else part for n, part in enumerate(parts))
    return text.lstrip("\0")  # after UTF-16's byte order mark a NUL makes it that of UTF-32


encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32-le"])
_MARKS = {
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
}


def _encode(text: str, encoding: str) -> bytes:
    if encoding.startswith("utf-8"):
        return _MARKS.get(encoding, b"") + text.encode(errors="surrogateescape")
    return _MARKS[encoding] + text.encode(encoding, errors="surrogatepass")


def _lines(text: str) -> list[int]:
    """The numbers of the lines that are not blank, by Python's own universal newlines."""
    data = io.BytesIO(text.encode(errors="surrogatepass"))
    reader = io.TextIOWrapper(data, "utf-8", "surrogatepass", newline=None)
    return [
        number
        for number, line in enumerate(reader, start=1)
        if line.removeprefix("\ufeff").encode(errors="surrogatepass").strip()
    ]


@dataclass
class Cut:
    """The clock of an invocation that has time for so many looks at it."""

    looks: int

    def __call__(self) -> bool:
        self.looks -= 1
        return self.looks < 0


Entries = list[Message | Refused]


def _read_whole(run: Run, folder: Path) -> Entries:
    read = read_list(run, folder)
    assert (read.rest, read.incomplete) == (None, None)
    return read.entries


def _read_in_pieces(run: Run, folder: Path, sizes: list[int]) -> Entries:
    entries: Entries = []
    more = 0
    for size in itertools.cycle(sizes):
        read = read_list(run, folder, Cut(size + more))
        assert read.incomplete is None
        entries += read.entries
        if read.rest is None:
            return entries
        # with no time even for one line the run fails, and says so
        more = more * 2 + 1 if read.rest.line == run.cursor.line else more // 2
        event = json.loads(json.dumps(run.event(read.rest)))
        run = Run.from_event(event, request_id="another")
    raise AssertionError("unreachable")


def _run(**attributes: Any) -> Run:
    event = {"version": 1, "schedule": "s", "task": "t", **attributes}
    return Run.from_event(event, request_id="r")


def _numbers(entries: Entries) -> list[int]:
    return [
        entry.number if isinstance(entry, Refused) else TaskId.parse(entry.id).position or 0
        for entry in entries
    ]


def _words(entries: Entries) -> Counter[str]:
    """The words of the tasks, and of what is quoted of the lines that are refused."""
    return Counter(
        word
        for entry in entries
        for word in re.findall(
            r"w\d+w",
            entry.data.decode(errors="replace")
            if isinstance(entry, Refused)
            else json.dumps([entry.text, entry.task, entry.message_group, dict(entry.args)]),
        )
    )


def _check(run: Run, folder: Path, sizes: list[int], chunk: int) -> Entries:
    whole = _read_whole(run, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_file, "CHUNK_BYTES", chunk)
        assert _read_in_pieces(run, folder, sizes) == whole
    return whole


@pytest.mark.parametrize("kind", ["txt", "jsonl"])
@given(
    parts=fragments, encoding=encodings, packed=st.booleans(), sizes=pieces,
    chunk=st.integers(4, 60),
)  # fmt: skip
@settings(deadline=None, max_examples=EXAMPLES)
def test_each_line_that_is_not_blank_is_a_task_or_is_refused(
    kind: str, parts: list[Any], encoding: str, packed: bool, sizes: list[int], chunk: int
) -> None:
    text = _text(parts)
    data = _encode(text, encoding)
    with tempfile.TemporaryDirectory() as folder:
        name = f"list.{kind}{'.gz' if packed else ''}"
        Path(folder, name).write_bytes(gzip.compress(data) if packed else data)

        entries = _check(_run(tasks_file=name), Path(folder), sizes, chunk)

    if not text.startswith(("\ufeff", "\0")):  # another mark, or that of UTF-32
        assert _numbers(entries) == _lines(text)
    assert _words(entries) == Counter(re.findall(r"w\d+w", text))


@given(
    parts=fragments, encoding=encodings, packed=st.booleans(), sizes=pieces,
    chunk=st.integers(4, 60), header=st.sampled_from(["a,b\n", "task;a;b\r\n", "a\r", "a\tb\t\n"]),
)  # fmt: skip
@settings(deadline=None, max_examples=2 * EXAMPLES)
def test_no_word_of_a_csv_file_vanishes_and_none_is_doubled(
    parts: list[Any], encoding: str, packed: bool, sizes: list[int], chunk: int, header: str
) -> None:
    text = _text(parts)
    data = _encode(header + text, encoding)
    with tempfile.TemporaryDirectory() as folder:
        name = f"list.csv{'.gz' if packed else ''}"
        Path(folder, name).write_bytes(gzip.compress(data) if packed else data)

        entries = _check(_run(tasks_file=name), Path(folder), sizes, chunk)

    assert _words(entries) == Counter(re.findall(r"w\d+w", text))
    numbers = _numbers(entries)
    assert all(before < after for before, after in itertools.pairwise(numbers))


class S3:
    """An S3 client with one object."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def get_object(self, *, Range: str, **_: Any) -> Any:  # noqa: N803
        offset = int(Range.removeprefix("bytes=").removesuffix("-"))
        return {"Body": io.BytesIO(self.data[offset:]), "ETag": '"e"'}


@given(
    parts=fragments, encoding=encodings, packed=st.booleans(), sizes=pieces,
    chunk=st.integers(4, 60),
)  # fmt: skip
@settings(deadline=None, max_examples=EXAMPLES)
def test_no_line_of_an_s3_object_vanishes(
    parts: list[Any], encoding: str, packed: bool, sizes: list[int], chunk: int
) -> None:
    text = _text(parts)
    data = _encode(text, encoding)
    s3 = S3(gzip.compress(data) if packed else data)
    uri = f"s3://bucket/list.txt{'.gz' if packed else ''}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("task_scheduler.aws.s3", lambda: s3)
        patch.setattr("task_scheduler.task_list.s3_object.READ_BYTES", chunk + 3)

        entries = _check(_run(tasks_s3_uri=uri), Path(), sizes, chunk)

    assert _words(entries) == Counter(re.findall(r"w\d+w", text))


@given(texts=st.lists(st.text(), max_size=12), sizes=pieces)
def test_each_inline_text_is_a_task(texts: list[str], sizes: list[int]) -> None:
    entries = _check(_run(tasks=texts), Path(), sizes, 4)

    assert [entry.text for entry in entries if isinstance(entry, Message)] == texts


values = st.one_of(
    st.text(),
    st.integers(),
    st.none(),
    st.fixed_dictionaries({}, optional={"args": st.dictionaries(st.text(), st.text(), max_size=2)}),
    st.dictionaries(st.sampled_from(["task", "args", "message_group", "retries"]), st.text()),
    st.builds(object),
)


@given(yielded=st.lists(values, max_size=30), sizes=pieces)
@settings(deadline=None)
def test_each_value_of_a_generator_is_a_task_or_is_refused(
    yielded: list[Any], sizes: list[int]
) -> None:
    source = SimpleNamespace(
        name="g",
        accepts_cursor=True,
        check_arguments=lambda _args: None,
        tasks_from=lambda position, _args: iter(yielded[position - 1 :]),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "task_scheduler.task_list.generator.find_task_source", lambda _name, _folder: source
        )
        whole = _read_whole(_run(tasks_source="g"), Path())
        in_pieces = _read_in_pieces(_run(tasks_source="g"), Path(), sizes)

    assert _numbers(whole) == _numbers(in_pieces) == list(range(1, len(yielded) + 1))
    assert [entry for entry in whole if isinstance(entry, Message)] == [
        entry for entry in in_pieces if isinstance(entry, Message)
    ]
