"""A message as Lambda hands it over: AWS's own example events, read."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler.queue.place import Place
from task_scheduler.queue.record import Record

STANDARD: dict[str, Any] = {
    "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    "body": "Test message.",
    "attributes": {
        "ApproximateReceiveCount": "3",
        "SentTimestamp": "1545082649183",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1545082649385",
    },
    "messageAttributes": {},
    "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
    "eventSource": "aws:sqs",
    "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
    "awsRegion": "us-east-2",
}
OF_FIFO = {"SequenceNumber": "18849496460467696128", "MessageGroupId": "1",
           "MessageDeduplicationId": "5e2b"}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "group", "deduplication_id"),
    [({}, None, None), ({"MessageGroupId": "nightly"}, None, None), (OF_FIFO, "1", "5e2b")],
)
def test_an_event_of_aws_is_read_with_its_times_in_seconds(
    more: dict[str, str], group: str | None, deduplication_id: str | None
) -> None:
    event = {**STANDARD, "attributes": {**STANDARD["attributes"], **more}}

    assert Record.from_event(event) == Record(
        sqs_id="059f36b4-87a3-44ab-83d2-661975830a7d",
        receipt_handle="AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        body="Test message.",
        receives=3,
        sent=1545082649.183,
        first_received=1545082649.385,
        message_group=group,
        deduplication_id=deduplication_id,
    )


def test_the_attributes_of_send_task_say_what_a_message_is() -> None:
    texts = {"place": "s@t#3", "redrive": "2", "resent": "yes", "kind": "record", "other": "x"}
    ours = {name: {"stringValue": text, "dataType": "String"} for name, text in texts.items()}

    record = Record.from_event({**STANDARD, "messageAttributes": ours})

    assert (record.place, record.counted_at) == (Place("s@t", 3, 2), Place("s@t", 3, 2))
    assert (record.is_resent, record.kind) == (True, "record")


@pytest.mark.parametrize("attributes", [None, {}, {"place": {"binaryValue": "eA=="}}])
def test_a_message_of_another_sender_is_counted_by_the_id_of_sqs(attributes: Any) -> None:
    record = Record.from_event({**STANDARD, "messageAttributes": attributes})
    assert (record.place, record.is_resent, record.kind) == (None, False, None)
    assert record.counted_at == Place("059f36b4-87a3-44ab-83d2-661975830a7d", 1, 0)


@pytest.mark.parametrize(
    ("text", "redrive", "place"),
    [
        ("s@t#3", "", Place("s@t", 3, 0)),
        ("s@t#3", "63", Place("s@t", 3, 63)),
        ("s@t#3", "64", Place("s@t", 3, 63)),
        ("s@t#3", "²", Place("s@t", 3, 0)),
        ("s@t#3", "-1", Place("s@t", 3, 0)),
        ("s@t", "1", None),
        ("", "", None),
    ],
)
def test_a_place_is_read_as_it_was_written(text: str, redrive: str, place: Place | None) -> None:
    assert Place.parse(text, redrive) == place
    if place:
        assert str(place) == text
