"""Dead letters, read: what lies in the two dead-letter queues, why, and how it is sent again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from task_scheduler.errors import InvalidMessage
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import UNSUBSTITUTED


class Kind(StrEnum):
    """What a dead letter is about."""

    TASK = "task"
    """A message of the task queue."""
    LINE = "line"
    """A line of a list that is no task."""
    RUN = "run"
    """The event of a run, or the rest of its list."""
    UNKNOWN = "unknown"
    """Something that nobody here has put there."""


DIED = "died"
"""The outcome of a task whose function died, and its tries with it; SQS itself moved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter.

    Attributes:
        id: SQS's.
        receipt_handle: what it is deleted by.
        body: as it is.
        message_group: of a FIFO queue.
        time: when it came into the queue, UTC.
        kind: what it is about.
        schedule: the schedule's name, if that is known.
        what: which task, line or run.
        outcome: what came of it.
        attempts: tries, of a task.
        reason: why.
        event: what send_task has to be invoked with, of a run or a line. If it lacks the
            schedule's own input, `needs_input` is true.
    """

    id: str
    receipt_handle: str
    body: str
    message_group: str | None
    time: datetime
    kind: Kind
    schedule: str | None = None
    what: str = ""
    outcome: str = ""
    attempts: int | None = None
    reason: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
    needs_input: bool = False

    @property
    def short_id(self) -> str:
        """The beginning of the id, by which a user names it."""
        return self.id[:SHORT_ID]

    @property
    def can_be_sent(self) -> bool:
        """Whether there is a point in sending it again, and a way."""
        return self.kind is not Kind.UNKNOWN and self.outcome != Outcome.UNREADABLE


SHORT_ID = 8


def read_dead_letter(received: Mapping[str, Any], queue_url: str) -> DeadLetter:
    """A message of one of the dead-letter queues, as SQS handed it over with all attributes."""
    system = received.get("Attributes", {})
    attributes = {
        name: value.get("StringValue", "")
        for name, value in received.get("MessageAttributes", {}).items()
    }
    is_task = "tasks-dead-letter" in queue_url.rpartition("/")[2]
    read = _task(received, attributes) if is_task else _run(received["Body"], attributes)
    return DeadLetter(
        id=received["MessageId"],
        receipt_handle=received["ReceiptHandle"],
        body=received["Body"],
        message_group=system.get("MessageGroupId"),
        time=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
        **read,
    )


def _task(received: Mapping[str, Any], attributes: Mapping[str, str]) -> dict[str, Any]:
    # an exception without a text leaves no reason
    reason = ": ".join(attributes[name] for name in ("error", "reason") if name in attributes)
    died = "its function died, or its time was over, at each try; the log tells more"
    attempts = attributes.get("attempts")
    read: dict[str, Any] = {
        "kind": Kind.TASK,
        "outcome": attributes.get("outcome", DIED),
        "reason": reason or died,
        "attempts": int(attempts) if attempts else None,
        "schedule": attributes.get("schedule"),
        "what": attributes.get("task", ""),
    }
    try:
        message = Message.decode(received["Body"], sqs_id=received["MessageId"])
    except (InvalidMessage, ValueError) as error:
        return read | {"outcome": Outcome.UNREADABLE, "reason": reason or str(error)}
    position = f"#{message.id.rpartition('#')[2]}" if "#" in message.id else ""
    text = f"“{message.text}”" if message.text and message.task else message.text
    parts = [position, message.task, text]
    return read | {
        "schedule": message.schedule,
        "what": " ".join(part for part in parts if part),
    }


def _run(body: str, attributes: Mapping[str, str]) -> dict[str, Any]:
    try:
        dead_letter = json.loads(body)
    except ValueError:
        dead_letter = None
    match dead_letter:
        case {"kind": "line", "schedule": schedule, "line": number}:
            where = (
                f"line {number} of {dead_letter['file']}"
                if dead_letter.get("file")
                else f"#{number}"
            )
            return {
                "kind": Kind.LINE,
                "schedule": schedule,
                "what": where,
                "outcome": "refused",
                "reason": dead_letter["reason"],
                "event": _known(dead_letter) | {"only": number},
                "needs_input": True,
            }
        case {"kind": "incomplete", "schedule": schedule}:
            at = dead_letter.get("goes_on_at")
            cursor = {} if at is None else {"cursor": dead_letter.get("cursor", {"line": at})}
            only = {} if dead_letter.get("only") is None else {"only": dead_letter["only"]}
            return {
                "kind": Kind.RUN,
                "schedule": schedule,
                "what": f"from #{at}" if at else "from its beginning",
                "outcome": "incomplete",
                "reason": dead_letter["reason"],
                "event": _known(dead_letter) | cursor | only,
                "needs_input": True,
            }
        case {"requestPayload": {"schedule": schedule} as event}:
            return _failed(schedule, event, dead_letter)
        case {"version": _, "schedule": schedule}:
            return _undelivered(schedule, dead_letter, attributes)
    if "SCHEDULE_ARN" in attributes:  # Scheduler cuts an event that makes too large a dead letter
        schedule = attributes["SCHEDULE_ARN"].rpartition("/")[2]
        return _undelivered(schedule, {}, attributes) | {"needs_input": True}
    return {"kind": Kind.UNKNOWN, "reason": "no letter of Scheduler's, Lambda's or send_task's"}


def _failed(schedule: str, event: dict[str, Any], dead_letter: Mapping[str, Any]) -> dict[str, Any]:
    """What Lambda sends: the event of an invocation of send_task, and what it answered."""
    context, answer = (
        dead_letter.get("requestContext", {}),
        dead_letter.get("responsePayload") or {},
    )
    reason = ": ".join(
        str(answer[name]) for name in ("errorType", "errorMessage") if answer.get(name)
    )
    request = context.get("requestId")
    if request and "key" not in event and _scheduled_time(event) is None:
        event = {**event, "key": f"{schedule}@{request}"}
    line = (event.get("cursor") or {}).get("line")
    return {
        "kind": Kind.RUN,
        "schedule": schedule,
        "what": f"{_due(event)}{f', from line {line}' if line else ''}",
        "outcome": "failed",
        "reason": reason or str(context.get("condition", "no reason given")),
        "event": event,
    }


def _undelivered(
    schedule: str, event: dict[str, Any], attributes: Mapping[str, str]
) -> dict[str, Any]:
    """What Scheduler sends: the event as it would have been delivered, and why it was not."""
    time, retries = attributes.get("SCHEDULED_TIME"), attributes.get("RETRY_ATTEMPTS")
    if time and _scheduled_time(event) is None:
        event = {**event, "scheduled_time": time}
    reason = ": ".join(
        attributes[name] for name in ("ERROR_CODE", "ERROR_MESSAGE") if attributes.get(name)
    )
    return {
        "kind": Kind.RUN,
        "schedule": schedule,
        "what": _due(event),
        "outcome": "undelivered",
        "attempts": int(retries) + 1 if retries else None,
        "reason": reason or "no reason given",
        "event": event,
    }


def _known(dead_letter: Mapping[str, Any]) -> dict[str, Any]:
    """What a letter of send_task's says of its run."""
    key = dead_letter["run"] if "run" in dead_letter else dead_letter["firing"]  # of 0.1.0
    return {"key": key, "scheduled_time": dead_letter.get("scheduled_time")}


def _due(event: Mapping[str, Any]) -> str:
    time = _scheduled_time(event)
    return f"due {time}" if time else "by hand"


def _scheduled_time(event: Mapping[str, Any]) -> str | None:
    """When it was due, if somebody has put that in."""
    time = event.get("scheduled_time")
    return None if time is None or time.startswith(UNSUBSTITUTED) else str(time)
