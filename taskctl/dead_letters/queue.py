"""Take dead letters out of a dead-letter queue without losing any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from task_scheduler.queue.fifo import is_fifo
from taskctl import aws
from taskctl.dead_letters.dead_letter import DeadLetter
from taskctl.dead_letters.reading import read_dead_letter

HOLD_SECONDS = 300
"""A dead letter that was received is hidden from others for so long, should we be killed."""

_WAIT_SECONDS = 1
"""Without a wait SQS asks only some of its servers, and an empty answer means nothing."""

_MAX_ENTRIES = 10


class DeadLetterQueue:
    """A dead-letter queue; a context manager that holds what is received while its block lasts.

    When the block ends, dead letters that were not deleted become visible again.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._held: dict[str, str] = {}
        self._sqs: Any = aws.client("sqs")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for some in _tens(list(self._held.items())):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for index, (_, handle) in enumerate(some)
                ],
            )

    def count(self) -> int:
        """Return the approximate number of dead letters, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with aws.explained():
            answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def receive(self, *, before: datetime) -> Iterator[list[DeadLetter]]:
        """Receive the dead letters from before a time, up to ten at once, until there are no more.

        A FIFO queue gives ten of each message group: SQS holds back those behind them until they
        are deleted.
        """
        while True:
            with aws.explained():
                answer = self._sqs.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_MAX_ENTRIES,
                    VisibilityTimeout=HOLD_SECONDS,
                    WaitTimeSeconds=_WAIT_SECONDS,
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
            received = answer.get("Messages", [])
            if not received:
                return
            self._held |= {message["MessageId"]: message["ReceiptHandle"] for message in received}
            dead_letters = [read_dead_letter(message, self.url) for message in received]
            yield [dead_letter for dead_letter in dead_letters if dead_letter.time < before]

    def delete(self, dead_letter: DeadLetter) -> None:
        """Delete a dead letter for good.

        Raises:
            TaskctlError: there is no access to it.
        """
        with aws.explained():
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=dead_letter.receipt_handle)
        self._held.pop(dead_letter.id, None)


def explain_hidden(url: str) -> str:
    """Explain why a dead-letter queue holds more than it hands out."""
    if is_fifo(url):
        return "SQS hands out ten of a message group, and others once those are redriven"
    return f"another command may hold them, for up to {HOLD_SECONDS // 60} minutes"


def _tens(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), _MAX_ENTRIES):
        yield things[start : start + _MAX_ENTRIES]
