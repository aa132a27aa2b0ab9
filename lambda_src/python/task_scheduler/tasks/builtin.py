"""Built-in tasks: a heartbeat (`ping`) and an HTTP request (`http`).

They are there without being registered; a function of one's own by the same name is preferred.
"""

from __future__ import annotations

import time
from contextlib import suppress
from email.message import Message
from http.client import InvalidURL
from ipaddress import ip_address
from socket import getaddrinfo
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from task_scheduler import config
from task_scheduler.errors import Retry
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.retry_after import retry_after

MAX_BYTES = 64 * 1024
READ_BYTES = 16 * 1024
BAD_URL = "the url must be http://... or https://..., without blanks"
OWN_RUNTIME = "the url is that of Lambda's runtime, by which this function is run itself"

_WORTH_ANOTHER_TRY = (408, 425, 429)
"""Of the answers 4xx, those that say so: RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4."""


class RequestRefused(Exception):
    """The request cannot be made, or is answered in a way that another try would not change."""


def ping(url: str, timeout: float = 10) -> None:
    """Tells a heartbeat monitor (healthchecks.io, Cronitor, Dead Man's Snitch ...) of a run.

    Args:
        url: the monitor's address; asked for by GET.
        timeout: seconds for the whole of it.

    Raises:
        RequestRefused: the answer is a 4xx that another try would not change.
        Retry: the answer is another error; after the time that it asks for, if it does.
        OSError: there is no answer.
    """
    http(url, timeout=timeout)


def http(
    url: str,
    method: str = "GET",
    body: str | None = None,
    content_type: str = "application/json",
    timeout: float = 10,
    max_bytes: int = MAX_BYTES,
) -> dict[str, Any]:
    """Makes a request.

    There are no arguments for headers: what they would be needed for are secrets, and arguments
    stand in tfvars and in Terraform's state. A few lines of your own fetch them where they are.

    Args:
        url: http:// or https://.
        method: such as GET or POST.
        body: what is sent.
        content_type: of the body.
        timeout: seconds for the whole of it.
        max_bytes: of the answer's body; more than that is refused.

    Returns:
        status, and the answer's body as a text.

    Raises:
        RequestRefused: the URL is none or that of Lambda's own runtime, the answer is too large, or
            it is a 4xx that another try would not change.
        Retry: the answer is another error; after the time that it asks for, if it does.
        OSError: there is no answer.
    """
    host = _host(url)
    deadline = time.monotonic() + timeout
    request = Request(url, None if body is None else body.encode(), method=method.upper())
    if body is not None:
        request.add_header("Content-Type", content_type)
    request.add_header("User-Agent", "task-scheduler")
    try:
        with _opener().open(request, timeout=timeout) as response:
            return {"status": response.status, "body": _read(response, host, deadline, max_bytes)}
    except HTTPError as error:
        with error:
            raise _refusal(host, error.code, error.headers) from None
    except InvalidURL:
        raise RequestRefused(BAD_URL) from None  # its own words hold the URL, secrets and all


def _host(url: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(url)
        # urllib would take %3A for a colon, and so another host than is checked here
        if parts.scheme in ("http", "https") and parts.hostname and "%" not in parts.netloc:
            if _is_own_runtime(parts.hostname, parts.port or 80):
                raise RequestRefused(OWN_RUNTIME)
            return parts.hostname
    raise RequestRefused(BAD_URL)


def _is_own_runtime(host: str, port: int) -> bool:
    """Whether it is what Lambda runs this function by: who writes lists must not answer for it."""
    if config.load(config.Settings).runtime_api.rpartition(":")[2] != str(port):
        return False
    with suppress(OSError):
        addresses = [ip_address(found[4][0]) for found in getaddrinfo(host, port)]
        plain = [getattr(address, "ipv4_mapped", None) or address for address in addresses]
        return any(a.is_loopback or a.is_link_local or a.is_unspecified for a in plain)
    return False


class _Redirects(HTTPRedirectHandler):
    """Follows redirects to where a request may go itself."""

    def redirect_request(self, *args: Any) -> Request | None:
        _host(args[-1])
        return super().redirect_request(*args)


def _opener() -> OpenerDirector:
    """Opens http and https and nothing else: urllib's own would follow a link to ftp."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(), _Redirects(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


def _read(response: Any, host: str, deadline: float, max_bytes: int) -> str:
    data = b""
    while part := response.read1(READ_BYTES):
        data += part
        if len(data) > max_bytes:
            raise RequestRefused(f"{host} answers with more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{host} had not ended its answer in time")
    charset = response.headers.get_content_charset("utf-8")
    try:
        return data.decode(charset, errors="replace")
    except LookupError:
        return data.decode(errors="replace")


def _refusal(host: str, status: int, headers: Message) -> Exception:
    reason = f"{host} answers {status}"
    if 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY:
        return RequestRefused(reason)
    return Retry(reason, after=retry_after(headers.get("Retry-After")))


BUILTIN_TASKS = {
    task.name: task
    for task in (
        Task("ping", ping, never_retry=(RequestRefused,)),
        Task("http", http, never_retry=(RequestRefused,)),
    )
}
