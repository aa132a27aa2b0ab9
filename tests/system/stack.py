"""Questions of the tests to an applied module, and the notes of its tasks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from task_scheduler_local.leftovers import client

PATIENCE_SECONDS = 180

Value = TypeVar("Value")


def wait_for(find: Callable[[], Value]) -> Value:
    """The first true value that comes back."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := find()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s in vain"
        time.sleep(0.1)
    return value


@dataclass
class Stack:
    """The module as it was applied."""

    names: dict[str, Any]
    aws: dict[str, str]

    def fire(self, **event: Any) -> None:
        """Invoke send_task as EventBridge Scheduler does: asynchronously."""
        answer = client("lambda", self.aws).invoke(
            FunctionName=self.names["send_task"]["name"],
            InvocationType="Event",
            Payload=json.dumps({"version": 1} | event),
        )
        assert answer["StatusCode"] == 202

    def send(self, body: str, *, delay: int = 0) -> str:
        """Put a message on the task queue by hand; returns SQS's id of it."""
        sent = client("sqs", self.aws).send_message(
            QueueUrl=self.names["queue"]["url"], MessageBody=body, DelaySeconds=delay
        )
        message_id: str = sent["MessageId"]
        return message_id

    def dead_letters(self, queue: str, *parts: str) -> list[dict[str, Any]]:
        """The dead letters with each part in their bodies: body and attributes, left in place.

        All of the queue are looked at, however many other tests have left there.
        """
        sqs, url = client("sqs", self.aws), self.names[queue]["url"]
        found: list[dict[str, Any]] = []
        while received := sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=60,
            MessageAttributeNames=["All"],
        ).get("Messages"):
            found += received
        for dead_letter in found:
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=dead_letter["ReceiptHandle"], VisibilityTimeout=0
            )
        return [
            {"body": dead_letter["Body"]}
            | {
                name: value["StringValue"]
                for name, value in dead_letter.get("MessageAttributes", {}).items()
            }
            for dead_letter in found
            if all(part in dead_letter["Body"] for part in parts)
        ]


@dataclass
class Records:
    """The notes of the tasks."""

    folder: Path

    def read(self) -> list[dict[str, Any]]:
        path = self.folder / "records.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def wait(self, count: int) -> list[dict[str, Any]]:
        """The records, once there are at least so many."""
        return wait_for(lambda: records if len(records := self.read()) >= count else [])
