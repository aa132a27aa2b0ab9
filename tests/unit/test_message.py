"""Messages: what is put on the queue is read as it was, and nothing else is accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.errors import InvalidLine, InvalidMessage
from task_scheduler.queue.message import MAX_BODY_BYTES, Message

SQS_CHARACTERS = {0x9, 0xA, 0xD}

_keys = st.text(st.characters(exclude_categories=[]), max_size=8).filter(
    lambda key: not key.startswith("py/")
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def _sqs_accepts(body: str) -> bool:
    return all(
        ord(character) in SQS_CHARACTERS
        or 0x20 <= ord(character) <= 0xD7FF
        or 0xE000 <= ord(character) <= 0xFFFD
        or ord(character) >= 0x10000
        for character in body
    )


@given(args=st.dictionaries(_keys, json_values, max_size=4), text=st.text() | st.none())
def test_every_json_value_survives_the_queue_in_characters_that_sqs_accepts(
    args: dict[str, Any], text: str | None
) -> None:
    message = Message(id="nightly@2026-11-23T02:00:00Z#1", task="report", args=args, text=text)

    body = message.encode()

    assert _sqs_accepts(body)
    assert Message.decode(body, sqs_id="unused") == message


def test_the_body_is_the_documented_envelope_without_nulls() -> None:
    message = Message(
        id="nightly@2026-11-23T02:00:00Z#17",
        schedule="nightly",
        scheduled_time="2026-11-23T02:00:00Z",
        task="report",
        args={"city": "Zürich"},
        retries=0,
    )

    assert json.loads(message.encode()) == {
        "version": 1,
        "id": "nightly@2026-11-23T02:00:00Z#17",
        "schedule": "nightly",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "task": "report",
        "args": {"city": "Zürich"},
        "retries": 0,
    }


@pytest.mark.parametrize(
    "body",
    ["Hello from Lambda #1!", "", "123", '"quoted"', "null", "true", "[urgent] do it", "{oops"],
)
def test_a_body_typed_by_hand_is_a_text(body: str) -> None:
    assert Message.decode(body, sqs_id="abc") == Message(id="abc", text=body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"task": "report"}', "^a JSON object without a version: neither envelope nor text$"),
        ("[1, 2]", "^a JSON array: neither envelope nor text$"),
        ('{"version": 2, "id": "x", "text": "y"}', "version 2"),
        ('{"version": "1", "id": "x", "text": "y"}', "version 1: this"),
        ('{"version": [1], "id": "x", "text": "y"}', "version list: this"),
        ('{"version": 1, "text": "y"}', "^an envelope without an id$"),
        ('{"version": 1, "id": "x"}', "^an envelope with neither a task nor a text$"),
        ('{"version": 1, "id": 7, "text": "y"}', "id is a int: must be a str"),
        ('{"version": 1, "id": "x", "text": "y", "retries": true}', "retries is a bool"),
        ('{"version": 1, "id": "x", "task": "t", "args": []}', "args is a list: must be a dict"),
        ('{"version": 1, "id": "x", "text": "y", "parents": [1]}',
         "^parents: must be a list of keys of runs$"),
        ("[" * 100_000 + "]" * 100_000, "^nested too deeply$"),
        ('{"version": 1, "id": "x", "text": "y", "args": ' + '{"a":' * 5_000 + "1" + "}" * 5_001,
         "nested too deeply"),
        ('{"version": ' + "1" * 5_000 + "}", "Exceeds the limit"),
    ],
)  # fmt: skip
def test_json_that_is_not_an_envelope_is_unreadable_with_its_reason(body: str, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        Message.decode(body, sqs_id="abc")


def test_the_runs_that_its_run_follows_travel_along() -> None:
    message = Message(id="s@t#1", task="report", parents=["load@1", "check@1"])

    assert Message.decode(message.encode(), sqs_id="unused") == message


def test_an_argument_that_cannot_travel_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidLine, match=r"^a function cannot travel in a message$"):
        Message(id="s@t#1", task="report", args={"f": print}).encode()


def test_attributes_of_a_newer_sender_are_ignored() -> None:
    body = '{"version": 1, "id": "s@t#1", "text": "y", "colour": "red", "engine": {"cpu": 2}}'

    assert Message.decode(body, sqs_id="abc") == Message(id="s@t#1", text="y")


def test_a_message_that_would_leave_no_room_for_its_dead_letter_is_refused() -> None:
    text = "x" * (MAX_BODY_BYTES - len(Message(id="a", text="").encode()) + 1)

    with pytest.raises(InvalidLine, match="at most 245760 "):
        Message(id="a", text=text).encode()
    assert len(Message(id="a", text=text[:-1]).encode()) == MAX_BODY_BYTES


@pytest.mark.parametrize("group", ["", "a b", "ä", "x" * 129])
def test_a_group_that_sqs_refuses_is_refused(group: str) -> None:
    with pytest.raises(InvalidLine, match="1 to 128 ASCII"):
        Message(id="a", text="b", message_group=group).encode()


def test_no_more_than_two_hundred_characters_of_a_refused_group_are_shown() -> None:
    with pytest.raises(InvalidLine, match=r"^message_group 'x{200}': must be 1 to 128 ASCII"):
        Message(id="a", text="b", message_group="x" * 300).encode()
