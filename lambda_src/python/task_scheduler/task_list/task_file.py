"""A list in a file or an S3 object: text lines, JSON lines or CSV rows, packed or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from task_scheduler.errors import IncompleteRun, InvalidLine, InvalidRun
from task_scheduler.runs.run import Cursor
from task_scheduler.task_list import csv_tasks, encodings, json_lines, text_lines
from task_scheduler.task_list.csv_tasks import Header
from task_scheduler.task_list.listed import Listed
from task_scheduler.task_list.out_of_time import IsTimeUp, OutOfTime
from task_scheduler.task_list.text_lines import Line, read_lines

CHUNK_BYTES = 64 * 1024

KINDS = (".txt", ".jsonl", ".csv")


class Storage(Protocol):
    """A place where a file lies, and what pins the file."""

    @property
    def label(self) -> str:
        """The attribute of the schedule that names the file, and its name."""

    def open(self, offset: int) -> BinaryIO:
        """Open the file at an offset in bytes.

        Raises:
            IncompleteRun: it is not what it was when the list was begun.
            InvalidRun, OSError: it cannot be read.
        """

    def pin(self, cursor: Cursor) -> Cursor:
        """Add what tells this version of the file from others to a cursor."""


class FileTasks:
    """The tasks of a file.

    Args:
        name: the name of the file; its ending says of which kind it is.
        storage: where it lies.

    Raises:
        InvalidRun: it is of no kind that can be read.
    """

    watches_time = False

    def __init__(self, name: str, storage: Storage) -> None:
        path = PurePosixPath(name)
        self._is_packed = path.suffix == ".gz"
        self._kind = PurePosixPath(path.stem).suffix if self._is_packed else path.suffix
        self._storage = storage
        self._encoding: str | None = None
        self._header: Header | None = None
        if self._kind not in KINDS:
            raise InvalidRun(
                f"{storage.label}: must end in .txt, .jsonl or .csv, or one of them and .gz"
            )

    def read(self, cursor: Cursor, is_time_up: IsTimeUp) -> Iterator[Listed]:
        """Read the tasks from a cursor on."""
        read = cursor.line - 1
        self._encoding = cursor.encoding
        if cursor.header is not None:
            self._header = Header(cursor.header, cursor.separator or ",")
        try:
            with ExitStack() as opened:
                chunks = self._chunks(cursor, is_time_up, opened)
                lines = read_lines(
                    chunks, number=cursor.line, offset=cursor.offset, is_time_up=is_time_up
                )
                for listed in self._tasks(lines):
                    read = listed.number
                    yield listed
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            if read:  # Lambda would repeat the invocation, and send what was sent once more
                raise IncompleteRun(
                    f"{self._storage.label}: cannot be unpacked after line {read}: {error}"
                ) from error
            raise InvalidRun(f"{self._storage.label}: {error}") from error
        except OSError as error:
            raise InvalidRun(f"{self._storage.label}: {error.strerror or error}") from error

    def cursor_at(self, number: int, offset: int) -> Cursor:
        """Return the cursor at a line, with what pins the file."""
        header = self._header
        cursor = Cursor(
            line=number,
            offset=offset,
            header=header.names if header else None,
            separator=header.separator if header else None,
            encoding=self._encoding,
        )
        return self._storage.pin(cursor)

    def _tasks(self, lines: Iterator[Line]) -> Iterator[Listed]:
        if self._kind == ".txt":
            return text_lines.read_tasks(lines)
        if self._kind == ".jsonl":
            return json_lines.read_tasks(lines)
        if self._header is None:
            try:
                self._header = csv_tasks.read_header(lines)
            except InvalidLine as refused:
                raise InvalidRun(f"{self._storage.label}: the header: {refused}") from refused
        return csv_tasks.read_tasks(lines, self._header) if self._header else iter(())

    def _chunks(self, cursor: Cursor, is_time_up: IsTimeUp, opened: ExitStack) -> Iterator[bytes]:
        """Return the unpacked file as UTF-8, from the cursor on."""
        if cursor.offset and not self._is_packed and self._encoding is None:
            return _chunks_of(opened.enter_context(self._storage.open(cursor.offset)))
        # of these kinds only the beginning can be found: what is before the cursor is read again
        stream: BinaryIO = opened.enter_context(self._storage.open(0))
        if self._is_packed:
            stream = opened.enter_context(gzip.GzipFile(fileobj=stream))  # type: ignore[assignment]
        chunks = _chunks_of(stream)
        first = next(chunks, b"")
        self._encoding = encodings.detect(first)
        chunks = chain([first], chunks)
        if self._encoding is not None:
            chunks = encodings.to_utf8(chunks, self._encoding)
        return _skip(chunks, cursor, is_time_up) if cursor.offset else chunks


def _chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    read: Callable[[], bytes] = partial(stream.read, CHUNK_BYTES)
    return iter(read, b"")


def _skip(chunks: Iterator[bytes], cursor: Cursor, is_time_up: IsTimeUp) -> Iterator[bytes]:
    """Skip what is before the cursor's offset."""
    left = cursor.offset
    for chunk in chunks:
        if len(chunk) > left:
            yield chunk[left:]
            break
        left -= len(chunk)
        if is_time_up():
            raise OutOfTime(cursor.line, cursor.offset)
    yield from chunks
