"""What a function asks AWS for: the permissions that its calls need, and on what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from task_scheduler_local.emulator import REGION
from tests.forwarding import Answer, Exchange, forwarding

ACCOUNT = "000000000000"


_PERMISSIONS = {
    "SendMessageBatch": "SendMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
}
"""Of operations that are not called like the permission: "Actions, resources, and condition keys
for Amazon SQS" in the Service Authorization Reference."""


@contextmanager
def recording(upstream: str) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """Passes requests on to the emulator; yields its own URL, and the permissions that they need,
    each with the ARN of what it is needed on."""
    calls: set[tuple[str, str]] = set()

    def record(exchange: Exchange) -> Answer:
        calls.update(_permissions(exchange))
        return exchange.forward(exchange.body)

    with forwarding(upstream, record) as url:
        yield url, calls


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
