"""Cursors: however a list is cut into invocations, the messages and their ids are the same."""

from __future__ import annotations

import gzip
import itertools
import json
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from task_scheduler.errors import InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.generator import GeneratedTasks, _checksum
from task_scheduler.task_list.listed import Refused, read_value
from task_scheduler_local.emulator import Emulator
from tests.unit.conftest import Read, read_list

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Entries = list[Message | Refused]


def _read(run: Run, folder: Path, stop_after: int | None = None) -> Read:
    """Return the entries that an invocation lists with time for so many."""
    looks = itertools.count()
    return read_list(run, folder, lambda: stop_after is not None and next(looks) >= stop_after)


def _next(run: Run, rest: Cursor) -> Run:
    """The run as the next invocation gets it: it goes through JSON on its way."""
    return Run.from_event(json.loads(json.dumps(run.event(rest))), request_id="another")


def _in_pieces(run: Run, folder: Path, pieces: list[int]) -> Entries:
    entries: Entries = []
    for size in itertools.cycle(pieces):
        read = _read(run, folder, size)
        assert read.incomplete is None
        entries += read.entries
        if read.rest is None:
            return entries
        assert read.rest.line > run.cursor.line
        run = _next(run, read.rest)
    raise AssertionError("unreachable")


def _run(**attributes: Any) -> Run:
    return Run.from_event(
        {"version": 1, "schedule": "s", "task": "t", **attributes}, request_id="r"
    )


def test_an_inline_list_goes_on_at_its_position(tmp_path: Path) -> None:
    run = _run(tasks=[str(number) for number in range(10)])

    assert _in_pieces(run, tmp_path, [3]) == _read(run, tmp_path).entries


def test_a_continued_run_keeps_its_key() -> None:
    event = _run(tasks=["a"]).event(Cursor(line=7))

    run = Run.from_event(json.loads(json.dumps(event)), request_id="another")

    assert (run.key, run.cursor.line) == ("s@request-r", 7)


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

    whole = _read(run, folder).entries

    assert len(whole) == 20
    assert _in_pieces(run, folder, [6]) == whole
    assert _in_pieces(run, folder, [1, 13]) == whole


def test_what_a_generator_yields_that_is_not_a_task_is_quoted(
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
    read = _read(_run(tasks_source="odd"), write_tasks(sources=code))

    refused, _ = read.entries
    assert isinstance(refused, Refused)
    assert (refused.number, refused.data) == (1, rb"a\udcff")


def test_a_generator_may_yield_the_same_dict_again_with_other_contents(
    write_tasks: Callable[..., Path],
) -> None:
    code = """
        from task_scheduler import task_source

        @task_source("same")
        def same(cursor):
            task = {"args": {"n": [0]}}
            for number in range(cursor, 20):
                task["args"]["n"][0] = number
                yield task
    """
    folder, run = write_tasks(sources=code), _run(tasks_source="same")

    whole = _read(run, folder).entries

    assert [entry.args for entry in whole if isinstance(entry, Message)] == [
        {"n": [number]} for number in range(20)
    ]
    assert _in_pieces(run, folder, [6]) == whole


def test_a_generator_without_a_cursor_is_incomplete_when_the_time_is_up(
    write_tasks: Callable[..., Path],
) -> None:
    folder, run = write_tasks(sources=SOURCES), _run(tasks_source="all")

    assert len(_read(run, folder).entries) == 20
    read = _read(run, folder, 5)
    assert len(read.entries) == 5
    assert "no time for more than 5 tasks" in str(read.incomplete)
    assert "accept a cursor" in str(read.incomplete)


@pytest.mark.parametrize(
    ("value", "checksum"),
    [
        ("a", "7bc5470201e9721e"),
        ("\ud800", "78ae49f56ff69428"),
        ({"task": "t", "args": {"n": 1}}, "b15eebe883e13954"),
        ({"task": "t", "args": {"f": print}}, "bd60fe4acc946353"),
        ({"no": "task"}, "c804d13f14f5f345"),
    ],
)
def test_a_checksum_stays_that_of_cursors_which_wait_to_be_gone_on_with(
    value: object, checksum: str
) -> None:
    assert _checksum(read_value(value, 1, 0, value)) == checksum


def test_a_generators_cursor_has_the_checksum_of_the_last_task_before_it(
    write_tasks: Callable[..., Path],
) -> None:
    source = GeneratedTasks("pages", write_tasks(sources=SOURCES), {})
    first, second, third = itertools.islice(source.read(Cursor(line=1), lambda: False), 3)

    assert source.cursor_at(3, 0) == Cursor(line=3, offset=0, checksums=[_checksum(second)])
    assert source.cursor_at(4, 0) == Cursor(line=4, offset=0, checksums=[_checksum(third)])
    assert (first.number, first.offset) == (1, 0)


def test_a_generator_that_raises_half_way_says_after_how_many_tasks(
    write_tasks: Callable[..., Path],
) -> None:
    read = _read(_run(tasks_source="half"), write_tasks(sources=SOURCES))

    assert [isinstance(entry, Refused) for entry in read.entries] == [False, True, False]
    assert "raised after 3 tasks: OSError: the service went" in str(read.incomplete)
    assert read.incomplete is not None
    assert read.incomplete.goes_on_at is None


@pytest.mark.parametrize(
    ("line", "checksums", "sent"), [(1, None, 0), (4, None, 3), (4, ["of the third"], 3)]
)
def test_a_generator_that_raises_at_once_says_how_many_tasks_were_sent_before(
    write_tasks: Callable[..., Path], line: int, checksums: list[str] | None, sent: int
) -> None:
    code = """
        from task_scheduler import task_source

        @task_source("pages")
        def pages(cursor):
            raise OSError("the service went away")
    """
    run = replace(_run(tasks_source="pages"), cursor=Cursor(line=line, checksums=checksums))

    read = _read(run, write_tasks(sources=code))

    assert f"raised after {sent} tasks: OSError" in str(read.incomplete)
    assert read.incomplete is not None
    assert read.incomplete.goes_on_at == line


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        ("list(reversed(range(40)))", "yields another task at position 26 than before"),
        ("[-1, *range(40)]", "yields another task at position 26 than before"),
        ("[*range(24), 40, *range(24, 40)]", "yields another task at position 26 than before"),
        ("range(20)", "yields fewer than the 26 tasks that were sent"),
        ("[]", "yields fewer than the 26 tasks that were sent"),
    ],
)
def test_a_generator_that_yields_something_else_when_it_goes_on_is_incomplete(
    write_tasks: Callable[..., Path], tmp_path: Path, later: str, reason: str
) -> None:
    """Its current entries would skip some of its tasks, and send others under new ids."""
    code = """
        from pathlib import Path
        from task_scheduler import task_source

        @task_source("moody")
        def moody(cursor):
            for number in list(eval(Path(__file__).with_name("numbers").read_text()))[cursor:]:
                yield {"args": {"n": number}}
    """
    folder, run = write_tasks(sources=code), _run(tasks_source="moody")
    (tmp_path / "numbers").write_text("range(40)")
    first = _read(run, folder, 25)
    assert first.rest is not None
    assert first.rest.line == 27

    (tmp_path / "numbers").write_text(later)
    second = _read(_next(run, first.rest), folder)

    assert second.entries == []
    assert reason in str(second.incomplete)
    assert second.incomplete is not None
    assert second.incomplete.goes_on_at is None


def test_a_generator_that_takes_all_of_the_time_for_a_task_sends_one_in_each_invocation(
    write_tasks: Callable[..., Path],
) -> None:
    folder = write_tasks(
        sources="""
            from task_scheduler import task_source

            @task_source("slow")
            def slow(cursor):
                yield from map(str, range(cursor, 3))
        """
    )
    run, sent = _run(tasks_source="slow"), []
    for _ in range(3):
        read = _read(run, folder, 0)
        sent += [entry.text for entry in read.entries if isinstance(entry, Message)]
        assert read.rest is not None
        run = _next(run, read.rest)

    assert sent == ["0", "1", "2"]
    assert _read(run, folder).entries == []


def test_a_file_that_is_replaced_between_two_invocations_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("one\ntwo\nthree\n")
    run = _run(tasks_file="t.txt")
    first = _read(run, tmp_path, 1)
    assert first.rest is not None

    (tmp_path / "t.txt").write_text("ten\ntwo\nthree\n")
    second = _read(_next(run, first.rest), tmp_path)

    assert second.entries == []
    assert "tasks_file 't.txt': was replaced, by a deployment, while its" in str(second.incomplete)


def test_a_cursor_of_0_1_0_that_pins_no_file_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    event = _run(tasks_file="t.csv").event(Cursor())
    event["cursor"] = {"line": 3, "offset": 8, "header": ["a", "b"], "etag": None}

    read = _read(Run.from_event(event, request_id="another"), tmp_path)

    assert [entry.args for entry in read.entries if isinstance(entry, Message)] == [
        {"a": "3", "b": "4"}
    ]


@pytest.mark.parametrize("name", ["t.txt.gz", "t.csv.gz"])
def test_lines_without_a_task_do_not_make_an_invocation_overrun(tmp_path: Path, name: str) -> None:
    """60 million blank lines are a small file when they are packed."""
    lines = b"" if name == "t.txt.gz" else b"a,b\n"
    (tmp_path / name).write_bytes(gzip.compress(lines + b"\n" * 400_000 + b"last,1\n"))
    run = _run(tasks_file=name)

    read = _read(run, tmp_path, 3)

    assert read.entries == []
    assert read.rest is not None
    assert 150_000 < read.rest.line < 300_000
    [last] = _in_pieces(run, tmp_path, [3, 9])
    assert isinstance(last, Message)
    assert last.id == f"s@request-r#{400_001 + (name == 't.csv.gz')}"


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

    whole = _read(run, tmp_path).entries

    assert len(whole) == 500
    assert _in_pieces(run, tmp_path, [120, 301]) == whole


def test_an_object_that_is_replaced_half_way_is_incomplete(bucket: str, tmp_path: Path) -> None:
    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"a\nb\nc\n")
    run = _run(tasks_s3_uri=f"s3://{bucket}/list.txt")
    first = _read(run, tmp_path, 1)
    assert first.rest is not None

    _s3().put_object(Bucket=bucket, Key="list.txt", Body=b"x\ny\nz\n")
    second = _read(_next(run, first.rest), tmp_path)

    assert second.entries == []
    assert "was replaced while its tasks were being sent" in str(second.incomplete)


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

    assert _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt"), tmp_path) == Read([], None, None)


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

    read = _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt"), tmp_path, 5)

    assert len(read.entries) == 5
    assert (client.connections, client.closed) == (1, 1)


def test_a_connection_that_breaks_is_replaced_by_one_for_the_rest(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "".join(f"line {number}\n" for number in range(1_000)).encode()
    _s3().put_object(Bucket=bucket, Key="list.txt.gz", Body=gzip.compress(content))
    breaking = Breaking(_s3(), after=700)
    monkeypatch.setattr("task_scheduler.aws.s3", lambda: breaking)

    read = _read(_run(tasks_s3_uri=f"s3://{bucket}/list.txt.gz"), tmp_path)

    assert [place.text for place in read.entries if isinstance(place, Message)] == [
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


def test_a_file_that_cannot_be_unpacked_to_its_end_is_incomplete_and_not_sent_again(
    tmp_path: Path,
) -> None:
    """Lambda would repeat an invocation that raises, with every message that it has sent."""
    packed = gzip.compress(b"".join(b"%d\n" % (number * 7919) for number in range(50_000)))
    (tmp_path / "t.txt.gz").write_bytes(packed[:-1_000])

    read = _read(_run(tasks_file="t.txt.gz"), tmp_path)

    assert len(read.entries) > 10_000
    assert f"cannot be unpacked after line {len(read.entries)}: " in str(read.incomplete)


HANGS = """
    import asyncio, time
    from contextlib import suppress
    from task_scheduler import task_source

    @task_source("hangs")
    def hangs():
        yield "a"
        with suppress(Exception):
            time.sleep(30)

    @task_source("hangs_async")
    async def hangs_async():
        yield "a"
        await asyncio.sleep(30)

    @task_source("goes_on")
    def goes_on(cursor):
        if not cursor:
            yield "a"
        time.sleep(30)

    @task_source("never")
    def never():
        time.sleep(30)
        return []
"""


@pytest.mark.parametrize(
    ("name", "sent"), [("hangs", 1), ("hangs_async", 1), ("goes_on", 1), ("never", 0)]
)
def test_a_generator_that_hangs_is_interrupted_and_what_it_yielded_is_sent(
    write_tasks: Callable[..., Path], name: str, sent: int
) -> None:
    """Lambda would end the invocation, and repeat it with all that was sent."""
    folder, begun = write_tasks(hangs=HANGS), time.monotonic()

    read = read_list(_run(tasks_source=name), folder, lambda: time.monotonic() - begun > 0.4)

    assert time.monotonic() - begun < 10
    assert len(read.entries) == sent
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    if name == "goes_on":
        assert read.rest is not None
        assert read.rest.line == 2
    else:
        assert f"no time for more than {sent} tasks: raise send_task_timeout" in str(
            read.incomplete
        )


EXITS = """
    import asyncio, enum, sys
    from task_scheduler import task_source

    class City(enum.StrEnum):
        OSLO = "oslo"

    @task_source("ends")
    def ends():
        yield City.OSLO
        sys.exit(0)

    @task_source("exits")
    def exits():
        yield City.OSLO
        sys.exit("no table")

    @task_source("cancelled")
    async def cancelled():
        yield City.OSLO
        raise asyncio.CancelledError

    @task_source("closed")
    def closed():
        yield City.OSLO
        raise GeneratorExit
"""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ends", None),
        ("exits", "@task_source('exits') raised after 1 tasks: called sys.exit('no table')"),
        ("cancelled", "@task_source('cancelled') raised after 1 tasks: CancelledError: "),
        ("closed", "@task_source('closed') raised after 1 tasks: GeneratorExit: "),
    ],
)
def test_whatever_a_generator_raises_its_tasks_are_sent_and_the_run_says_it(
    write_tasks: Callable[..., Path], name: str, reason: str | None
) -> None:
    read = _read(_run(tasks_source=name), write_tasks(exits=EXITS))

    assert [entry.text for entry in read.entries if isinstance(entry, Message)] == ["oslo"]
    assert (str(read.incomplete) if read.incomplete else None) == reason


def test_what_cannot_be_copied_is_refused_at_its_position_and_quoted(
    write_tasks: Callable[..., Path],
) -> None:
    folder = write_tasks(
        pages="""
            from task_scheduler import task_source

            class Unique:
                def __str__(self):
                    return "one of a kind"

                def __deepcopy__(self, memo):
                    raise TypeError("there is only one")

            @task_source("pages")
            def pages():
                yield "first"
                yield Unique()
                yield "last"
        """
    )

    _, refused, _ = _read(_run(tasks_source="pages"), folder).entries

    assert refused == Refused(2, "cannot be copied: there is only one", b"one of a kind")


def test_a_generator_gets_its_arguments_and_goes_on_behind_values_that_cannot_be_sent(
    write_tasks: Callable[..., Path],
) -> None:
    folder = write_tasks(
        pages="""
            from task_scheduler import task_source

            @task_source("pages")
            def pages(count, cursor):
                for number in range(cursor, count):
                    odd = {"task": "t", "args": {"x": {number}}}
                    yield "\\ud800" if number % 3 == 0 else odd if number % 2 else str(number)
        """
    )
    run = _run(tasks_source="pages", args={"count": 7})

    whole = _read(run, folder).entries

    assert len(whole) == 7
    assert _in_pieces(run, folder, [1, 2]) == whole


def test_a_generator_goes_on_behind_the_task_that_it_has_yielded(
    write_tasks: Callable[..., Path],
) -> None:
    read = read_list(
        _run(tasks_source="pages"), write_tasks(sources=SOURCES), is_time_up=lambda: True
    )
    assert len(read.entries) == 1
    assert read.rest is not None
    assert (read.rest.line, read.rest.offset) == (2, 0)
    assert len(read.rest.checksums or []) == 1
