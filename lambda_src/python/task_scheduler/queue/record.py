"""Records: a message as Lambda hands it to run_task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from task_scheduler.queue.place import PLACE, REDRIVE, RESENT, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of an SQS event.

    Attributes:
        sqs_id: SQS's id of the message; what a partial batch response names.
        receipt_handle: names the message when its visibility is changed.
        body: the body of the message.
        receives: times that it was received, this one included. SQS counts receives, not
            attempts: a message that is given back, or whose neighbour killed the function, counts
            as well.
        sent: when it was put on the queue, seconds since 1970.
        first_received: when it was first received, seconds since 1970.
        message_group, deduplication_id: of a FIFO queue's message; a standard queue's group, by
            which SQS is fair, is nobody's business here.
        place: where its end is counted; None of a message that send_task did not send.
        is_resent: whether another message may be the same one.
        kind: the kind of a message that is not a task.
    """

    sqs_id: str
    receipt_handle: str
    body: str
    receives: int
    sent: float
    first_received: float
    message_group: str | None
    deduplication_id: str | None
    place: Place | None = None
    is_resent: bool = False
    kind: str | None = None

    @property
    def counted_at(self) -> Place:
        """The place that its receives and its end are counted at."""
        return self.place or Place(self.sqs_id)

    @classmethod
    def from_event(cls, record: Mapping[str, Any]) -> Record:
        """Read a record of an event, as AWS documents it ("Using Lambda with Amazon SQS")."""
        attributes = record["attributes"]
        deduplication_id = attributes.get("MessageDeduplicationId")
        ours = {
            name: str(attribute.get("stringValue", ""))
            for name, attribute in (record.get("messageAttributes") or {}).items()
        }
        return cls(
            sqs_id=record["messageId"],
            receipt_handle=record["receiptHandle"],
            body=record["body"],
            receives=int(attributes["ApproximateReceiveCount"]),
            sent=int(attributes["SentTimestamp"]) / 1000,
            first_received=int(attributes["ApproximateFirstReceiveTimestamp"]) / 1000,
            message_group=attributes.get("MessageGroupId") if deduplication_id else None,
            deduplication_id=deduplication_id,
            place=Place.parse(ours.get(PLACE, ""), ours.get(REDRIVE, "")),
            is_resent=RESENT in ours,
            kind=ours.get("kind"),
        )
