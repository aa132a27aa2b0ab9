"""A recorder of a function's AWS calls: the permissions that they need, and on what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from task_scheduler_local.emulator import REGION
from tests.forwarding import Answer, Exchange, error, forwarding

ACCOUNT = "000000000000"


_PERMISSIONS = {
    "SendMessageBatch": "SendMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
}
"""Of operations that are not called like the permission: "Actions, resources, and condition keys
for Amazon SQS" in the Service Authorization Reference."""


@dataclass
class Recording:
    """The requests of a function.

    Attributes:
        url: that it asks instead of the emulator.
        calls: the permissions that it needs, each with the ARN of what it is needed on.
        is_table_down: whether DynamoDB fails it.
    """

    url: str = ""
    calls: set[tuple[str, str]] = field(default_factory=set)
    is_table_down: bool = False


@contextmanager
def recording(upstream: str) -> Iterator[Recording]:
    """Passes requests on to the emulator, and notes what permissions they need."""
    made = Recording()

    def record(exchange: Exchange) -> Answer:
        needed = _permissions(exchange)
        made.calls.update(needed)
        if made.is_table_down and any(action.startswith("dynamodb:") for action, _ in needed):
            return error(500, "InternalServerError")
        return exchange.forward(exchange.body)

    with forwarding(upstream, record) as made.url:
        yield made


def _permissions(exchange: Exchange) -> set[tuple[str, str]]:
    """The permissions that a request needs, each with the ARN of what it is about.

    A transaction needs those of the operations in it ("Using IAM with DynamoDB transactions").
    """
    if exchange.operation != "TransactWriteItems":
        return {_permission(exchange)}
    return {
        (f"dynamodb:{kind}Item", _arn("dynamodb", f"table/{write['TableName']}"))
        for writes in exchange.message["TransactItems"]
        for kind, write in writes.items()
    }


def _permission(exchange: Exchange) -> tuple[str, str]:
    path, operation = exchange.path, exchange.operation
    if found := re.match(r"/2015-03-31/functions/([^/]+)/invocations", path):
        return "lambda:InvokeFunction", _arn("lambda", f"function:{unquote(found[1])}")
    if found := re.match(r"/schedules/([^/?]+)\?groupName=([^&]+)", path):
        return "scheduler:GetSchedule", _arn("scheduler", f"schedule/{found[2]}/{found[1]}")
    if not operation:
        assert exchange.method == "GET", (exchange.method, path)
        return "s3:GetObject", f"arn:aws:s3:::{unquote(urlsplit(path).path).lstrip('/')}"
    asked = exchange.message
    name = _PERMISSIONS.get(operation, operation)
    if "QueueUrl" in asked:
        return f"sqs:{name}", _arn("sqs", asked["QueueUrl"].rpartition("/")[2])
    if "TableName" in asked:
        return f"dynamodb:{name}", _arn("dynamodb", f"table/{asked['TableName']}")
    if "SecretId" in asked:  # AWS ends the ARN with six characters of its own
        return f"secretsmanager:{name}", _arn(
            "secretsmanager", f"secret:{asked['SecretId']}-Ab12Cd"
        )
    return f"ssm:{name}", _arn("ssm", f"parameter/{asked['Name'].lstrip('/')}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
