"""The built-in tasks, against a server of the tests' own."""

from __future__ import annotations

import gc
import json
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

import pytest

from task_scheduler.errors import (
    InvalidArguments,
    InvalidHeaders,
    RequestRefused,
    Retry,
    UnknownSecret,
)
from task_scheduler.queue.message import Message
from task_scheduler.tasks import builtin, own_runtime, web_request
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registry import find_task
from task_scheduler.tasks.web_request import WebRequest
from tests.unit.conftest import Bench

Write = Callable[..., Path]

CONTEXT = TaskContext(schedule="s", scheduled_time=None, attempt=1, deadline=0.0)


@dataclass
class Server:
    """Answers by path, as Handler.do lists them."""

    url: str = ""
    ended: Event = field(default_factory=Event)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do()

        def do_PUT(self) -> None:
            self.do()

        def do_POST(self) -> None:
            self.do()

        def do(self) -> None:
            made.requests.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            match self.path.removeprefix("/").split("/"):
                case ["status", code]:
                    self.answer(int(code), b"told", {"Retry-After": "7"})
                case ["size", size]:
                    self.answer(200, b"x" * int(size))
                case ["in", charset, sent]:
                    headers = {"Content-Type": f"text/plain; charset={charset}"}
                    self.answer(200, unquote_to_bytes(sent), headers)
                case ["hang"]:
                    made.ended.wait()
                case ["drip"]:
                    self.send_response(200)
                    self.end_headers()
                    while not made.ended.wait(0.05):
                        self.wfile.write(b"x")
                case ["drip-headers"]:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not made.ended.wait(0.05):
                        self.wfile.write(b"X: y\r\n")
                case ["continue"]:
                    while not made.ended.wait(0.05):
                        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                case ["slow-loop"]:
                    made.ended.wait(0.05)
                    self.answer(302, b"", {"Location": "/slow-loop"})
                case ["endless-redirect"]:
                    self.send_response(302)
                    self.send_header("Location", "/size/3")
                    self.end_headers()
                    while not made.ended.wait(0.05):
                        self.wfile.write(b"x" * 1_000)
                case ["bomb"]:
                    packer = zlib.compressobj(wbits=31)
                    packed = b"".join(packer.compress(bytes(100_000)) for _ in range(1_000))
                    self.answer(200, packed + packer.flush(), {"Content-Encoding": "gzip"})
                case [redirect, *_] if redirect.startswith("redirect"):
                    status = redirect.partition("?")[0].removeprefix("redirect") or "302"
                    to = unquote(self.path.partition("=")[2])
                    self.answer(int(status), b"", {"Location": to})
                case _:
                    told = {"method": self.command, "body": body.decode(), **self.headers}
                    self.answer(200, json.dumps(told).encode())

        def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that give up are what the tests are about."""

    with Quiet(("127.0.0.1", 0), Handler) as httpd:
        made.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = Thread(target=httpd.serve_forever, args=(0.02,))
        thread.start()
        yield made
        made.ended.set()
        httpd.shutdown()
        thread.join()


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
        ("hex", "Z%C3%BCrich", "Zürich"),
        ("undefined", "Z%C3%BCrich", "Zürich"),
    ],
)
def test_an_answer_is_read_in_its_own_charset_and_never_fails_for_it(
    server: Server, run: Callable[..., Any], charset: str, sent: str, read: str
) -> None:
    assert run("http", url=f"{server.url}/in/{charset}/{sent}")["body"] == read


def test_an_answer_larger_than_max_bytes_is_refused(
    server: Server, run: Callable[..., Any]
) -> None:
    assert len(run("http", url=f"{server.url}/size/100", max_bytes="100")["body"]) == 100
    with pytest.raises(RequestRefused, match=r"^127\.0\.0\.1 answers with more than 100 bytes"):
        run("http", url=f"{server.url}/size/101", max_bytes="100")
    with pytest.raises(RequestRefused, match="answers with more than 65536 bytes"):
        run("ping", url=f"{server.url}/size/100000")


@pytest.mark.parametrize(
    "path", ["hang", "drip", "drip-headers", "continue", "slow-loop", "redirect?to=/drip-headers"]
)
@pytest.mark.parametrize("task", ["http", "ping"])
def test_a_server_that_never_ends_its_answer_is_given_up_in_time(
    server: Server, run: Callable[..., Any], task: str, path: str
) -> None:
    threads = _requests_under_way()

    _assert_given_up(run, task, f"{server.url}/{path}", "127.0.0.1")

    _wait_for_the_end_of_requests(but=threads)


def test_a_name_that_is_never_resolved_is_given_up_in_time(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = Event()

    def getaddrinfo(*_: object, **__: object) -> None:
        resolved.wait()
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        _assert_given_up(run, "http", "http://slow.example/", "slow.example")
    finally:
        resolved.set()


@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")
def test_a_server_that_never_ends_its_tls_handshake_is_given_up_in_time(
    run: Callable[..., Any],
) -> None:
    threads = _requests_under_way()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _assert_given_up(run, "ping", f"https://127.0.0.1:{silent.getsockname()[1]}/", "127.0.0.1")
    _wait_for_the_end_of_requests(but=threads)
    gc.collect()  # a handshake that breaks off leaves its socket to the collector


def test_a_connection_that_opens_after_the_time_is_closed_at_once(server: Server) -> None:
    exchange = web_request._Exchange(timeout=1)
    exchange.end()

    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as late:
        late.settimeout(5)
        exchange._note(late)

        assert late.recv(1) == b""


def _assert_given_up(run: Callable[..., Any], task: str, url: str, host: str) -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match=f"^{host} did not finish its answer within 0.3 s$"):
        run(task, url=url, timeout="0.3")
    assert time.monotonic() - begun < 2


def _requests_under_way() -> int:
    """Threads other than the server's."""
    return sum("process_request" not in thread.name for thread in threading.enumerate())


def _wait_for_the_end_of_requests(*, but: int) -> None:
    deadline = time.monotonic() + 5
    while _requests_under_way() > but:
        assert time.monotonic() < deadline, "the connection is still there"
        time.sleep(0.01)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_that_may_pass_is_retried_when_the_server_says(
    server: Server, run: Callable[..., Any], status: int
) -> None:
    with pytest.raises(Retry, match=f"127.0.0.1 answers {status}") as retry:
        run("ping", url=f"{server.url}/status/{status}")
    assert retry.value.after == 7


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 410])
def test_an_error_that_stays_is_not_retried(
    server: Server, run: Callable[..., Any], status: int
) -> None:
    with pytest.raises(RequestRefused, match=f"127.0.0.1 answers {status}"):
        run("http", url=f"{server.url}/status/{status}")
    assert not RequestRefused.is_retried


@pytest.mark.parametrize("to", ["file:///etc/hostname", "ftp://h/", "http://a b/"])
def test_it_follows_to_http_and_https_only(
    server: Server, run: Callable[..., Any], to: str
) -> None:
    assert run("http", url=f"{server.url}/redirect?to=/size/3")["body"] == "xxx"
    with pytest.raises(
        RequestRefused, match=r"^127\.0\.0\.1 redirects to an address that is not http:// or"
    ):
        run("http", url=f"{server.url}/redirect?to={quote(to)}")


@pytest.mark.parametrize(
    ("status", "method", "second"),
    [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (307, "POST", "POST"),
        (308, "PUT", "PUT"), (302, "GET", "GET"),
    ],
)  # fmt: skip
def test_a_redirect_is_followed_with_the_method_that_it_asks_for(
    server: Server, run: Callable[..., Any], status: int, method: str, second: str
) -> None:
    result = run("http", url=f"{server.url}/redirect{status}?to=/echo", method=method, body="b")

    told = json.loads(result["body"])
    assert told["method"] == second
    assert told["body"] == ("" if (second, method) == ("GET", "POST") or status == 303 else "b")


def test_a_redirect_that_would_repeat_a_change_is_not_followed(
    server: Server, run: Callable[..., Any]
) -> None:
    with pytest.raises(RequestRefused, match=r"^127\.0\.0\.1 answers 302"):
        run("http", url=f"{server.url}/redirect?to=/echo", method="PUT", body="b")
    assert len(server.requests) == 1


def test_redirects_are_followed_ten_times_at_most(server: Server, run: Callable[..., Any]) -> None:
    with pytest.raises(RequestRefused, match=r"^127\.0\.0\.1 redirects more than 10 times"):
        run("http", url=f"{server.url}/slow-loop")
    assert len(server.requests) == 11


def test_a_redirect_is_followed_without_reading_its_body(
    server: Server, run: Callable[..., Any]
) -> None:
    assert run("http", url=f"{server.url}/endless-redirect", timeout="5")["body"] == "xxx"


def test_a_packed_answer_is_unpacked_no_further_than_is_allowed(
    server: Server, run: Callable[..., Any]
) -> None:
    tracemalloc.start()
    with pytest.raises(RequestRefused, match="answers with more than 65536 bytes"):
        run("http", url=f"{server.url}/bomb")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000  # of 100 MB


def test_lambda_s_own_runtime_is_refused_by_the_address_that_is_connected_to(
    server: Server, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another address for the name, as of a resolver that answers anew each time, does not help."""
    port = server.url.rpartition(":")[2]
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", f"127.0.0.1:{port}")
    monkeypatch.setattr(web_request, "refuse_own_runtime", lambda _url, _host: None)

    with pytest.raises(RequestRefused, match="which runs this function"):
        run("http", url=f"{server.url}/2018-06-01/runtime")
    assert server.requests == []


def test_the_proxy_of_the_environment_is_used_but_for_hosts_that_it_excepts(
    server: Server, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert run("http", url="http://elsewhere.example/size/3")["status"] == 200
    assert run("http", url=f"{server.url}/size/3")["status"] == 200
    assert server.requests == ["GET http://elsewhere.example/size/3", "GET /size/3"]


@pytest.mark.parametrize("arguments", [{"method": "GE T"}, {"content_type": "a\r\nX: y"}])
def test_a_malformed_request_is_refused(
    server: Server, run: Callable[..., Any], arguments: dict[str, str]
) -> None:
    with pytest.raises(RequestRefused, match="the method or the content_type is malformed"):
        run("http", url=f"{server.url}/echo", body="b", **arguments)
    assert server.requests == []


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

    with pytest.raises(RequestRefused, match="which runs this function"):
        run("http", url=url)


def test_https_is_supported(run: Callable[..., Any]) -> None:
    with pytest.raises(ConnectionError, match=r"^127\.0\.0\.1: \[Errno 111\] Connection refused$"):
        run("ping", url="https://127.0.0.1:9/hunter2")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd?hunter2", "ftp://h/hunter2", "hunter2", "http:///hunter2", "http://[hunter2",
     "http://127.0.0.1:9/a b hunter2", "http://127.0.0.1%3A9/hunter2", "http://127.0.0.1:x/hunter2"],
)  # fmt: skip
def test_a_url_other_than_http_is_refused_without_repeating_it(
    run: Callable[..., Any], url: str
) -> None:
    with pytest.raises(RequestRefused, match="the url must be http") as refused:
        run("ping", url=url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan"])
@pytest.mark.parametrize("name", ["http", "ping"])
def test_a_time_that_is_none_is_refused_and_not_tried_again(
    server: Server, run: Callable[..., Any], name: str, seconds: str
) -> None:
    with pytest.raises(RequestRefused, match="must be a number of seconds above 0"):
        run(name, url=server.url, timeout=seconds)
    assert run(name, url=server.url, timeout="inf") is None or name == "http"


def test_arguments_are_checked_as_those_of_any_task(run: Callable[..., Any]) -> None:
    with pytest.raises(InvalidArguments, match="http: timeout is 'soon': must be a float"):
        run("http", url="http://127.0.0.1:9", timeout="soon")
    with pytest.raises(InvalidArguments, match="missing a required argument: 'url'"):
        run("ping")


def test_a_function_of_the_task_folder_replaces_a_built_in_task(write_tasks: Write) -> None:
    own = 'from task_scheduler import task\n@task("ping")\ndef own(): return "mine"\n'

    assert find_task("ping", write_tasks(own=own)).run(None, {}, CONTEXT) == "mine"


def test_built_in_tasks_run_beside_a_broken_file(server: Server, write_tasks: Write) -> None:
    found = find_task("ping", write_tasks(broken="1 / 0"))

    assert found.run(None, {"url": f"{server.url}/beat"}, CONTEXT) is None


def test_a_message_that_names_a_built_in_task_is_run(server: Server, bench: Bench) -> None:
    bench.put(Message(id="s@t#1", schedule="s", task="ping", args={"url": f"{server.url}/beat"}))

    assert bench.run() == []

    assert server.requests == ["GET /beat"]


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "tok-1234567\n")


@pytest.mark.parametrize(
    "headers",
    [
        "Authorization: Bearer {secret:API_TOKEN}\nX-Plain: {braces} \\{secret\\}\n",
        {"Authorization": "Bearer {secret:API_TOKEN}", "X-Plain": r"{braces} \{secret\}"},
    ],
)
def test_headers_are_sent_with_the_secrets_that_they_name(
    server: Server, run: Callable[..., Any], tokens: None, headers: Any
) -> None:
    told = json.loads(run("http", url=f"{server.url}/echo", headers=headers)["body"])

    assert told["Authorization"] == "Bearer tok-1234567"
    assert told["X-Plain"] == r"{braces} \{secret\}"
    assert told["User-Agent"] == "task-scheduler"


def test_a_header_of_the_users_replaces_ours(server: Server, run: Callable[..., Any]) -> None:
    headers = "content-type: text/csv\nuser-agent: mine"
    told = json.loads(
        run("http", url=f"{server.url}/echo", method="POST", body="a", headers=headers)["body"]
    )

    assert (told["content-type"], told["user-agent"]) == ("text/csv", "mine")
    assert not {"Content-Type", "User-Agent"} & told.keys()


def test_a_redirect_to_another_host_takes_no_header_of_the_users_along(
    server: Server, run: Callable[..., Any], tokens: None
) -> None:
    headers = "Authorization: {secret:API_TOKEN}"
    elsewhere = server.url.replace("127.0.0.1", "localhost")

    there, away = (
        json.loads(
            run("http", url=f"{server.url}/redirect?to={quote(to)}", headers=headers)["body"]
        )
        for to in ("/echo", f"{elsewhere}/echo")
    )

    assert there["Authorization"] == "tok-1234567"
    assert "Authorization" not in away
    assert away["User-Agent"] == "task-scheduler"


@pytest.mark.parametrize(
    ("asked", "to", "is_same"),
    [
        ("http://h/", "/a", True), ("http://h/", "http://h:80/a", True),
        ("https://h/", "https://H:443/a", True), ("http://h:8080/", "http://h:8080/a", True),
        ("http://h:8080/", "http://h:9090/", False), ("http://h/", "http://h:8080/", False),
        ("https://h/", "http://h/", False), ("https://h/", "http://h:443/", False),
        ("http://h/", "http://h.example/", False),
    ],
)  # fmt: skip
def test_headers_of_the_users_stay_with_the_scheme_host_and_port_that_they_are_for(
    asked: str, to: str, is_same: bool
) -> None:
    mine = {"Authorization": "x"}
    request = WebRequest(url=asked, headers={"A": "b"}, private_headers=mine, max_bytes=1)

    following = web_request._redirected(request, 302, to)

    assert following is not None
    assert following.private_headers == (mine if is_same else {})
    assert following.headers == {"A": "b"}


def test_a_ping_has_headers_too(
    server: Server, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tokens: None
) -> None:
    asked: list[web_request.WebRequest] = []
    fetch = web_request.fetch

    def note(request: web_request.WebRequest, *, timeout: float) -> web_request.Answer:
        asked.append(request)
        return fetch(request, timeout=timeout)

    monkeypatch.setattr("task_scheduler.tasks.builtin.fetch", note)
    run("ping", url=f"{server.url}/beat", headers="Authorization: {secret:API_TOKEN}")

    assert asked[0].private_headers == {"Authorization": "tok-1234567"}
    assert "tok-1234567" not in repr(asked[0])


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ("Authorization", "headers, line 1: must be a name, a colon and a value"),
        ("a: b\n\nno colon", "headers, line 2: must be a name"),
        ("two words: b", "header 'two words': a name must be letters"),
        ("host: example.com", "header 'host': the request has its own"),
        ({"A": "b\r\nC: d"}, "header 'A': its value must be of ASCII characters, in one line"),
        ("A: ü", "header 'A': its value must be of ASCII"),
    ],
)
def test_malformed_headers_are_refused_by_name(
    run: Callable[..., Any], headers: Any, said: str
) -> None:
    with pytest.raises(InvalidHeaders, match=said):
        run("http", url="http://127.0.0.1/", headers=headers)
    assert not InvalidHeaders.is_retried


def test_a_header_that_names_an_unknown_secret_is_not_sent(
    server: Server, run: Callable[..., Any]
) -> None:
    with pytest.raises(UnknownSecret, match="no secret 'NOT_THERE'"):
        run("http", url=f"{server.url}/echo", headers="A: {secret:NOT_THERE}")
    assert server.requests == []


@pytest.mark.parametrize("function", [builtin.ping, builtin.http])
def test_a_request_has_ten_seconds_and_a_small_answer_unless_the_schedule_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any]
) -> None:
    made: list[tuple[web_request.WebRequest, float]] = []

    def note(request: web_request.WebRequest, *, timeout: float) -> web_request.Answer:
        made.append((request, timeout))
        return web_request.Answer("h", 200, b"fine", "text/plain", None)

    monkeypatch.setattr(builtin, "fetch", note)
    function("https://example.org")
    [(request, timeout)] = made
    assert timeout == 10
    assert request == web_request.WebRequest(
        url="https://example.org",
        method="GET",
        body=None,
        headers={"User-Agent": "task-scheduler", "Accept-Encoding": "identity"},
        private_headers={},
        max_bytes=64 * 1024,
    )


def test_a_body_is_json_unless_it_says_otherwise_and_own_headers_are_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[web_request.WebRequest] = []

    def note(request: web_request.WebRequest, *, timeout: float) -> web_request.Answer:
        made.append(request)
        return web_request.Answer("h", 201, "ü".encode(), "text/plain; charset=utf-8", None)

    monkeypatch.setattr(builtin, "fetch", note)
    answer = builtin.http("https://example.org", "post", "ü", headers="user-agent: mine")
    builtin.http("https://example.org", "PUT", "", content_type="text/plain", max_bytes=5)

    first, second = made
    assert answer == {"status": 201, "body": "ü"}
    assert (first.method, first.body, first.private_headers) == (
        "POST", "ü".encode(), {"user-agent": "mine"},
    )  # fmt: skip
    assert first.headers == {"Accept-Encoding": "identity", "Content-Type": "application/json"}
    assert (second.body, second.headers["Content-Type"], second.max_bytes) == (b"", "text/plain", 5)


@pytest.mark.parametrize(("scheme", "port"), [("https", 443), ("http", 80)])
def test_lambdas_own_runtime_is_refused_on_the_usual_port_of_a_scheme(
    monkeypatch: pytest.MonkeyPatch, scheme: str, port: int
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", f"127.0.0.1:{port}")
    with pytest.raises(RequestRefused, match=f"^{own_runtime.OWN_RUNTIME}$"):
        builtin.http(f"{scheme}://127.0.0.1/2018-06-01/runtime")
