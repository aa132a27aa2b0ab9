"""A proxy in front of the emulator, for tests that watch or break what clients of AWS ask for.

Of our own rather than microburst 0.10 from PyPI, which knows AWS's protocols well but can neither
fail single entries of a batch nor take a request twice, and whose chances have no seed.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from urllib3 import HTTPConnectionPool, connection_from_url

_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "date", "server"}
_POLL_SECONDS = 0.05
_CONNECTIONS = 64  # that are kept open to the emulator


@dataclass(frozen=True)
class Answer:
    """An answer of the emulator, or one in its place."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def error(status: int, code: str) -> Answer:
    """An error answer of AWS's JSON protocols."""
    body = {"__type": f"com.amazonaws#{code}", "message": "injected"}
    return Answer(
        status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode()
    )


@dataclass
class Exchange:
    """A request, and what can be done with it.

    Attributes:
        method, path, headers, body: of the request.
        ports: of this machine: the one that the client sent it from, and the one it came to.
        forward: sends a body on to the emulator, with the request's own headers.
        wait_for_client: returns when the client has gone away.
    """

    method: str
    path: str
    headers: Message
    body: bytes
    ports: tuple[int, int]
    forward: Callable[[bytes], Answer]
    wait_for_client: Callable[[], None]

    @property
    def operation(self) -> str:
        """The API operation; empty where the protocol names none."""
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]

    @property
    def message(self) -> dict[str, Any]:
        """The request, read."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    def forward_entries(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Sends some entries of the batch on; returns what the emulator made of them."""
        body = json.dumps(self.message | {"Entries": entries}).encode()
        answer: dict[str, Any] = json.loads(self.forward(body).body)
        return answer


Handle = Callable[[Exchange], Answer | None]
"""Answers a request; None breaks the connection."""


@contextmanager
def forwarding(upstream: str, handle: Handle) -> Iterator[str]:
    """Serve `handle` on a free port of this machine; yields the URL that clients are given."""
    pool = connection_from_url(upstream, maxsize=_CONNECTIONS)

    class Handler(_Handler):
        upstream = pool

        def answer(self, exchange: Exchange) -> Answer | None:
            return handle(exchange)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(_POLL_SECONDS,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            pool.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that die in the middle are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    upstream: HTTPConnectionPool
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer(self, exchange: Exchange) -> Answer | None:
        raise NotImplementedError

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.answer(
            Exchange(
                self.command,
                self.path,
                self.headers,
                body,
                (self.client_address[1], self.connection.getsockname()[1]),
                self._forward,
                self._wait_for_client,
            )
        )
        if answer is None:
            self._reset()
        else:
            self._reply(answer)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = do_any  # noqa: N815

    def _forward(self, body: bytes) -> Answer:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_PASSED_ON}
        response = self.upstream.urlopen(
            self.command,
            self.path,
            body,
            headers,
            retries=False,
            redirect=False,
            decode_content=False,
        )
        kept = [(k, v) for k, v in response.headers.items() if k.lower() not in _NOT_PASSED_ON]
        return Answer(response.status, kept, response.data)

    def _reply(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Breaks the connection so that the client sees a reset, not an orderly end."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())
        self.close_connection = True

    def _wait_for_client(self) -> None:
        try:
            while self.connection.recv(1024):
                pass
        except OSError:
            pass

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: tests look at what was answered."""
