"""Faults that tests inject: a proxy's doings to the functions' requests to the emulator.

What a fault did to which task is kept here, so that a test can name each task that it allows to be
run twice, and can tell that the fault struck at all.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from tests.forwarding import Answer, Exchange, error, forwarding

SEED = 20_261_123

CLIENTS_TRIES = 6
"""Times that the functions' clients send a request; `Rule.tries` is below it unless a test wants a
request to fail for good."""

Fault = Callable[[Exchange, "Rule"], Answer | None]
"""Answers a request its own way; None breaks the connection."""


@dataclass
class Rule:
    """A fault, and the requests that it befalls.

    Attributes:
        operation: an API operation of AWS.
        fault: what happens to it.
        about: what its body contains, all of it.
        share: of the requests, 0 to 1; drawn from a generator of the rule's own, begun with SEED.
        skip: of the requests that it would strike, the first so many pass.
        times: at most so often.
        tries: the client's first tries that it strikes, so that a later one goes through.
        struck: how often it did.
        taken: texts of the tasks that it let onto the queue, and the sender does not know, once for
            each time; what `seen` and `seen_invocation` let pass.
        killed: processes that it killed.
    """

    operation: str
    fault: Fault
    about: tuple[str, ...] = ()
    share: float = 1.0
    skip: int = 0
    times: int | None = None
    tries: int = CLIENTS_TRIES - 2
    struck: int = 0
    taken: list[str] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{SEED} {self.operation} {self.fault.__name__}")

    def strikes(self, exchange: Exchange, attempt: int) -> bool:
        is_invocation = exchange.path.endswith("/invocations")  # REST names no operation
        if ("Invoke" if is_invocation else exchange.operation) != self.operation:
            return False
        if not all(part.encode() in exchange.body for part in self.about):
            return False
        if attempt > self.tries or (self.times is not None and self.struck >= self.times):
            return False
        if self.dice.random() >= self.share:
            return False
        if self.skip:
            self.skip -= 1
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


def passed(exchange: Exchange, _rule: Rule) -> Answer | None:
    """Nothing befalls it, and its messages are none of tasks."""
    return exchange.forward(exchange.body)


def seen_invocation(exchange: Exchange, rule: Rule) -> Answer | None:
    """Nothing befalls it; how long the chain of invocations is that it belongs to is noted."""
    rule.taken.append(exchange.headers.get("X-Ministack-Invoke-Depth", ""))
    return exchange.forward(exchange.body)


def killed_before(exchange: Exchange, rule: Rule) -> Answer | None:
    """The process that calls dies, and the request has no effect."""
    rule.killed.append(_kill(*exchange.ports))
    return None


def killed_after(exchange: Exchange, rule: Rule) -> Answer | None:
    """The process that calls dies before it has the answer."""
    exchange.forward(exchange.body)
    rule.killed.append(_kill(*exchange.ports))
    return None


def _kill(port: int, server: int) -> int:
    """Kill the process that a connection between two ports of this machine belongs to.

    Both tell it: the same port may be the origin of connections to several servers.
    """
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = [f"0100007F:{port:04X}", f"0100007F:{server:04X}"]
    [inode] = {row[9] for row in rows if row[1:3] == ends}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()) == f"socket:[{inode}]":
                process = int(link.parts[2])
                os.kill(process, signal.SIGKILL)
                return process
    raise ProcessLookupError(f"no process has a connection from port {port} to {server}")


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
        self.url = ""
        self._upstream = upstream
        self._lock = Lock()
        self._serving = ExitStack()

    def inject(self, *rules: Rule) -> None:
        """From now on these, instead of those before."""
        with self._lock:
            self.rules = list(rules)

    def rule_for(self, exchange: Exchange, attempt: int) -> Rule | None:
        """The rule that strikes the client's so-manieth try of a request."""
        with self._lock:
            return next((rule for rule in self.rules if rule.strikes(exchange, attempt)), None)

    def answer(self, exchange: Exchange) -> Answer | None:
        """Answer a request as a rule has it, or pass it on."""
        attempt = re.search(r"attempt=(\d+)", exchange.headers.get("amz-sdk-request", ""))
        rule = self.rule_for(exchange, int(attempt[1]) if attempt else 1)
        return rule.fault(exchange, rule) if rule else exchange.forward(exchange.body)

    def __enter__(self) -> Self:
        self.url = self._serving.enter_context(forwarding(self._upstream, self.answer))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serving.close()
