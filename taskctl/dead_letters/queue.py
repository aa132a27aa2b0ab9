"""Taking dead letters out of a dead-letter queue without losing any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from taskctl import aws
from taskctl.dead_letters.dead_letter import DeadLetter, read_dead_letter

HOLD_SECONDS = 300
"""For so long nobody else gets a dead letter that was taken; longer only if we are killed."""

_WAIT_SECONDS = 1
"""Without a wait SQS asks some of its servers only, and an empty answer says nothing."""

_MAX_ENTRIES = 10


class DeadLetterQueue:
    """A dead-letter queue whose dead letters are held while the block lasts.

    At its end, however it comes, those that were not deleted can be received again.
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
        """About how many dead letters there are."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with aws.explained():
            answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def receive(self, *, before: datetime) -> Iterator[list[DeadLetter]]:
        """The dead letters that came before a time, up to ten at once, until no more come.

        Of a FIFO queue come ten of each message group: SQS keeps back those behind them until
        they are deleted.
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
            dead_letters = [read_dead_letter(message, self.url) for message in received]
            self._held |= {
                dead_letter.id: dead_letter.receipt_handle for dead_letter in dead_letters
            }
            yield [dead_letter for dead_letter in dead_letters if dead_letter.time < before]

    def delete(self, dead_letter: DeadLetter) -> None:
        """Takes a dead letter out for good.

        Raises:
            TaskctlError: there is no access to it.
        """
        with aws.explained():
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=dead_letter.receipt_handle)
        self._held.pop(dead_letter.id, None)


def _tens(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(things), _MAX_ENTRIES):
        yield things[start : start + _MAX_ENTRIES]
