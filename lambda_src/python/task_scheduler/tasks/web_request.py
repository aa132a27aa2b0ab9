"""HTTP requests whose time is limited as a whole: name resolution, redirects, and every byte.

No client for Python's threads limits more than each single wait for the network, and httpx and
aiohttp, which can be cancelled, take longer to import than most requests take. So urllib3, which
botocore has loaded already, makes the request in a thread that is waited for, and whose connections
are shut down when the time is over.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from task_scheduler.errors import RequestRefused
from task_scheduler.observability.log import reason_of, truncate
from task_scheduler.tasks.own_runtime import OWN_RUNTIME, is_own_runtime, refuse_own_runtime
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

MAX_REDIRECTS = 10
READ_BYTES = 16 * 1024
BAD_URL = "the url must be http://... or https://..., without blanks"
BAD_REDIRECT = "redirects to an address that is not http:// or https://"

_REWRITTEN_TO_GET = {301: ("POST",), 302: ("POST",), 303: ("POST", "PUT", "PATCH", "DELETE")}
"""Methods that a redirect turns into GET, as browsers do: RFC 9110, 15.4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """A request.

    Attributes:
        url: http:// or https://.
        method: such as GET, in capitals.
        body: what is sent.
        headers: the headers that it has.
        private_headers: others, which are for this scheme, host and port only.
        max_bytes: the most bytes of the answer's body, unpacked.
    """

    url: str
    method: str = "GET"
    body: bytes | None = None
    headers: dict[str, str]
    private_headers: dict[str, str] = field(default_factory=dict, repr=False)
    max_bytes: int

    @property
    def host(self) -> str:
        """The host that is asked.

        Raises:
            RequestRefused: the URL is not one of http or https.
        """
        with suppress(ValueError):
            parts = urlsplit(self.url)
            is_clean = not any(character.isspace() for character in self.url)
            # some would take %3A for a colon, and so another host than is checked here
            is_web = parts.scheme in ("http", "https") and parts.port != 0
            if is_web and is_clean and "%" not in parts.netloc and parts.hostname:
                return parts.hostname
        raise RequestRefused(BAD_URL)  # without the URL, which may hold secrets


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body was read, unless it is an error."""

    host: str
    status: int
    body: bytes
    content_type: str
    retry_after: str | None

    @property
    def text(self) -> str:
        """The body in its own character set; what cannot be read so is replaced."""
        message = Message()
        message["Content-Type"] = self.content_type
        try:
            return self.body.decode(message.get_content_charset("utf-8"), errors="replace")
        except (LookupError, ValueError):
            return self.body.decode(errors="replace")


def fetch(request: WebRequest, *, timeout: float) -> Answer:
    """Make a request, and those that it is redirected to.

    Args:
        request: what is asked for.
        timeout: seconds for the whole of it.

    Raises:
        RequestRefused: the URL is not one of http or https, or that of Lambda's own runtime; or
            the answer is too large, or redirects to such a URL or too often.
        TimeoutError: the answer has not ended in time.
        OSError: there is no answer.
    """
    exchange = _Exchange(timeout)
    try:
        return call_with_timeout(timeout, lambda: exchange.run(request))
    except TimeoutError:
        raise TimeoutError(
            f"{request.host} did not finish its answer within {timeout:g} s"
        ) from None
    finally:
        exchange.end()


class _Exchange:
    """The connections of one call; whoever waits for it may end them at any time."""

    def __init__(self, timeout: float) -> None:
        self._deadline = time.monotonic() + timeout
        self._connections: list[socket.socket] = []
        self._has_ended = False

    def run(self, request: WebRequest) -> Answer:
        """Make the request; raises what fetch raises."""
        for _ in range(MAX_REDIRECTS + 1):
            next_request, answer = self._ask(request)
            if answer is not None:
                return answer
            request = next_request
        raise RequestRefused(f"{request.host} redirects more than {MAX_REDIRECTS} times")

    def end(self) -> None:
        """Shut all connections down: whatever waits for them ends."""
        self._has_ended = True
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _ask(self, request: WebRequest) -> tuple[WebRequest, Answer | None]:
        """Ask one server: the answer, or where it redirects to."""
        from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError
        from urllib3.exceptions import TimeoutError as TimedOut

        host = request.host
        refuse_own_runtime(request.url, host)
        try:
            with self._manager(request) as manager, self._open(manager, request) as response:
                location = response.get_redirect_location()
                if location and (redirected := _redirected(request, response.status, location)):
                    return redirected, None
                body = b"" if response.status >= 300 else self._read(response, request)
                kind = response.headers.get("Content-Type", "")
                later = response.headers.get("Retry-After")
                return request, Answer(host, response.status, body, kind, later)
        except LocationValueError:
            raise RequestRefused(BAD_URL) from None
        except (HTTPError, HTTPException, OSError) as error:
            if isinstance(error, TimedOut) and not isinstance(error, NewConnectionError):
                raise TimeoutError from None
            raise ConnectionError(f"{host}: {truncate(_cause(error))}") from None
        except ValueError:
            raise RequestRefused("the method or the content_type is malformed") from None

    def _manager(self, request: WebRequest) -> PoolManager:
        import urllib3

        proxy = _proxy(request)
        manager = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
        manager.pool_classes_by_scheme = _pool_classes(self._note)
        return manager

    def _open(self, manager: PoolManager, request: WebRequest) -> _Closing:
        response = manager.urlopen(
            request.method,
            request.url,
            body=request.body,
            headers=request.headers | request.private_headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=max(0.001, self._deadline - time.monotonic()),
        )
        return _Closing(response)

    def _read(self, response: BaseHTTPResponse, request: WebRequest) -> bytes:
        data = b""
        while part := response.read1(READ_BYTES, decode_content=True):
            data += part
            if len(data) > request.max_bytes:
                raise RequestRefused(
                    f"{request.host} answers with more than {request.max_bytes} bytes"
                )
        return data

    def _note(self, connection: socket.socket) -> None:
        """Check and keep a new connection; TLS would take the socket itself away."""
        peer = connection.getpeername()
        if is_own_runtime(peer[0], peer[1]):
            connection.close()
            raise RequestRefused(OWN_RUNTIME)
        self._connections.append(connection.dup())
        if self._has_ended:
            self.end()


class _Closing:
    """Closes a response without reading the rest of it."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def __enter__(self) -> BaseHTTPResponse:
        return self._response

    def __exit__(self, *_: object) -> None:
        self._response.close()


def _pool_classes(note: Callable[[socket.socket], None]) -> dict[str, Any]:
    """urllib3's connections, each shown to `note` before it is used."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    def noting(connection: type[HTTPConnection]) -> type[HTTPConnection]:
        class Noting(connection):  # type: ignore[misc, valid-type]
            def _new_conn(self) -> socket.socket:
                opened: socket.socket = super()._new_conn()
                note(opened)
                return opened

        return Noting

    return {
        scheme: type("Pool", (pool,), {"ConnectionCls": noting(connection)})
        for scheme, pool, connection in (
            ("http", HTTPConnectionPool, HTTPConnection),
            ("https", HTTPSConnectionPool, HTTPSConnection),
        )
    }


def _redirected(request: WebRequest, status: int, location: str) -> WebRequest | None:
    """Return the request that a redirect asks for; None if it must not be repeated."""
    try:
        following = replace(request, url=urljoin(request.url, location))
        following.host  # noqa: B018 - it is checked
    except (ValueError, RequestRefused):
        raise RequestRefused(f"{request.host} {BAD_REDIRECT}") from None
    if _origin(following.url) != _origin(request.url):
        following = replace(following, private_headers={})
    if request.method in _REWRITTEN_TO_GET.get(status, ()):
        return replace(
            following,
            method="GET",
            body=None,
            headers=_without_content_type(following.headers),
            private_headers=_without_content_type(following.private_headers),
        )
    return following if request.method in ("GET", "HEAD") or status in (307, 308) else None


def _without_content_type(headers: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name.lower() != "content-type"}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return what a secret is sent to: RFC 6454, 4."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _proxy(request: WebRequest) -> str | None:
    """Return the proxy that the environment names for a host."""
    from urllib.request import getproxies, proxy_bypass

    scheme = urlsplit(request.url).scheme
    return None if proxy_bypass(request.host) else getproxies().get(scheme)


def _cause(error: BaseException) -> str:
    """Return the reason that the system or TLS gives: urllib3's texts may hold the URL."""
    while error.__cause__ is not None or isinstance(getattr(error, "reason", None), BaseException):
        error = error.__cause__ or error.reason  # type: ignore[attr-defined]
    return reason_of(error)
