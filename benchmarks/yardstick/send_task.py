"""Send the tasks of an event, one request for each."""

from __future__ import annotations

import os
from typing import Any

import boto3

from benchmarks.yardstick.log import log

sqs = boto3.client("sqs")


def handler(event: Any, context: Any) -> None:
    """Send each task with a request of its own, as the original did."""
    log(event)
    for task in event["tasks"]:
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=task, MessageGroupId="tasks")
