"""Cursors: however a list is cut into invocations, the messages and their ids are the same."""

from __future__ import annotations

import gzip
import itertools
import json
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from task_scheduler.errors import IncompleteRun, InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.task_list import Refused, TaskList
from task_scheduler_local.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Listed = Message | Refused

cells = st.text(st.sampled_from('ab,;"\n\r é\u2028{'), max_size=6)
csv_rows = st.lists(st.tuples(cells, cells), max_size=12)
text_lines = st.lists(st.text(st.sampled_from('ab"é\u2028 {}'), max_size=8), max_size=15)


def _quote(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _csv(rows: list[tuple[str, str]], stray: list[int]) -> bytes:
    lines = [f"{_quote(first)},{_quote(second)}" for first, second in rows]
    for place in stray:
        lines.insert(place % (len(lines) + 1), 'one " quote too many,x')
    return ("\n".join(["first,second", *lines]) + "\n").encode()


def _jsonl(texts: list[str]) -> bytes:
    return "\r\n".join(json.dumps(text) if text != "b" else text for text in texts).encode()


files = st.one_of(
    st.tuples(
        st.just("t.csv"), st.builds(_csv, csv_rows, st.lists(st.integers(0, 20), max_size=3))
    ),
    st.tuples(st.just("t.jsonl"), st.builds(_jsonl, text_lines)),
    st.tuples(st.just("t.txt"), text_lines.map(lambda lines: "\n".join(lines).encode())),
)


def _read(
    run: Run, folder: Path, stop_after: int | None = None
) -> tuple[list[Listed], Cursor | None]:
    """What an invocation lists, and where the next one goes on."""
    task_list = TaskList(run, folder)
    listed: list[Listed] = []
    for place in task_list:
        if len(listed) == stop_after:
            # it goes through JSON on its way to the next invocation
            event = json.loads(json.dumps(run.continued(task_list.cursor)))
            return listed, Run.from_event(event, request_id="another").cursor
        listed.append(place if isinstance(place, Refused) else place[0])
    return listed, None


def _in_pieces(run: Run, folder: Path, pieces: list[int]) -> list[Listed]:
    listed: list[Listed] = []
    for size in itertools.cycle(pieces):
        part, cursor = _read(run, folder, size)
        listed += part
        if cursor is None:
            return listed
        run = replace(run, cursor=cursor)
    raise AssertionError("unreachable")


def _run(**attributes: Any) -> Run:
    return Run.from_event(
        {"version": 1, "schedule": "s", "task": "t", **attributes}, request_id="r"
    )


@given(file=files, pieces=st.lists(st.integers(1, 7), min_size=1, max_size=5), packed=st.booleans())
@settings(deadline=None, max_examples=300)
def test_any_split_of_a_file_gives_the_same_messages_with_the_same_ids(
    file: tuple[str, bytes], pieces: list[int], packed: bool
) -> None:
    name, content = file
    with tempfile.TemporaryDirectory() as folder:
        if packed:
            name, content = f"{name}.gz", gzip.compress(content)
        Path(folder, name).write_bytes(content)
        run = _run(tasks_file=name)

        whole, _ = _read(run, Path(folder))

        assert _in_pieces(run, Path(folder), pieces) == whole


def test_an_inline_list_goes_on_at_its_position(tmp_path: Path) -> None:
    run = _run(tasks=[str(number) for number in range(10)])

    assert _in_pieces(run, tmp_path, [3]) == _read(run, tmp_path)[0]


def test_a_continued_run_keeps_its_key() -> None:
    event = _run(tasks=["a"]).continued(Cursor(line=7))

    run = Run.from_event(json.loads(json.dumps(event)), request_id="another")

    assert (run.key, run.cursor.line) == ("s@r", 7)


SOURCES = """
    from task_scheduler import task_source

    @task_source("pages")
    def pages(cursor):
        for number in range(cursor, 20):
            yield {"task": "t", "args": {"n": number}}

    @task_source("all")
    def all_at_once():
        yield from map(str, range(20))

    @task_source("half")
    def half():
        yield "one"
        yield {"no": "task"}
        yield "three"
        raise OSError("the service went away")
"""


def test_a_generator_that_accepts_a_cursor_can_be_split(write_tasks: Callable[..., Path]) -> None:
    folder, run = write_tasks(sources=SOURCES), _run(tasks_source="pages")

    whole, _ = _read(run, folder)

    assert len(whole) == 20
    assert _in_pieces(run, folder, [6]) == whole


def test_what_a_generator_yields_that_is_no_task_is_quoted(
    write_tasks: Callable[..., Path],
) -> None:
    code = """
        from pathlib import Path
        from task_scheduler import task_source

        @task_source("odd")
        def odd(cursor):
            yield Path("a\\udcff")
            yield "two"
    """
    task_list = TaskList(_run(tasks_source="odd"), write_tasks(sources=code))
    refused, _ = task_list

    assert isinstance(refused, Refused)
    assert (refused.number, refused.data) == (1, rb"a\udcff")
    assert task_list.cursor == Cursor(line=2)


def test_a_generator_that_accepts_none_is_incomplete_when_it_is_stopped(
    write_tasks: Callable[..., Path],
) -> None:
    folder, run = write_tasks(sources=SOURCES), _run(tasks_source="all")

    assert len(_read(run, folder)[0]) == 20
    with pytest.raises(IncompleteRun, match=r"no time for more than 5 tasks.*accept a cursor"):
        _read(run, folder, 5)


def test_a_generator_that_raises_half_way_says_after_how_many_tasks(
    write_tasks: Callable[..., Path],
) -> None:
    task_list = iter(TaskList(_run(tasks_source="half"), write_tasks(sources=SOURCES)))

    places = [next(task_list) for _ in range(3)]

    assert [isinstance(place, Refused) for place in places] == [False, True, False]
    with pytest.raises(IncompleteRun, match="raised after 3 tasks: OSError: the service went"):
        next(task_list)


@pytest.mark.parametrize(("line", "sent"), [(1, 0), (4, 3)])
def test_a_generator_that_raises_at_once_says_how_many_tasks_were_sent_before(
    write_tasks: Callable[..., Path], line: int, sent: int
) -> None:
    code = """
        from task_scheduler import task_source

        @task_source("pages")
        def pages(cursor):
            raise OSError("the service went away")
    """
    run = replace(_run(tasks_source="pages"), cursor=Cursor(line=line))

    with pytest.raises(IncompleteRun, match=f"raised after {sent} tasks: OSError") as told:
        list(TaskList(run, write_tasks(sources=code)))
    assert told.value.goes_on_at == line


@pytest.fixture
def bucket(emulator: Emulator, sqs: object) -> str:
    assert sqs  # sets the environment
    name = f"test-{uuid.uuid4().hex}"
    _s3().create_bucket(Bucket=name)
    return name


def _s3() -> S3Client:
    client: S3Client = boto3.client("s3")
    return client


@pytest.mark.parametrize("name", ["list.txt", "folder/list.txt.gz"])
def test_an_s3_object_is_listed_like_a_file_and_can_be_split(
    bucket: str, name: str, tmp_path: Path
) -> None:
    content = "".join(f"line {number}\n" for number in range(500)).encode()
    _s3().put_object(
        Bucket=bucket, Key=name, Body=gzip.compress(content) if name.endswith("gz") else content
    )
    run = _run(tasks_s3_uri=f"s3://{bucket}/{name}")

    whole, _ = _read(run, tmp_path)

    assert len(whole) == 500
    assert _in_pieces(run, tmp_path, [120, 301]) == whole


def test_an_object_that_is_replaced_half_way_fails_the_run(bucket: str, tmp_path: Path) -> None:
    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"a\nb\nc\n")
    run = _run(tasks_s3_uri=f"s3://{bucket}/list.txt")
    _, cursor = _read(run, tmp_path, 1)
    assert cursor is not None

    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"x\ny\nz\n")

    with pytest.raises(InvalidRun, match="was replaced while its tasks were being sent"):
        _read(replace(run, cursor=cursor), tmp_path)


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("s3://{bucket}/gone.txt", "there is no such object"),
        ("s3://{bucket}-gone/list.txt", "there is no such bucket"),
        ("s3://{bucket}/list.yaml", "must end in"),
    ],
)
def test_an_object_that_is_not_there_fails_the_run_and_is_named(
    bucket: str, uri: str, problem: str, tmp_path: Path
) -> None:
    run = _run(tasks_s3_uri=uri.format(bucket=bucket))

    with pytest.raises(InvalidRun, match=rf"tasks_s3_uri 's3://{bucket}.*{problem}"):
        _read(run, tmp_path)


def test_what_else_s3_says_is_told_in_its_own_words(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_object(**_: object) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "not so fast"}}, "GetObject")

    monkeypatch.setattr("task_scheduler.aws.s3", lambda: SimpleNamespace(get_object=get_object))

    with pytest.raises(InvalidRun, match=r"list\.txt': .*\(SlowDown\).*not so fast"):
        _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt"), tmp_path)


def test_an_empty_object_is_an_empty_list(bucket: str, tmp_path: Path) -> None:
    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"")

    assert _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt"), tmp_path) == ([], None)


class Breaking:
    """An S3 client whose connections break after so many bytes."""

    def __init__(self, client: S3Client, after: int) -> None:
        self.client, self.after = client, after
        self.connections = self.closed = 0

    def get_object(self, **request: Any) -> Any:
        from botocore.exceptions import ResponseStreamingError

        answer = self.client.get_object(**request)
        body, left = answer["Body"], self.after
        self.connections += 1
        breaking = self

        class Body:
            def read(self, size: int) -> bytes:
                nonlocal left
                if not left:
                    raise ResponseStreamingError(error="reset")
                data = body.read(min(size, left))
                left -= len(data)
                return data

            def close(self) -> None:
                body.close()
                breaking.closed += 1

        return {**answer, "Body": Body()}


def test_an_object_is_let_go_of_where_its_list_is_left(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its connection would be one that no other request of the sandbox gets."""
    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"a\n" * 1_000_000)
    client = Breaking(_s3(), after=1_000_000)
    monkeypatch.setattr("task_scheduler.aws.s3", lambda: client)

    listed, _ = _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt"), tmp_path, 5)

    assert len(listed) == 5
    assert (client.connections, client.closed) == (1, 1)


def test_a_connection_that_breaks_is_replaced_by_one_for_the_rest(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "".join(f"line {number}\n" for number in range(1_000)).encode()
    _s3().put_object(Bucket=bucket, Key="list.txt.gz", Body=gzip.compress(content))
    breaking = Breaking(_s3(), after=700)
    monkeypatch.setattr("task_scheduler.aws.s3", lambda: breaking)

    listed, _ = _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt.gz"), tmp_path)

    assert [place.text for place in listed if isinstance(place, Message)] == [
        f"line {number}" for number in range(1_000)
    ]
    assert breaking.connections > 2


def test_a_connection_that_breaks_again_and_again_fails_the_run(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"a\nb\n")
    breaking = Breaking(_s3(), after=0)
    monkeypatch.setattr("task_scheduler.aws.s3", lambda: breaking)

    with pytest.raises(InvalidRun, match=r"list\.txt': the connection broke 5 times in a row"):
        _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt"), tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b"a\n" * 9_999, mtime=0)[:-20],
        gzip.compress(b"a\n" * 99, mtime=0)[:20] + b"x" * 50,
    ],
)
def test_a_file_that_cannot_be_unpacked_fails_the_run_and_is_named(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "t.txt.gz").write_bytes(content)

    with pytest.raises(InvalidRun, match=r"tasks_file 't\.txt\.gz': "):
        _read(_run(tasks_file="t.txt.gz"), tmp_path)
