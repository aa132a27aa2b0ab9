"""A message as Lambda hands it over: AWS's own example events, read."""

from __future__ import annotations

from typing import Any

import pytest

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
