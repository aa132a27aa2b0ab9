"""The built-in tasks, against a server of the tests' own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from urllib.error import URLError
from urllib.parse import unquote_to_bytes

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from task_scheduler.errors import BadArguments, Retry
from task_scheduler.queue.message import Message
from task_scheduler.tasks.builtin import RequestRefused
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registry import find_task
from tests.unit.conftest import Bench

Write = Callable[..., Path]

CONTEXT = TaskContext(schedule="s", scheduled_time=None, attempt=1, deadline=0.0)


@dataclass
class Server:
    """Answers by path: /status/CODE, /size/BYTES, /in/CHARSET/BYTES, /echo, /hang, /drip ..."""

    url: str
    ended: Event = field(default_factory=Event)
    requests: list[str] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        path = request.environ["REQUEST_URI"]  # as it was sent
        self.requests.append(f"{request.method} {path}")
        match path.removeprefix("/").split("/"):
            case ["status", code]:
                return Response(b"told", int(code), {"Retry-After": "7"})
            case ["size", size]:
                return Response(b"x" * int(size))
            case ["in", charset, sent]:
                return Response(
                    unquote_to_bytes(sent), content_type=f"text/plain; charset={charset}"
                )
            case ["hang"]:
                self.ended.wait()
                return Response()
            case ["drip"]:
                return Response(iter(self.drip, None))
            case [redirect, *_] if redirect.startswith("redirect?to="):
                return Response(b"", 302, {"Location": path.partition("=")[2]})
            case _:
                told = {"method": request.method, "body": request.get_data().decode()}
                return Response(json.dumps({**told, **request.headers}))

    def drip(self) -> bytes | None:
        """A byte, a little later; None at the end of the test."""
        return None if self.ended.wait(0.05) else b"x"


@pytest.fixture
def server(httpserver: HTTPServer) -> Iterator[Server]:
    made = Server(httpserver.url_for("").rstrip("/"))
    httpserver.expect_request(re.compile("")).respond_with_handler(made.handle)
    yield made
    made.ended.set()


@pytest.fixture
def run(write_tasks: Write) -> Callable[..., Any]:
    """Runs a built-in task by its name, with arguments as tfvars have them: texts."""
    folder = write_tasks()
    return lambda name, **args: find_task(name, folder).run(None, args, CONTEXT)


def test_a_ping_asks_for_the_address(server: Server, run: Callable[..., Any]) -> None:
    assert run("ping", url=f"{server.url}/beat?rid=1") is None

    assert server.requests == ["GET /beat?rid=1"]


def test_a_request_is_made_as_its_arguments_say(server: Server, run: Callable[..., Any]) -> None:
    result = run("http", url=f"{server.url}/echo", method="put", body='{"a": "ü"}')

    assert result["status"] == 200
    told = json.loads(result["body"])
    assert (told["method"], told["body"]) == ("PUT", '{"a": "ü"}')
    assert told["Content-Type"] == "application/json"
    assert told["User-Agent"] == "task-scheduler"


@pytest.mark.parametrize(
    ("charset", "sent", "read"),
    [
        ("latin-1", "Z%FCrich", "Zürich"),
        ("utf-8", "Z%FCrich", "Z\ufffdrich"),
        ("ascii", "Z%C3%BCrich", "Z\ufffd\ufffdrich"),
        ("klingon", "Z%C3%BCrich", "Zürich"),
        ("klingon", "Z%FCrich", "Z\ufffdrich"),
    ],
)
def test_an_answer_is_read_in_its_own_charset_and_never_fails_for_it(
    server: Server, run: Callable[..., Any], charset: str, sent: str, read: str
) -> None:
    assert run("http", url=f"{server.url}/in/{charset}/{sent}")["body"] == read


def test_an_answer_may_be_as_large_as_is_said_and_no_larger(
    server: Server, run: Callable[..., Any]
) -> None:
    assert len(run("http", url=f"{server.url}/size/100", max_bytes="100")["body"]) == 100
    with pytest.raises(RequestRefused, match=r"^127\.0\.0\.1 answers with more than 100 bytes"):
        run("http", url=f"{server.url}/size/101", max_bytes="100")
    with pytest.raises(RequestRefused, match="answers with more than 65536 bytes"):
        run("ping", url=f"{server.url}/size/100000")


@pytest.mark.parametrize(
    ("path", "told"),
    [("hang", "timed out"), ("drip", "127.0.0.1 had not ended its answer in time")],
)
@pytest.mark.parametrize("task", ["http", "ping"])
def test_a_server_that_never_ends_is_given_up(
    server: Server, run: Callable[..., Any], task: str, path: str, told: str
) -> None:
    """It answers, or ends its answer, only when the test does."""
    begun = time.monotonic()

    with pytest.raises(TimeoutError, match=told):
        run(task, url=f"{server.url}/{path}", timeout="0.2")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_that_may_pass_is_retried_when_the_server_says(
    server: Server, run: Callable[..., Any], status: int
) -> None:
    with pytest.raises(Retry, match=f"127.0.0.1 answers {status}") as retry:
        run("ping", url=f"{server.url}/status/{status}")
    assert retry.value.after == 7


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_an_error_that_stays_is_not_retried(
    server: Server, run: Callable[..., Any], write_tasks: Write, status: int
) -> None:
    with pytest.raises(RequestRefused, match=f"127.0.0.1 answers {status}"):
        run("http", url=f"{server.url}/status/{status}")
    assert RequestRefused in find_task("http", write_tasks()).never_retry


def test_it_follows_to_the_web_only(server: Server, run: Callable[..., Any]) -> None:
    assert run("http", url=f"{server.url}/redirect?to=/size/3")["body"] == "xxx"
    with pytest.raises(Retry, match="answers 302"):
        run("http", url=f"{server.url}/redirect?to=file:///etc/hostname")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f.1", "x@127.0.0.1", "0.0.0.0", "0", "[::ffff:127.0.0.1]"],
)
@pytest.mark.parametrize("by_redirect", [False, True])
def test_lambdas_own_runtime_is_not_asked_for_anything(
    server: Server,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    by_redirect: bool,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "169.254.100.1:1")

    url = f"http://{host}:1/2018-06-01/runtime"
    if by_redirect:
        url = f"{server.url}/redirect?to={url}"

    with pytest.raises(RequestRefused, match="by which this function is run itself"):
        run("http", url=url)


def test_https_is_of_the_web_too(run: Callable[..., Any]) -> None:
    with pytest.raises(URLError, match="Connection refused"):
        run("ping", url="https://127.0.0.1:9/")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd?hunter2", "ftp://h/hunter2", "hunter2", "http:///hunter2", "http://[hunter2",
     "http://127.0.0.1:9/a b hunter2", "http://127.0.0.1%3A9/hunter2", "http://127.0.0.1:x/hunter2"],
)  # fmt: skip
def test_what_is_no_url_of_the_web_is_refused_and_not_repeated(
    run: Callable[..., Any], url: str
) -> None:
    with pytest.raises(RequestRefused, match="the url must be http") as refused:
        run("ping", url=url)
    assert "hunter2" not in str(refused.value)


def test_arguments_are_checked_as_those_of_any_task(run: Callable[..., Any]) -> None:
    with pytest.raises(BadArguments, match="http: timeout is 'soon': must be a float"):
        run("http", url="http://127.0.0.1:9", timeout="soon")
    with pytest.raises(BadArguments, match="missing a required argument: 'url'"):
        run("ping")


def test_a_function_of_ones_own_comes_first(write_tasks: Write) -> None:
    own = 'from task_scheduler import task\n@task("ping")\ndef own(): return "mine"\n'

    assert find_task("ping", write_tasks(own=own)).run(None, {}, CONTEXT) == "mine"


def test_a_broken_file_does_not_keep_them_from_running(server: Server, write_tasks: Write) -> None:
    found = find_task("ping", write_tasks(broken="1 / 0"))

    assert found.run(None, {"url": f"{server.url}/beat"}, CONTEXT) is None


def test_a_message_that_names_one_is_run(server: Server, bench: Bench) -> None:
    bench.put(Message(id="s@t#1", schedule="s", task="ping", args={"url": f"{server.url}/beat"}))

    assert bench.run() == []

    assert server.requests == ["GET /beat"]
