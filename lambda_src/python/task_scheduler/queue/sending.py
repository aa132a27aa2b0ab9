"""Sending to a queue in full batches, several in flight, until SQS has taken every message."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from task_scheduler.errors import NotSent
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.queue.fifo import is_fifo

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
"""SQS's limits for one SendMessageBatch request: entries, and bytes of bodies and attributes."""

MAX_ATTEMPTS = 8
"""Times that an entry is sent; the waits between are 0.1, 0.2, 0.4 ... 2 s and 7 s in all."""

MAX_ATTRIBUTE_CHARACTERS = 1_000

_REFUSED_BY_SQS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message to be sent.

    Attributes:
        body: in characters that SQS accepts, such as Message.encode makes.
        attributes: string attributes; empty ones are left out, long ones truncated, characters that
            SQS refuses replaced.
        message_group: required by a FIFO queue, in which it has an order; in a standard queue SQS
            lets others overtake a group that has more than its share in flight (fair queues).
        deduplication_id: required by a FIFO queue, refused by any other.
        delay: seconds after which it may be received; a FIFO queue takes none.
    """

    body: str
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    message_group: str | None = None
    deduplication_id: str | None = None
    delay: int = 0

    @property
    def size(self) -> int:
        """Bytes that count towards SQS's limits: the body, names, types and values."""
        return len(self.body.encode()) + sum(
            len(f"{name}String{value}".encode()) for name, value in self._values().items()
        )

    def as_request(self, entry_id: str) -> SendMessageBatchRequestEntryTypeDef:
        """Return the entry of a SendMessageBatch request."""
        request: SendMessageBatchRequestEntryTypeDef = {
            "Id": entry_id,
            "MessageBody": self.body,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in self._values().items()
            },
        }
        if self.message_group is not None:
            request["MessageGroupId"] = self.message_group
        if self.deduplication_id is not None:
            request["MessageDeduplicationId"] = self.deduplication_id
        if self.delay:
            request["DelaySeconds"] = self.delay
        return request

    def _values(self) -> dict[str, str]:
        return {
            name: _REFUSED_BY_SQS.sub("\ufffd", value[:MAX_ATTRIBUTE_CHARACTERS])
            for name, value in self.attributes.items()
            if value
        }


def send_batch(client: SQSClient, queue_url: str, entries: Sequence[Entry]) -> int:
    """Send up to ten entries, and those that SQS did not take once more, until it has taken all.

    Whole requests that fail (throttled, 5xx, no connection) are the client's to repeat.

    Returns:
        The requests that it took.

    Raises:
        NotSent: SQS refused an entry MAX_ATTEMPTS times; names SQS's reason.
    """
    waiting = {str(index): entry for index, entry in enumerate(entries)}
    for attempt in range(1, MAX_ATTEMPTS + 1):
        response = client.send_message_batch(
            QueueUrl=queue_url,
            Entries=[entry.as_request(entry_id) for entry_id, entry in waiting.items()],
        )
        failed = response.get("Failed", [])
        if not failed:
            return attempt
        waiting = {failure["Id"]: waiting[failure["Id"]] for failure in failed}
        if attempt < MAX_ATTEMPTS:
            time.sleep(compute_backoff(attempt, base=0.1, cap=2))
    reason = f"{failed[0]['Code']}: {failed[0].get('Message', 'no reason given')}"
    raise NotSent(f"{len(failed)} of {len(entries)} messages sent {attempt} times: {reason}")


class Sender:
    """Sends what is put into it, in full batches from a bounded pool of threads.

    A context manager: at its end what is left is sent and every answer awaited.

    SQS may refuse an entry of a batch and take those after it. So a FIFO queue gets one batch at a
    time, and no two entries of a group in the same one: what is refused and sent again would
    come after what was put later, in the same group.

    Args:
        client: the client of SQS.
        queue_url: the URL of the queue.
        in_flight: requests under way at once, where the order does not matter.

    Attributes:
        queue_url: the URL of the queue.
        entries: the entries that were put.
        requests: the requests that SQS answered.
    """

    def __init__(self, client: SQSClient, queue_url: str, *, in_flight: int = 1) -> None:
        self.entries = 0
        self.requests = 0
        self.queue_url = queue_url
        self._client = client
        self._keeps_order = is_fifo(queue_url)
        in_flight = 1 if self._keeps_order else in_flight
        # here, since run_task sends dead letters, seldom, and never needs a pool
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(in_flight)
        self._free = BoundedSemaphore(in_flight)
        self._lock = Lock()
        self._failure: Exception | None = None
        self._batch: list[Entry] = []
        self._bytes = 0
        self._groups: set[str | None] = set()

    def put(self, entry: Entry) -> None:
        """Add an entry to the batch, and send the batch before it if the entry does not fit.

        Raises:
            NotSent, botocore's errors: an earlier batch could not be sent.
        """
        size = entry.size
        if (
            len(self._batch) == MAX_ENTRIES
            or self._bytes + size > MAX_BYTES
            or (self._keeps_order and entry.message_group in self._groups)
        ):
            self._submit()
        self._batch.append(entry)
        self._bytes += size
        if self._keeps_order:
            self._groups.add(entry.message_group)
        self.entries += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None and self._batch:
                self._submit()
        finally:
            self._pool.shutdown(wait=True)
        if error is None and self._failure is not None:
            raise self._failure

    def _submit(self) -> None:
        self._free.acquire()
        if self._failure is not None:
            self._free.release()
            raise self._failure
        batch, self._batch, self._bytes = self._batch, [], 0
        self._groups.clear()
        self._pool.submit(self._send, batch)

    def _send(self, batch: list[Entry]) -> None:
        try:
            requests = send_batch(self._client, self.queue_url, batch)
        except Exception as error:
            self._failure = error
        else:
            with self._lock:
                self.requests += requests
        finally:
            self._free.release()
