"""Messages: a task on the queue, in a versioned JSON envelope."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from task_scheduler.errors import InvalidLine, InvalidMessage, NotSerializable
from task_scheduler.queue import serialization
from task_scheduler.queue.validation import (
    check_attributes,
    known_attributes,
)

VERSION = 1
DEFAULT_RETRIES = 2

DEFAULT_WORKER = "default"
"""The worker of the tasks that name none."""

MAX_BODY_BYTES = 240 * 1024
"""Below SQS's 256 KiB, so that a dead letter has room for its attributes."""

# SQS: up to 128 ASCII letters, digits and punctuation.
_MESSAGE_GROUP = re.compile(r"[!-~]{1,128}")


def worker_problem(worker: str | None, known: Collection[str]) -> str | None:
    """Return the reason why a task cannot go to a worker; None if it can.

    Args:
        worker: the worker that the task names; None for the default one.
        known: the names of those that there are.
    """
    if (worker or DEFAULT_WORKER) in known:
        return None
    return f"worker {worker!r}: must be one of {', '.join(sorted(known))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One task on its way to run_task.

    Attributes:
        id: run key and position, "nightly@2026-11-23T02:00:00Z#17" (message_id.py): the same
            however often and by whomever the task is sent.
        schedule: the schedule that the task belongs to; None when typed by hand.
        scheduled_time: when the run was due, RFC 3339 UTC.
        task: the name that a function is registered under; None for a text that is printed.
        text: the first argument of the function, or what is printed.
        args: the function's keyword arguments.
        retries: attempts after the first, from 0.
        max_age: seconds on the queue after which the task is no longer started; any time when None.
        message_group: the FIFO group that the task keeps its order in.
        worker: the worker that runs it; the default one when None.
        parents: the keys of the runs that its run follows.
        keep_result: whether its result is kept for the run's digest.
    """

    id: str
    schedule: str | None = None
    scheduled_time: str | None = None
    task: str | None = None
    text: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    retries: int = DEFAULT_RETRIES
    max_age: int | None = None
    message_group: str | None = None
    worker: str | None = None
    parents: list[str] | None = None
    keep_result: bool | None = None

    def encode(self) -> str:
        """Return the body to be sent.

        Raises:
            InvalidLine: it is larger than MAX_BODY_BYTES, SQS refuses its group, or an argument
                is not serializable.
        """
        if self.message_group is not None and not _MESSAGE_GROUP.fullmatch(self.message_group):
            raise InvalidLine(
                f"message_group {self.message_group[:200]!r}: "
                "must be 1 to 128 ASCII letters, digits or punctuation, no blanks"
            )
        envelope = {"version": VERSION} | {
            name: value for name in _NAMES if (value := getattr(self, name)) not in (None, {}, [])
        }
        try:
            body = serialization.to_json(envelope)
        except NotSerializable as error:
            raise InvalidLine(str(error)) from error
        if (size := len(body.encode())) > MAX_BODY_BYTES:
            raise InvalidLine(
                f"makes a message of {size} bytes: at most {MAX_BODY_BYTES} (240 KiB)"
            )
        return body

    @classmethod
    def decode(cls, body: str, *, sqs_id: str) -> Message:
        """Read the message that a body holds.

        A body that is neither a JSON object nor an array is a text typed by hand, whose id is
        SQS's. Attributes that this version does not know are ignored.

        Raises:
            InvalidMessage: a JSON object or array that is not an envelope of this version, with
                the reason.
        """
        try:
            envelope = serialization.from_json(body)
        except json.JSONDecodeError:
            return cls(id=sqs_id, text=body)
        except ValueError as error:  # a number of more digits than Python reads, too
            raise InvalidMessage(str(error)) from error
        match envelope:
            case {"version": version}:
                # nothing of an object is called, not even to compare it
                if type(version) is not int or version != VERSION:
                    shown = version if type(version) in (int, str) else type(version).__name__
                    raise InvalidMessage(f"version {shown}: this run_task knows version {VERSION}")
                return cls._from(envelope)
            case dict():
                raise InvalidMessage("a JSON object without a version: neither envelope nor text")
            case list():
                raise InvalidMessage("a JSON array: neither envelope nor text")
        return cls(id=sqs_id, text=body)

    @classmethod
    def _from(cls, attributes: dict[str, Any]) -> Message:
        attributes = known_attributes(attributes, _TYPES)
        check_attributes(attributes, _TYPES, InvalidMessage)
        if "id" not in attributes:
            raise InvalidMessage("an envelope without an id")
        if "text" not in attributes and "task" not in attributes:
            raise InvalidMessage("an envelope with neither a task nor a text")
        if not all(type(key) is str for key in attributes.get("parents", [])):
            raise InvalidMessage("parents: must be a list of keys of runs")
        return cls(**attributes)


_NAMES = [attribute.name for attribute in fields(Message)]
_TYPES: dict[str, type] = dict.fromkeys(_NAMES, str) | {
    "args": dict, "retries": int, "max_age": int, "keep_result": bool, "parents": list,
}  # fmt: skip
