"""The events that the functions of both designs receive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

_runs = count()


def run(**attributes: Any) -> dict[str, Any]:
    """Make a schedule's input, each for a run of its own."""
    return {
        "version": 1,
        "schedule": "benchmark",
        "key": f"benchmark@{next(_runs)}",
    } | attributes


def texts(number: int, prefix: str = "nothing") -> list[str]:
    """Make tasks that differ in each run: a FIFO queue would drop equal ones."""
    begun = next(_runs)
    return [f"{prefix} {begun}-{index}" for index in range(number)]


def messages(number: int, task: str | None, **args: Any) -> list[str]:
    """Make bodies as our send_task does."""
    named = {} if task is None else {"task": task, "args": args}
    return [
        json.dumps({"version": 1, "id": f"benchmark@1#{index}", "text": f"Hello #{index}!"} | named)
        for index in range(number)
    ]


def batches(bodies: Sequence[str], size: int) -> list[dict[str, Any]]:
    """Make the events of run_task for messages, in batches."""
    records = [_record(index, body) for index, body in enumerate(bodies)]
    return [{"Records": records[first : first + size]} for first in range(0, len(records), size)]


def _record(index: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"00000000-0000-0000-0000-{index:012}",
        "receiptHandle": f"handle-{index}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1700000000000",
            "SenderId": "000000000000",
            "ApproximateFirstReceiveTimestamp": "1700000000001",
        },
        "messageAttributes": {
            "place": {"stringValue": f"benchmark@1#{index + 1}", "dataType": "String"}
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:tasks",
        "awsRegion": "us-east-1",
    }
