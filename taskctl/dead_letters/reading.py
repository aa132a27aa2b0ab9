"""Read dead letters of every sender: Scheduler, Lambda, send_task, run_task, and SQS itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import VERSION
from task_scheduler.queue.place import PLACE, REDRIVE, Place
from task_scheduler.queue.task_id import RunKey, TaskId
from task_scheduler.runs.run import UNSUBSTITUTED, key_of_request
from taskctl.dead_letters.dead_letter import DIED, Contents, DeadLetter, Kind, Origin
from taskctl.ids import first_run

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""Raised by reading a body that only resembles what one of the senders writes."""


def read_dead_letter(received: Mapping[str, Any], queue_url: str) -> DeadLetter:
    """Read a message of a dead-letter queue; one that nobody of ours wrote is of kind unknown.

    Args:
        received: the message as SQS returns it, with all attributes.
        queue_url: the URL of its queue.
    """
    system = received.get("Attributes", {})
    attributes = {
        name: value.get("StringValue", "")
        for name, value in received.get("MessageAttributes", {}).items()
    }
    is_run = "runs-dead-letter" in queue_url.rpartition("/")[2]
    origin = Origin.RUNS if is_run else Origin.TASKS
    return DeadLetter(
        id=received["MessageId"],
        origin=origin,
        receipt_handle=received["ReceiptHandle"],
        body=received["Body"],
        attributes=attributes,
        message_group=system.get("MessageGroupId"),
        time=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
        contents=read_contents(origin, received["Body"], attributes),
    )


def read_contents(origin: Origin, body: str, attributes: Mapping[str, str]) -> Contents:
    """Read a dead letter's body and attributes; of kind unknown if nobody of ours wrote them.

    Args:
        origin: its queue.
        body: the body.
        attributes: the string attributes.
    """
    try:
        return (_read_task if origin is Origin.TASKS else _read_run)(body, attributes)
    except _UNREADABLE as error:
        reason = f"cannot be read: {type(error).__name__}: {str(error)[:200]}"
        return Contents(kind=Kind.UNKNOWN, reason=reason)


def read_envelope(body: str) -> dict[str, Any] | None:
    """Parse a task's body without rebuilding its objects; None for a text typed by hand.

    The objects' classes are the task code's, which is not at hand here and not needed: the
    message is shown, and sent again as it is.

    Raises:
        ValueError: it is a JSON object or array, but not an envelope of this version.
    """
    try:
        envelope = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        return None
    if not isinstance(envelope, (dict, list)):
        return None
    if not isinstance(envelope, dict) or "version" not in envelope:
        raise ValueError("JSON, but not a message of this module: it has no version")
    if envelope["version"] != VERSION or isinstance(envelope["version"], bool):
        raise ValueError(f"version {str(envelope['version'])[:20]}: this taskctl knows {VERSION}")
    for name in ("id", "schedule", "task", "text", "message_group", "worker"):
        if not isinstance(envelope.get(name, ""), str):
            raise ValueError(f"{name} must be a string")
    if not envelope.get("id"):
        raise ValueError("a message without an id")
    return envelope


def _read_task(body: str, attributes: Mapping[str, str]) -> Contents:
    # an exception without a text leaves no reason
    reason = ": ".join(attributes[name] for name in ("error", "reason") if name in attributes)
    outcome, schedule = attributes.get("outcome", DIED), attributes.get("schedule")
    envelope = None
    what = attributes.get("task", "")
    try:
        envelope = read_envelope(body)
    except ValueError as error:
        outcome, reason = Outcome.UNREADABLE, reason or str(error)
    else:
        schedule = envelope.get("schedule") if envelope else None
        what = _describe_task(envelope) if envelope else body
    place = read_place(attributes)
    run = place.run if place else _run_in(envelope)
    died = "the function died or ran out of time at each attempt; its log says more"
    return Contents(
        kind=Kind.TASK,
        outcome=outcome,
        reason=reason or died,
        attempts=_whole(attributes.get("attempts")),
        schedule=schedule,
        run=run,
        what=what,
        redrives=place.redrive if place else 0,
    )


def read_place(attributes: Mapping[str, str]) -> Place | None:
    """Return a task's place in its run; None of a message that has none."""
    return Place.parse(attributes.get(PLACE, ""), attributes.get(REDRIVE, ""))


def _run_in(envelope: Mapping[str, Any] | None) -> str | None:
    """Return the run that a task's id names; None of a message typed by hand."""
    id_ = TaskId.parse(envelope["id"]) if envelope else None
    return first_run(id_.run) if id_ and id_.position else None


def _describe_task(envelope: Mapping[str, Any]) -> str:
    position = TaskId.parse(envelope["id"]).position
    task, text = envelope.get("task"), envelope.get("text")
    parts = [f"#{position}" if position else "", task, f"“{text}”" if text and task else text]
    return " ".join(part for part in parts if part)


def _read_run(body: str, attributes: Mapping[str, str]) -> Contents:
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    match read:
        case {"kind": "line", "schedule": str(), "line": int()}:
            return _refused_line(read)
        case {"kind": "incomplete", "schedule": str()}:
            return _incomplete(read)
        case {"requestPayload": {"schedule": str(schedule)} as event}:
            return _failed(schedule, event, read)
        case {"version": _, "schedule": str(schedule)}:
            return _undelivered(schedule, read, attributes)
    if "SCHEDULE_ARN" in attributes:  # Scheduler truncates the event of too large a dead letter
        schedule = attributes["SCHEDULE_ARN"].rpartition("/")[2]
        return _undelivered(schedule, {}, attributes, needs_input=True)
    reason = "not written by Scheduler, Lambda or send_task"
    return Contents(kind=Kind.UNKNOWN, reason=reason)


def _refused_line(read: Mapping[str, Any]) -> Contents:
    number, file = read["line"], read.get("file")
    event = _run_of(read) | {"only": number}
    redrives = int(read.get("redrive") or 0)
    if isinstance(read.get("number"), int):  # its place in the run, since there is a ledger
        event |= {"number": read["number"], "redrive": redrives + 1}
    return Contents(
        kind=Kind.LINE,
        schedule=read["schedule"],
        run=str(event["key"]),
        what=f"line {number} of {file}" if file else f"#{number}",
        outcome="refused",
        reason=str(read["reason"]),
        event=event,
        needs_input=True,
        redrives=redrives,
    )


def _incomplete(read: Mapping[str, Any]) -> Contents:
    at = read.get("goes_on_at")
    cursor = {} if at is None else {"cursor": read.get("cursor", {"line": at})}
    only = {} if read.get("only") is None else {"only": read["only"]}
    return Contents(
        kind=Kind.RUN,
        schedule=read["schedule"],
        run=str(_run_of(read)["key"]),
        what=f"from #{at}" if at else "from its beginning",
        outcome="incomplete",
        reason=str(read["reason"]),
        event=_run_of(read) | cursor | only,
        needs_input=True,
    )


def _failed(schedule: str, event: dict[str, Any], read: Mapping[str, Any]) -> Contents:
    """Read what Lambda sends: the event of an invocation of send_task, and its answer."""
    context, answer = read.get("requestContext", {}), read.get("responsePayload") or {}
    reason = ": ".join(
        str(answer[name]) for name in ("errorType", "errorMessage") if answer.get(name)
    )
    request = context.get("requestId")
    if request and "key" not in event and _scheduled_time(event) is None:
        event = {**event, "key": key_of_request(schedule, request)}
    line = (event.get("cursor") or {}).get("line")
    return Contents(
        kind=Kind.RUN,
        schedule=schedule,
        run=_key_of(schedule, event),
        what=f"{_due(event)}{f', from line {line}' if line else ''}",
        outcome="failed",
        reason=reason or str(context.get("condition", "no reason given")),
        event=event,
    )


def _undelivered(
    schedule: str,
    event: dict[str, Any],
    attributes: Mapping[str, str],
    *,
    needs_input: bool = False,
) -> Contents:
    """Read what Scheduler sends: the event that it could not deliver, and why."""
    time, retries = attributes.get("SCHEDULED_TIME"), _whole(attributes.get("RETRY_ATTEMPTS"))
    if time and _scheduled_time(event) is None:
        event = {**event, "scheduled_time": time}
    reason = ": ".join(
        attributes[name] for name in ("ERROR_CODE", "ERROR_MESSAGE") if attributes.get(name)
    )
    return Contents(
        kind=Kind.RUN,
        schedule=schedule,
        run=_key_of(schedule, event),
        what=_due(event),
        outcome="undelivered",
        attempts=None if retries is None else retries + 1,
        reason=reason or "no reason given",
        event=event,
        needs_input=needs_input,
    )


def _run_of(read: Mapping[str, Any]) -> dict[str, Any]:
    """Return key and scheduled time of the run in a dead letter that send_task wrote."""
    key = read["run"] if "run" in read else read["firing"]  # "firing" until 0.1.0
    return {"key": key, "scheduled_time": read.get("scheduled_time")}


def _key_of(schedule: str, event: Mapping[str, Any]) -> str | None:
    """Return the key that send_task gives the run of an event."""
    time = _scheduled_time(event)
    return event.get("key") or (str(RunKey(schedule, time)) if time else None)


def _due(event: Mapping[str, Any]) -> str:
    time = _scheduled_time(event)
    return f"due {time}" if time else "by hand"


def _scheduled_time(event: Mapping[str, Any]) -> str | None:
    """Return when a run was due; None where nobody has put that in."""
    time = event.get("scheduled_time")
    if time is not None and not isinstance(time, str):
        raise TypeError(f"scheduled_time {time!r} must be a string")
    return None if time is None or time.startswith(UNSUBSTITUTED) else time


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
