"""Where a schedule's tasks come from: an inline list, a file, an S3 object or a generator.

All are read one task at a time, and can be gone on with from a cursor.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from task_scheduler import aws
from task_scheduler.errors import IncompleteRun, InvalidLine, InvalidRun
from task_scheduler.observability.log import reason_of
from task_scheduler.queue.message import Message
from task_scheduler.queue.validation import check_attributes
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.csv_rows import Rows
from task_scheduler.task_list.s3_object import S3Object
from task_scheduler.task_list.text_lines import Line, read_lines, text_of
from task_scheduler.tasks.registered import TaskSource
from task_scheduler.tasks.registry import find_task_source

Fields = dict[str, Any]
"""What a line says of its task: its text, or its task, args and message_group."""

Place = tuple[Line, Callable[[], Fields]]
"""A line, and what reads it; raises InvalidLine if it is no task."""

READ_BYTES = 256 * 1024
"""How much of an S3 object is read at once."""

_FIELD_TYPES = {"task": str, "args": dict, "message_group": str}


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is no task.

    Attributes:
        number: of the line in the file, or of the task in the list, from 1.
        reason: why.
        data: the line, or the beginning of one that is too long.
    """

    number: int
    reason: str
    data: bytes


class TaskList:
    """Every task of a run in the list's order, as message and body; and every line that is none.

    Attributes:
        run: whose messages it makes; another may take its place while the list is iterated.

    Iterating raises:
        InvalidRun: the list cannot be read, is of an unknown kind, or has no usable header.
        IncompleteRun: the generator raised.
        LookupError, ImportError: there is no such generator; says why.
    """

    def __init__(self, run: Run, task_folder: Path) -> None:
        self.run = run
        self._folder = task_folder
        self._line = Line(run.cursor.line, run.cursor.offset, b"", 0)
        self._header = run.cursor.header
        self._etag = run.cursor.etag
        self._source: TaskSource | None = None

    @property
    def cursor(self) -> Cursor:
        """Where another invocation goes on with the task last returned, that one included.

        Raises:
            IncompleteRun: the generator cannot be gone on with.
        """
        if self._source is not None and not self._source.accepts_cursor:
            raise IncompleteRun(
                f"no time for more than {self._line.number - 1} tasks: raise send_task_timeout, or "
                f"let @task_source({self._source.name!r}) accept a cursor"
            )
        return Cursor(
            line=self._line.number, offset=self._line.offset, header=self._header, etag=self._etag
        )

    def __iter__(self) -> Iterator[tuple[Message, str] | Refused]:
        for line, read in self._places():
            self._line = line
            if self.run.only is not None:
                if line.number > self.run.only:
                    return
                if line.number < self.run.only:
                    continue
            try:
                fields = read()
                message = self.run.message(line.number, **fields)
                if message.task is None and message.text is None:
                    raise InvalidLine("names no task, and neither does its schedule")
                yield message, message.encode()
            except InvalidLine as refused:
                yield Refused(line.number, str(refused), line.data)

    def _places(self) -> Iterator[Place]:
        run = self.run
        if run.tasks is not None:
            first = run.cursor.line
            yield from _read_values(run.tasks[first - 1 :], first)
        elif run.tasks_source is not None:
            yield from self._generate(run.tasks_source)
        elif run.tasks_file is not None:
            yield from self._read_file("tasks_file", run.tasks_file)
        elif run.tasks_s3_uri is not None:
            yield from self._read_file("tasks_s3_uri", run.tasks_s3_uri)
        else:
            yield Line(1, 0, b"", 0), dict

    def _generate(self, name: str) -> Iterator[Place]:
        self._source = find_task_source(name, self._folder)
        first = self.run.cursor.line
        tasks = first - 1
        try:
            for line, read in _read_values(self._source.tasks_from(first), first):
                tasks = line.number
                yield line, read
        except Exception as error:
            raise IncompleteRun(
                f"@task_source({name!r}) raised after {tasks} tasks: "
                f"{type(error).__name__}: {reason_of(error)}",
                goes_on_at=tasks + 1 if self._source.accepts_cursor else None,
            ) from error

    def _read_file(self, attribute: str, name: str) -> Iterator[Place]:
        where, path = f"{attribute} {name!r}", PurePosixPath(name)
        kind = PurePosixPath(path.stem).suffix if path.suffix == ".gz" else path.suffix
        if kind not in (".txt", ".jsonl", ".csv"):
            raise InvalidRun(f"{where}: must end in .txt, .jsonl or .csv, or one of them and .gz")
        try:
            with self._open(name) as stream:
                lines = read_lines(
                    stream, number=self.run.cursor.line, offset=self.run.cursor.offset
                )
                if kind == ".csv":
                    yield from self._read_csv(where, Rows(lines))
                else:
                    parse = _text if kind == ".txt" else _json
                    for line in lines:
                        if line.data.strip():
                            yield line, partial(parse, line)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidRun(f"{where}: {getattr(error, 'strerror', None) or error}") from error

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        """The list's decompressed bytes from the cursor on."""
        offset = self.run.cursor.offset
        if not name.endswith(".gz"):
            with self._open_raw(name, offset) as stream:
                yield stream
        else:
            with self._open_raw(name, 0) as packed, gzip.GzipFile(fileobj=packed) as unpacked:
                unpacked.seek(offset)
                yield cast(BinaryIO, unpacked)

    def _open_raw(self, name: str, offset: int) -> BinaryIO:
        if self.run.tasks_s3_uri is None:
            stream = (self._folder / name).open("rb")
            stream.seek(offset)
            return stream
        s3_object = S3Object(aws.s3(), name, offset=offset, etag=self._etag)
        self._etag = s3_object.etag
        return io.BufferedReader(s3_object, buffer_size=READ_BYTES)

    def _read_csv(self, where: str, rows: Rows) -> Iterator[Place]:
        if self._header is None and (first := rows.next_line()):
            try:
                self._header = _header(rows.row(first))
            except InvalidLine as refused:
                raise InvalidRun(f"{where}: the header: {refused}") from refused
        while line := rows.next_line():
            if line.data.strip():
                yield line, partial(_cells, rows, line, self._header or [])


def _read_values(values: Iterator[Any] | list[Any], first: int) -> Iterator[Place]:
    for number, value in enumerate(values, start=first):
        data = str(value).encode(errors="backslashreplace")
        yield Line(number, 0, data, len(data)), partial(_fields, value)


def _text(line: Line) -> Fields:
    return {"text": text_of(line)}


def _json(line: Line) -> Fields:
    try:
        value = json.loads(text_of(line))
    except (ValueError, RecursionError) as error:
        raise InvalidLine(f"no JSON: {error}") from error
    return _fields(value)


def _fields(value: Any) -> Fields:
    match value:
        case str():
            return {"text": value}
        case Mapping():
            check_attributes(value, _FIELD_TYPES, InvalidLine)
            return dict(value)
    raise InvalidLine(f"a {type(value).__name__}: must be a text, or an object of task and args")


def _header(names: list[str]) -> list[str]:
    if not names or "" in names or len(set(names)) != len(names):
        raise InvalidLine(f"{', '.join(names)!r}: each column needs a name of its own")
    return names


def _cells(rows: Rows, line: Line, header: list[str]) -> Fields:
    cells = dict(zip(header, rows.row(line, columns=len(header)), strict=True))
    reserved = {name: cells.pop(name, "") or None for name in ("task", "message_group")}
    return {**reserved, "args": cells}
