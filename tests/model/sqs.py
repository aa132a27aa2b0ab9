"""SQS as its documentation describes it, on a simulated clock, behind boto3's calls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from tests.model.simulation import Simulation

DEDUPLICATION_SECONDS = 300.0
MAX_VISIBILITY_SECONDS = 43_200.0


@dataclass(slots=True, kw_only=True)
class Stored:
    """A message on a queue.

    Attributes:
        sent, visible: moments, in seconds since 1970; it can be received from `visible` on.
        receives: how often it was received.
        receipt: the handle of its last receive.
    """

    id: str
    body: str
    attributes: Mapping[str, Any]
    sent: float
    visible: float
    group: str | None = None
    deduplication_id: str | None = None
    receives: int = 0
    first_received: float = 0.0
    receipt: str = ""


@dataclass
class Queue:
    """A standard or FIFO queue.

    Attributes:
        retention: seconds after which a message is dropped.
        visibility_timeout: seconds for which a received message is hidden.
        max_receives: receives after which a message goes to `dead_letters`; None: never.
        dropped: messages that retention dropped.
        on_change: is called when there may be more to receive than before.
    """

    name: str
    simulation: Simulation
    random: random.Random
    is_fifo: bool = False
    retention: float = 345_600.0
    visibility_timeout: float = 360.0
    max_receives: int | None = None
    dead_letters: Queue | None = None
    messages: list[Stored] = field(default_factory=list)
    dropped: list[Stored] = field(default_factory=list)
    on_change: Callable[[], None] = lambda: None
    _sent_ids: dict[str, float] = field(default_factory=dict)
    _numbers: Any = field(default_factory=count)

    def send(
        self,
        body: str,
        attributes: Mapping[str, Any],
        *,
        group: str | None = None,
        deduplication_id: str | None = None,
        delay: float = 0.0,
    ) -> str:
        """Store a message; a FIFO queue swallows a deduplication id that it has seen of late."""
        now = self.simulation.now
        identity = f"{self.name}-{next(self._numbers)}"
        if self.is_fifo:
            known = self._sent_ids.get(str(deduplication_id))
            if known is not None and now - known < DEDUPLICATION_SECONDS:
                return identity
            self._sent_ids[str(deduplication_id)] = now
        self.messages.append(
            Stored(
                id=identity,
                body=body,
                attributes=attributes,
                sent=now,
                visible=now + delay,
                group=group,
                deduplication_id=deduplication_id,
            )
        )
        self.on_change()
        return identity

    def receive(self, most: int) -> list[Stored]:
        """Receive up to so many messages: a random sample, or in order where the queue is FIFO."""
        self._drop_what_is_too_old()
        now = self.simulation.now
        found: list[Stored] = []
        for stored in self._candidates():
            if len(found) == most:
                break
            if self.max_receives is not None and stored.receives >= self.max_receives:
                self._redrive(stored)
                continue
            stored.receives += 1
            stored.first_received = stored.first_received or now
            stored.visible = now + self.visibility_timeout
            stored.receipt = f"{stored.id}/{stored.receives}"
            found.append(stored)
        return found

    def delete(self, receipt: str) -> None:
        """Delete the message that a receipt handle is of; nothing if it is gone."""
        identity = receipt.rpartition("/")[0]
        self.messages = [stored for stored in self.messages if stored.id != identity]
        self.on_change()

    def hide(self, receipt: str, seconds: float) -> None:
        """Make a received message visible after so many seconds.

        Raises:
            ClientError: the handle is not that of the last receive, or the wait is too long.
        """
        for stored in self.messages:
            if stored.receipt == receipt and stored.visible > self.simulation.now:
                if seconds > MAX_VISIBILITY_SECONDS:
                    raise refusal("InvalidParameterValue")
                stored.visible = self.simulation.now + seconds
                self.on_change()
                return
        raise refusal("MessageNotInflight")

    def next_visible(self) -> float | None:
        """The moment at which the next message can be received; None on an empty queue.

        A message in flight holds back its group on a FIFO queue.
        """
        moments = [stored.visible for stored in self.messages]
        if self.is_fifo:
            groups: dict[str | None, float] = {}
            for stored in self.messages:
                groups[stored.group] = max(groups.get(stored.group, 0.0), stored.visible)
            moments = list(groups.values())
        return min(moments, default=None)

    def _candidates(self) -> list[Stored]:
        now = self.simulation.now
        if not self.is_fifo:
            visible = [stored for stored in self.messages if stored.visible <= now]
            self.random.shuffle(visible)
            return sorted(visible, key=self._is_noisy(now))
        held = {stored.group for stored in self.messages if stored.visible > now}
        return [stored for stored in self.messages if stored.group not in held]

    def _is_noisy(self, now: float) -> Callable[[Stored], bool]:
        """Return True if a message's group has more than its share in flight (fair queues).

        Amazon SQS Developer Guide, "Amazon SQS fair queues"; the share itself is not published.
        """
        in_flight = Counter(
            stored.group for stored in self.messages if stored.receives and stored.visible > now
        )
        noisy = {group for group, held in in_flight.items() if 2 * held > in_flight.total()}
        return lambda stored: stored.group is not None and stored.group in noisy

    def _redrive(self, stored: Stored) -> None:
        self.messages.remove(stored)
        if self.dead_letters is not None:
            stored.visible = self.simulation.now
            self.dead_letters.messages.append(stored)

    def _drop_what_is_too_old(self) -> None:
        oldest = self.simulation.now - self.retention
        old = [stored for stored in self.messages if stored.sent <= oldest]
        if old:
            self.messages = [stored for stored in self.messages if stored.sent > oldest]
            self.dropped += old


class Client:
    """The calls of boto3's SQS client that the handlers make.

    Args:
        queues: by their URLs.
        faults: what befalls each call.
    """

    def __init__(self, queues: Mapping[str, Queue], faults: Faults) -> None:
        self._queues = queues
        self._faults = faults

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        """Send up to ten messages."""

        def send(entry: Mapping[str, Any]) -> None:
            self._queues[QueueUrl].send(
                entry["MessageBody"],
                entry.get("MessageAttributes", {}),
                group=entry.get("MessageGroupId"),
                deduplication_id=entry.get("MessageDeduplicationId"),
                delay=entry.get("DelaySeconds", 0),
            )

        return self._faults.call("SendMessageBatch", QueueUrl, Entries, send)

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        """Delete a message."""
        entry = {"Id": "0", "ReceiptHandle": ReceiptHandle}
        return self.delete_message_batch(QueueUrl=QueueUrl, Entries=[entry])

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        """Delete up to ten messages."""
        queue = self._queues[QueueUrl]
        return self._faults.call(
            "DeleteMessageBatch",
            QueueUrl,
            Entries,
            lambda entry: queue.delete(entry["ReceiptHandle"]),
        )

    def change_message_visibility_batch(
        self, *, QueueUrl: str, Entries: Sequence[Any]
    ) -> dict[str, Any]:
        """Hide up to ten messages."""
        queue = self._queues[QueueUrl]
        return self._faults.call(
            "ChangeMessageVisibilityBatch",
            QueueUrl,
            Entries,
            lambda entry: queue.hide(entry["ReceiptHandle"], entry["VisibilityTimeout"]),
        )


class Faults:
    """Faults of calls: seeded, by probability.

    Attributes:
        refused: share of calls that fail without an effect.
        unanswered: share of calls that have their effect, and then fail.
        partial: share of entries of a batch that are refused one by one.
        killed: share of calls before or after which the process dies.
        latency: seconds that a call takes.
        counts: how often each of them happened.
    """

    def __init__(
        self,
        simulation: Simulation,
        randomness: random.Random,
        *,
        refused: float = 0.0,
        unanswered: float = 0.0,
        partial: float = 0.0,
        killed: float = 0.0,
        latency: float = 0.005,
    ) -> None:
        self.refused, self.unanswered, self.partial = refused, unanswered, partial
        self.killed, self.latency = killed, latency
        self.kill_at: tuple[int, str] | None = None
        self.calls: list[str] = []
        self.counts = {"refused": 0, "unanswered": 0, "partial": 0, "killed": 0}
        self._simulation = simulation
        self._random = randomness

    def call(self, operation: str, url: str, entries: Sequence[Any], effect: Any) -> dict[str, Any]:
        """Have the effect of a call on each entry, or a fault."""
        number = self.begin(f"{operation} {url}")
        self._simulation.sleep(self.latency)
        if self._happens("refused"):
            raise refusal("ServiceUnavailable", operation)
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in entries:
            failure = self._apply(entry, effect)
            answer["Failed" if failure else "Successful"].append({"Id": entry["Id"], **failure})
        self.end(number)
        if self._happens("unanswered"):
            raise refusal("RequestTimeout", operation)
        return answer

    def begin(self, call: str) -> int:
        """Note a call; return its number, from 0."""
        number = len(self.calls)
        self.calls.append(call)
        self._maybe_kill(number, "before")
        return number

    def end(self, number: int) -> None:
        """Let a call have had its effect."""
        self._maybe_kill(number, "after")

    def _apply(self, entry: Any, effect: Any) -> dict[str, Any]:
        if self._happens("partial"):
            return {"Code": "InternalError", "SenderFault": False}
        try:
            effect(entry)
        except ClientError as error:
            return {"Code": error.response["Error"]["Code"], "SenderFault": True}
        return {}

    def _happens(self, kind: str) -> bool:
        happens: bool = self._random.random() < getattr(self, kind)
        self.counts[kind] += happens
        return happens

    def _maybe_kill(self, number: int, when: str) -> None:
        process = self._simulation.current
        if process is None:
            return
        if self.kill_at == (number, when) or (self.killed and self._happens("killed")):
            process.is_dead = True
        self._simulation.sleep(0.0)


def refusal(code: str, operation: str = "Call") -> ClientError:
    """Return the error that boto3 raises for an answer with an error code."""
    return ClientError({"Error": {"Code": code, "Message": "a fault of the model"}}, operation)
