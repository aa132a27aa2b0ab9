"""Invoke a function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskctl import aws
from taskctl.errors import TaskctlError

_MAX_SECONDS = 900
"""Lambda's longest timeout."""


def invoke(function: str, event: Mapping[str, Any]) -> Any:
    """Invoke a function and return its answer.

    Raises:
        TaskctlError: it failed, with its own reason; or there is no access to it.
    """
    # A slow answer must not be asked for twice: that would be another run.
    lambda_ = aws.client("lambda", read_timeout=_MAX_SECONDS + 10, total_max_attempts=1)
    with aws.explained():
        answer = lambda_.invoke(FunctionName=function, Payload=json.dumps(event))
    returned = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        kind = returned.get("errorType", "error")
        reason = f"{kind}: {returned.get('errorMessage', 'no reason given')}"
        raise TaskctlError(f"{function} failed: {reason}")
    return returned


def invoke_later(function: str, event: Mapping[str, Any]) -> None:
    """Have a function invoked as Scheduler does: AWS keeps the event and retries.

    Raises:
        TaskctlError: there is no access to it.
    """
    with aws.explained():
        aws.client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event)
        )
