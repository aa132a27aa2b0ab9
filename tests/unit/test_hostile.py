"""Hostile messages are decoded or refused, and nothing of them is executed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from task_scheduler.errors import InvalidMessage
from task_scheduler.queue.message import Message
from task_scheduler.queue.serialization import serializable
from tests.unit.conftest import Bench, note


@serializable
@dataclass
class Known:
    x: object


@serializable
@dataclass(slots=True)
class Slotted:
    x: object


@serializable
class Careful:
    @property
    def x(self) -> object:
        raise AssertionError("code of the class was called")

    @x.setter
    def x(self, value: object) -> None:
        raise AssertionError("code of the class was called")


TAGS = [
    f"py/{tag}" for tag in ("object", "reduce", "type", "function", "mod", "repr", "id", "tuple",
                            "set", "state", "newargs", "newargsex", "initargs", "seq", "b64", "")
]  # fmt: skip
NAMES = [
    f"{__name__}.Known", f"{__name__}.Slotted", "os.system", "builtins.eval", "subprocess.Popen",
    "antigravity",
    "antigravity/antigravity.fly()", "posix.system", "touch executed",
]  # fmt: skip
ATTRIBUTES = [
    "version", "id", "schedule", "scheduled_time", "task", "args", "text", "retries", "max_age",
    "message_group",
]  # fmt: skip

any_text = st.text(st.characters(exclude_categories=[]), max_size=20)
sendable_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.sampled_from([0, 1, -1, 2**63, -(10**400), 0.5, 1e300, True])


def _json(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """JSON values, rich in what jsonpickle would act upon."""
    names = st.sampled_from(NAMES)
    keys = st.sampled_from(TAGS) | st.sampled_from(ATTRIBUTES) | texts
    return st.recursive(
        st.none() | numbers | names | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


def _escaped(body: str) -> str:
    return body.replace("py/", "\\u0070y\\/")


def _envelopes(texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Right ones, with some attributes of any kind."""
    right = {"version": 1, "id": "s@t#1", "task": "note", "text": "from a stranger"}
    wrong = st.dictionaries(st.sampled_from(ATTRIBUTES), _json(texts), max_size=3)
    return wrong.map(lambda attributes: right | attributes)


@st.composite
def _mutated(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """An envelope as it is sent, with a piece of it replaced."""
    body = note("from a stranger", args={"a": [1, {"b": None}]}, max_age=9, retries=3).encode()
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, len(body)))
    return (
        body[:start]
        + draw(texts | st.sampled_from(['"', "{", "}", "[", "\\", "1e999"]))
        + body[end:]
    )


def _bodies(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    values = (_json(texts) | _envelopes(texts)).map(json.dumps)
    nested = st.builds(
        lambda opening, middle, depth: opening * depth + middle,
        st.sampled_from(["[", '{"a":', '{"version":1,"args":[', '[{"py/tuple":']),
        st.sampled_from(["", "1", "]"]),
        st.integers(1, 30_000),
    )
    bare = st.sampled_from(
        ["NaN", "-Infinity", "1e999", "-0", "9" * 5_000, "[" + "9" * 5_000 + "]", '"\\ud800"',
         '{"version":1,"id":"x","text":"y","max_age":' + "9" * 4_000 + "}"]
    )  # fmt: skip
    return values | values.map(_escaped) | _mutated(texts) | nested | bare | texts


_events: list[str] = []
_watched = ("import", "exec", "compile", "os.", "subprocess.", "open", "pickle.", "ctypes.")
_watching = False


def _note_event(event: str, _arguments: object) -> None:
    if _watching and event.startswith(_watched):
        _events.append(event)


sys.addaudithook(_note_event)


@contextmanager
def _nothing_is_imported_or_executed() -> Iterator[None]:
    """By Python's own audit events: imports, compilation, files, processes, system calls."""
    global _watching
    _events.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
    assert _events == []


# Attributes that no object of a registered class may have: those of Python itself, and any that a
# class with slots lacks.
MISSHAPEN: list[dict[str, Any]] = [
    {"py/object": f"{__name__}.Known", "__dict__": None},
    {"py/object": f"{__name__}.Known", "__dict__": {}},
    {"py/object": f"{__name__}.Known", "__class__": "int"},
    {"py/object": f"{__name__}.Slotted", "gone": 1},
    {"py/object": f"{__name__}.Careful", "x": 1},
]


@pytest.mark.parametrize("args", MISSHAPEN)
def test_an_object_that_its_class_could_not_have_is_unreadable(args: dict[str, Any]) -> None:
    body = json.dumps({"version": 1, "id": "x", "task": "note", "args": {"a": args}})
    with pytest.raises(InvalidMessage, match=r"(Known|Slotted|Careful) has no attribute"):
        Message.decode(body, sqs_id="sqs-1")


@pytest.mark.parametrize("version", [{"py/object": f"{__name__}.Known"}, True, 1.0, "1", None, 2])
def test_any_version_but_ours_is_unreadable(version: object) -> None:
    body = json.dumps({"version": version, "id": "x", "text": "y"})
    with pytest.raises(InvalidMessage, match=r"version \w+: this run_task knows version 1"):
        Message.decode(body, sqs_id="sqs-1")


def test_an_object_among_the_notify_events_of_an_older_message_is_not_looked_at() -> None:
    event = {"py/object": f"{__name__}.Known"}
    body = json.dumps({"version": 1, "id": "x", "text": "y", "notify_on": [event]})

    assert Message.decode(body, sqs_id="sqs-1") == Message(id="x", text="y")


@given(body=_bodies(any_text))
@settings(deadline=None, max_examples=1_000)
def test_decoding_gives_a_message_or_unreadable_and_imports_and_executes_nothing(
    body: str,
) -> None:
    message = None
    with _nothing_is_imported_or_executed(), suppress(InvalidMessage):
        message = Message.decode(body, sqs_id="sqs-1")
    if message is not None:
        assert isinstance(message.id, str)
        assert isinstance(message.text, str | None)
        assert isinstance(message.task, str | None)
        assert type(message.retries) is int
        assert type(message.max_age) in (int, type(None))
        assert isinstance(message.args, dict)
        assert message.text is not None or message.task is not None


def test_the_audit_hook_notices_code_that_is_executed() -> None:
    with pytest.raises(AssertionError, match=r"compile|exec"):
        with _nothing_is_imported_or_executed():
            eval("1 + 1")


_numbers = count()


@given(body=_bodies(sendable_text))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_hostile_message_costs_its_batch_no_other_message(bench: Bench, body: str) -> None:
    before, after = f"before {(number := next(_numbers))}", f"after {number}"
    now = "1795399200000"
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": now,
        "ApproximateFirstReceiveTimestamp": now,
    }
    records = [
        {"messageId": each, "receiptHandle": each, "body": each_body, "attributes": attributes}
        for each, each_body in [
            (before, note(before).encode()), ("hostile", body), (after, note(after).encode())
        ]
    ]  # fmt: skip

    kept = bench.run_records(records)

    assert set(kept) <= {"hostile"}
    assert bench.ran.count(before) == bench.ran.count(after) == 1
