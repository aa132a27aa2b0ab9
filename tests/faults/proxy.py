"""A proxy that breaks what passes through it, between the functions and the emulator.

Of our own rather than microburst 0.10 from PyPI, which knows AWS's protocols well but can neither
fail single entries of a batch nor take a request twice, and whose chances have no seed. What a
fault did to which task is kept here, so that a test can name each task that it allows to be run
twice, and can tell that the fault struck at all.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

SEED = 20_261_123

CLIENTS_TRIES = 6
"""How often the functions' clients send a request; `Rule.tries` is below it unless a test wants a
request to fail for good."""

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Answer:
    """An answer of the emulator, or one in its place."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def error(status: int, code: str) -> Answer:
    """What AWS's JSON protocols answer when something is wrong."""
    body = {"__type": f"com.amazonaws#{code}", "message": "injected"}
    return Answer(
        status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode()
    )


@dataclass
class Exchange:
    """A request that a fault may do something to."""

    operation: str
    body: bytes
    forward: Callable[[bytes], Answer]
    """Sends a body on to the emulator, with the request's own headers."""
    wait_for_client: Callable[[], None]
    """Returns when the client has gone away."""

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


Fault = Callable[[Exchange, "Rule"], Answer | None]
"""Answers a request its own way; None breaks the connection."""


@dataclass
class Rule:
    """What happens to which requests.

    Attributes:
        operation: an API operation of AWS.
        fault: what happens to it.
        about: what its body contains, all of it.
        share: of the requests, 0 to 1; drawn from a generator of the rule's own, begun with SEED.
        times: at most so often.
        tries: the client's first tries that it strikes, so that a later one goes through.
        struck: how often it did.
        taken: texts of the tasks that it let onto the queue, and the sender does not know, once for
            each time; those that `seen` let pass.
    """

    operation: str
    fault: Fault
    about: tuple[str, ...] = ()
    share: float = 1.0
    times: int | None = None
    tries: int = CLIENTS_TRIES - 2
    struck: int = 0
    taken: list[str] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{SEED} {self.operation} {self.fault.__name__}")

    def strikes(self, exchange: Exchange, attempt: int) -> bool:
        if exchange.operation != self.operation:
            return False
        if not all(part.encode() in exchange.body for part in self.about):
            return False
        if attempt > self.tries or (self.times is not None and self.struck >= self.times):
            return False
        if self.dice.random() >= self.share:
            return False
        self.struck += 1
        return True

    def note_taken(self, entries: list[dict[str, Any]]) -> None:
        """Notes whose messages reach the queue."""
        self.taken.extend(json.loads(entry["MessageBody"])["text"] for entry in entries)


def throttled(_serializable: Exchange, rule: Rule) -> Answer | None:
    """In both of AWS's ways, by turns."""
    return error(400, "RequestThrottled") if rule.struck % 2 else error(503, "ThrottlingException")


def over_capacity(_serializable: Exchange, _rule: Rule) -> Answer | None:
    return error(400, "ProvisionedThroughputExceededException")


def failing(_serializable: Exchange, _rule: Rule) -> Answer | None:
    return error(500, "InternalFailure")


def forbidden(_serializable: Exchange, _rule: Rule) -> Answer | None:
    return error(403, "AccessDeniedException")


def reset(_serializable: Exchange, _rule: Rule) -> Answer | None:
    return None


def reset_after_effect(exchange: Exchange, rule: Rule) -> Answer | None:
    rule.note_taken(exchange.message["Entries"])
    exchange.forward(exchange.body)
    return None


def silent(exchange: Exchange, _rule: Rule) -> Answer | None:
    exchange.wait_for_client()
    return None


def silent_after_effect(exchange: Exchange, rule: Rule) -> Answer | None:
    rule.note_taken(exchange.message["Entries"])
    exchange.forward(exchange.body)
    exchange.wait_for_client()
    return None


def taken_twice(exchange: Exchange, rule: Rule) -> Answer | None:
    rule.note_taken(exchange.message["Entries"])
    exchange.forward(exchange.body)
    return exchange.forward(exchange.body)


def seen(exchange: Exchange, rule: Rule) -> Answer | None:
    """Nothing befalls it."""
    answer = exchange.forward(exchange.body)
    rule.note_taken(exchange.message["Entries"])
    return answer


def some_entries_failed(exchange: Exchange, rule: Rule) -> Answer | None:
    """About half of a batch's entries do not reach the queue."""
    entries = exchange.message["Entries"]
    failed = [entry for entry in entries if rule.dice.random() < 0.5]
    passed = [entry for entry in entries if entry not in failed]
    return _partial(exchange.forward_entries(passed) if passed else {}, failed)


def some_entries_failed_though_taken(exchange: Exchange, rule: Rule) -> Answer | None:
    """All entries reach the queue, and about half of them are said not to."""
    entries = exchange.message["Entries"]
    failed = [entry for entry in entries if rule.dice.random() < 0.5]
    rule.note_taken(failed)
    return _partial(exchange.forward_entries(entries), failed)


def _partial(answer: dict[str, Any], failed: list[dict[str, Any]]) -> Answer:
    ids = {entry["Id"] for entry in failed}
    body = {
        "Successful": [taken for taken in answer.get("Successful", []) if taken["Id"] not in ids],
        "Failed": [{"Id": entry, "Code": "InternalError", "SenderFault": False} for entry in ids],
    }
    headers = [("Content-Type", "application/x-amz-json-1.0")]
    return Answer(200, headers, json.dumps(body).encode())


class FaultProxy:
    """The proxy, for the length of a `with` block, on a free port of this machine only.

    Attributes:
        url: what AWS_ENDPOINT_URL has to be for the requests to pass through here.
        rules: what befalls them; the first that strikes counts.
    """

    def __init__(self, upstream: str) -> None:
        self.rules: list[Rule] = []
        self._lock = Lock()
        address = urlsplit(upstream).netloc

        class Handler(_Handler):
            proxy = self
            upstream = address

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def inject(self, *rules: Rule) -> None:
        """From now on these, instead of those before."""
        with self._lock:
            self.rules = list(rules)

    def rule_for(self, exchange: Exchange, attempt: int) -> Rule | None:
        """The rule that strikes the client's so-manieth try of a request."""
        with self._lock:
            return next((rule for rule in self.rules if rule.strikes(exchange, attempt)), None)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that die in the middle are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client, and one to the emulator for it."""

    proxy: FaultProxy
    upstream: str
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self._connection = http.client.HTTPConnection(self.upstream)

    def finish(self) -> None:
        self._connection.close()
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        exchange = Exchange(operation, body, self._forward, self._wait_for_client)
        attempt = re.search(r"attempt=(\d+)", self.headers.get("amz-sdk-request", ""))
        rule = self.proxy.rule_for(exchange, int(attempt[1]) if attempt else 1)
        answer = rule.fault(exchange, rule) if rule else self._forward(body)
        if answer is None:
            self._reset()
        else:
            self._reply(answer)

    def _forward(self, body: bytes) -> Answer:
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP
        }
        self._connection.request(self.command, self.path, body, headers)
        response = self._connection.getresponse()
        kept = [(k, v) for k, v in response.getheaders() if k.lower() not in _HOP_BY_HOP]
        return Answer(response.status, kept, response.read())

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
        """Nothing: what was injected is counted."""
