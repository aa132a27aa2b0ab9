"""One request of those that http and ping make: what is asked of urllib3, and what is read."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from task_scheduler.errors import RequestRefused
from task_scheduler.tasks import web_request
from task_scheduler.tasks.headers import read_headers, secrets_in
from task_scheduler.tasks.own_runtime import is_own_runtime, refuse_own_runtime
from task_scheduler.tasks.web_request import WebRequest, fetch


def request(url: str = "http://h/", **facts: Any) -> WebRequest:
    return WebRequest(**{"url": url, "headers": {"A": "b"}, "max_bytes": 100, **facts})


@pytest.mark.parametrize(("seconds", "least", "most"), [(5.0, 4.0, 5.0), (-9.0, 0.001, 0.001)])
def test_urllib3_neither_repeats_nor_follows_and_has_the_time_that_is_left(
    seconds: float, least: float, most: float
) -> None:
    asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    class Manager:
        def urlopen(self, *given: Any, **options: Any) -> None:
            asked.append((given, options))

    made = request(method="PUT", body=b"x", private_headers={"C": "d"})
    web_request._Exchange(seconds)._open(Manager(), made)  # type: ignore[arg-type]

    [(given, options)] = asked
    assert given == ("PUT", "http://h/")
    assert least <= options.pop("timeout") <= most
    assert options == {
        "body": b"x", "headers": {"A": "b", "C": "d"}, "redirect": False, "retries": False,
        "preload_content": False,
    }  # fmt: skip


def test_a_packed_body_is_unpacked_as_it_is_read() -> None:
    class Response:
        parts = [b"ab", b"c", b""]

        def read1(self, amount: int, *, decode_content: bool) -> bytes:
            assert (amount, decode_content) == (web_request.READ_BYTES, True)
            return self.parts.pop(0)

    read = web_request._Exchange(5.0)._read(Response(), request())  # type: ignore[arg-type]

    assert read == b"abc"


@pytest.mark.parametrize(("status", "body"), [(200, b"told"), (300, b""), (404, b""), (503, b"")])
def test_the_body_of_an_error_is_not_read(httpserver: HTTPServer, status: int, body: bytes) -> None:
    httpserver.expect_request("/").respond_with_data(b"told", status=status)

    answer = fetch(request(httpserver.url_for("/")), timeout=10.0)

    assert (answer.status, answer.body) == (status, body)


def test_a_connection_that_is_closed_already_is_ended_with_the_others() -> None:
    exchange = web_request._Exchange(5.0)
    closed, other = socket.socket(), socket.socket()
    closed.close()
    exchange._connections = [closed, other]

    exchange.end()

    assert other.fileno() == -1


@pytest.mark.parametrize(
    ("method", "status", "second"),
    [
        ("HEAD", 302, "HEAD"), ("GET", 301, "GET"), ("POST", 301, "GET"), ("POST", 302, "GET"),
        ("PUT", 303, "GET"), ("PATCH", 303, "GET"), ("DELETE", 303, "GET"), ("HEAD", 303, "HEAD"),
        ("PUT", 307, "PUT"), ("DELETE", 308, "DELETE"), ("PUT", 301, None), ("DELETE", 302, None),
    ],
)  # fmt: skip
def test_a_redirect_is_followed_as_browsers_do(
    method: str, status: int, second: str | None
) -> None:
    made = request(
        method=method, body=b"x", headers={"A": "b", "Content-type": "c"},
        private_headers={"C": "d", "content-Type": "e"},
    )  # fmt: skip

    following = web_request._redirected(made, status, "/there")

    if second is None:
        assert following is None
        return
    assert following is not None
    assert (following.url, following.method) == ("http://h/there", second)
    if second == method:
        assert (following.body, following.headers) == (b"x", made.headers)
        assert following.private_headers == made.private_headers
    else:
        assert (following.body, following.headers) == (None, {"A": "b"})
        assert following.private_headers == {"C": "d"}


# -- Lambda's own runtime --------------------------------------------------------------------


@pytest.fixture
def runtime_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "[::1]:9001")


@pytest.mark.usefixtures("runtime_api")
@pytest.mark.parametrize(
    ("address", "port", "is_own"),
    [
        ("127.0.0.1", 9001, True), ("::1", 9001, True), ("fe80::1%eth0", 9001, True),
        ("169.254.1.1", 9001, True), ("0.0.0.0", 9001, True), ("::ffff:127.0.0.1", 9001, True),
        ("127.0.0.1", 9002, False), ("10.0.0.1", 9001, False), ("2001:db8::1", 9001, False),
    ],
)  # fmt: skip
def test_the_functions_own_address_is_known_at_the_port_of_its_runtime_alone(
    address: str, port: int, is_own: bool
) -> None:
    assert is_own_runtime(address, port) is is_own


@pytest.mark.usefixtures("runtime_api")
def test_each_address_that_a_host_may_have_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def resolve(host: str, port: int) -> list[Any]:
        asked.append((host, port))
        return [(0, 0, 0, "", (address, port)) for address in ("10.0.0.1", "127.0.0.1")]

    monkeypatch.setattr("socket.getaddrinfo", resolve)

    with pytest.raises(RequestRefused, match="the Lambda runtime API"):
        refuse_own_runtime("http://h.example:9001/", "h.example")
    refuse_own_runtime("http://h.example:80/", "h.example")
    assert asked == [("h.example", 9001)]


@pytest.mark.usefixtures("runtime_api")
@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_resolved_is_left_to_the_request(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def resolve(_host: str, _port: int) -> list[Any]:
        raise error

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    refuse_own_runtime("http://h.example:9001/", "h.example")


# -- headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    ["A: {secret:X}\nB: {secret:Y} and {secret:X}\nC: {plain}\n",
     {"A": "{secret:X}", "B": "{secret:Y} and {secret:X}", "C": "{plain}"}],
)  # fmt: skip
def test_the_secrets_that_headers_name_are_known_without_their_values(headers: Any) -> None:
    assert secrets_in(headers) == {"X", "Y"}


def test_a_value_may_have_tabs_and_every_printable_character() -> None:
    printable = "".join(map(chr, range(0x21, 0x7F))).replace("{", "")

    assert read_headers({"A": f"a\tb {printable}"}) == {"A": f"a\tb {printable}"}
