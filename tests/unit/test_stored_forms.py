"""Messages and schedule inputs of earlier versions are still read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.queue.message import Message
from task_scheduler.queue.serialization import serializable
from task_scheduler.queue.task_id import TaskId
from task_scheduler.runs.run import Run
from taskctl.dead_letters.dead_letter import DIED, DeadLetter, Kind
from taskctl.dead_letters.reading import read_dead_letter

STORED = Path(__file__).parents[1] / "stored" / "0.1.0"
DUE = "2026-11-23T02:00:00Z"
REQUEST = "8f14e45f"

Stored = dict[str, Any]


def _read(name: str) -> list[Stored]:
    stored: list[Stored] = json.loads((STORED / name).read_text())
    return stored


def _named(name: str) -> pytest.MarkDecorator:
    stored = _read(name)
    return pytest.mark.parametrize("stored", stored, ids=[each["name"] for each in stored])


def _today(means: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an event that 0.1.0 read, in the words of this version."""
    events = means["notify_on"]
    return means | {
        "notify_on": events and ["recovery" if each == "recovered" else each for each in events]
    }


@dataclass(frozen=True)
class Order:
    number: str
    count: int


Order.__module__ = "stored_orders"  # a file of the task folder of that time
serializable(Order)


@_named("messages.json")
def test_a_message_is_read_as_it_was_meant(stored: Stored) -> None:
    message = Message.decode(stored["body"], sqs_id="unused")

    if stored["name"] == "object":
        expected = {"order": Order("A-1", 2), "plain": {"a": [1, None, True, 1.5, "\ud83d"]}}
        assert message.args == expected
    means = {"args": message.args} | stored["means"]
    del means["notify_on"]  # people are notified of runs, whose item says of what
    assert message == Message(**means)
    assert TaskId.parse(message.id).position is not None
    assert str(TaskId.parse(message.id)) == message.id


@_named("events.json")
def test_an_event_is_read_as_it_was_meant(stored: Stored) -> None:
    run = asdict(Run.from_event(stored["event"], request_id=REQUEST))

    means = _today(stored["means"])
    cursor = means.pop("cursor")
    assert {name: run["cursor"][name] for name in cursor} == cursor
    assert {value for name, value in run["cursor"].items() if name not in cursor} == {None}
    assert {name: run[name] for name in means} == means


CONTINUED = {"line": 120, "offset": 4096, "header": ["city", "n"], "etag": '"9b2cf5"'}
KEY = f"nightly@{DUE}"
TASK = {"kind": Kind.TASK, "schedule": "nightly", "what": "#17 report “one”", "event": {}}
KNOWN = {"key": KEY, "scheduled_time": DUE}
MEANT: dict[str, dict[str, Any]] = {
    "line of a file": {
        "kind": Kind.LINE, "schedule": "nightly", "what": "line 2 of list.jsonl",
        "reason": "no JSON: Expecting value", "event": {**KNOWN, "only": 2}, "needs_input": True,
    },
    "line of an inline list": {
        "kind": Kind.LINE, "schedule": "nightly", "what": "#1", "event": {**KNOWN, "only": 1},
        "needs_input": True,
    },
    "generator that raised": {
        "kind": Kind.RUN, "schedule": "nightly", "outcome": "incomplete",
        "event": {**KNOWN, "cursor": {"line": 3}}, "needs_input": True,
    },
    "generator without a cursor": {
        "kind": Kind.RUN, "schedule": "nightly", "outcome": "incomplete",
        "event": {**KNOWN, "only": 4}, "needs_input": True,
    },
    "failed task": TASK | {"outcome": "failed", "reason": "OSError: no route", "attempts": 3},
    "expired task of a FIFO queue": TASK | {"outcome": "expired", "attempts": 1},
    "text typed by hand": {"kind": Kind.TASK, "what": "do it", "outcome": "failed"},
    "unreadable body": {"kind": Kind.TASK, "outcome": "unreadable", "schedule": None},
    "moved by SQS": TASK | {"outcome": DIED, "attempts": None},
    "failed invocation": {
        "kind": Kind.RUN, "schedule": "nightly", "outcome": "failed", "needs_input": False,
        "reason": "NotSent: throttled",
    },
    "undelivered input": {
        "kind": Kind.RUN, "schedule": "nightly", "outcome": "undelivered", "attempts": 4,
        "needs_input": False,
    },
}  # fmt: skip


def _dead_letter(stored: Stored) -> DeadLetter:
    system = {"SentTimestamp": "1764000000000"}
    if stored["message_group"]:
        system["MessageGroupId"] = stored["message_group"]
    return read_dead_letter(
        {
            "MessageId": "1a2b3c4d-0000",
            "ReceiptHandle": "handle",
            "Body": stored["body"],
            "Attributes": system,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in stored["attributes"].items()
            },
        },
        # the queue of runs was called that of firings
        f"https://sqs.example/1/jobs-{stored['queue'].replace('firings', 'runs')}-dead-letter",
    )


@_named("dead_letters.json")
def test_a_dead_letter_is_read_as_it_was_meant(stored: Stored) -> None:
    read = _dead_letter(stored)

    meant = MEANT[stored["name"]]
    assert {name: getattr(read.contents, name) for name in meant} == meant
    assert read.message_group == stored["message_group"]


@pytest.mark.parametrize("name", ["failed invocation", "undelivered input"])
def test_an_event_of_a_dead_letter_can_be_sent_again(name: str) -> None:
    [stored] = [each for each in _read("dead_letters.json") if each["name"] == name]

    run = Run.from_event(_dead_letter(stored).contents.event, request_id="another")

    assert (run.key, run.scheduled_time) == (KEY, DUE)
    assert "recovery" in (run.notify_on or [])
    if name == "failed invocation":
        cursor = asdict(run.cursor)
        assert {name: cursor[name] for name in CONTINUED} == CONTINUED
