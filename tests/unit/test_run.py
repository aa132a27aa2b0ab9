"""Runs: the event of a schedule, and the events and messages that are made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from task_scheduler.errors import InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Cursor, Run

EVENT = {
    "version": 1,
    "schedule": "nightly",
    "scheduled_time": "2026-11-23T02:00:00Z",
    "tasks": ["a"],
}


def test_the_key_is_schedule_and_scheduled_time() -> None:
    run = Run.from_event(EVENT, request_id="r")

    assert run.key == "nightly@2026-11-23T02:00:00Z"
    assert run.message(17, text="a").id == "nightly@2026-11-23T02:00:00Z#17"


@pytest.mark.parametrize("time", [None, "<aws.scheduler.scheduled-time>"])
def test_without_a_scheduled_time_the_request_makes_the_key(time: str | None) -> None:
    run = Run.from_event({**EVENT, "scheduled_time": time}, request_id="r")

    assert (run.key, run.scheduled_time) == ("nightly@request-r", None)


def test_a_message_has_what_its_schedule_says() -> None:
    event = {**EVENT, "task": "t", "args": {"a": "1"}, "retries": 7, "max_age": 60,
             "notify_on": ["failure"]}  # fmt: skip
    run = Run.from_event(event, request_id="r")

    assert run.message(17, text="x", message_group="g") == Message(
        id="nightly@2026-11-23T02:00:00Z#17",
        schedule="nightly",
        scheduled_time="2026-11-23T02:00:00Z",
        task="t",
        text="x",
        args={"a": "1"},
        retries=7,
        max_age=60,
        message_group="g",
    )
    assert run.message(1, task="other").task == "other"


def test_what_another_invocation_goes_on_with_is_read_as_it_was_written() -> None:
    cursor = Cursor(
        line=7,
        offset=99,
        header=["a", "b"],
        separator=";",
        encoding="utf-16-le",
        etag='"e"',
        fingerprint="f",
        checksums=["c"],
    )
    run = Run.from_event({**EVENT, "key": "manual", "only": 3}, request_id="r")

    event = json.loads(json.dumps(run.event(cursor)))

    assert Run.from_event(event, request_id="another") == replace(run, cursor=cursor)
    assert (run.key, run.only) == ("manual", 3)


def test_attributes_of_a_newer_schedule_are_ignored() -> None:
    event = {**EVENT, "colour": "red", "Retries": 2}

    assert Run.from_event(event, request_id="r") == Run.from_event(EVENT, request_id="r")


def test_a_tasks_own_arguments_take_precedence_over_the_schedules() -> None:
    event = {"version": 1, "schedule": "s", "task": "t", "args": {"a": "1", "b": "1"}}

    message = Run.from_event(event, request_id="r").message(1, args={"b": "2"})

    assert message.args == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("text", "the event is a str"),
        ({}, "version None"),
        ({**EVENT, "version": 2}, "version 2: must be 1"),
        ({**EVENT, "tasks_file": "a.txt"}, "tasks and tasks_file"),
        ({**EVENT, "tasks": None}, "the event has neither a task nor a list of tasks$"),
        ({**EVENT, "tasks": [1]}, "tasks: must be a list of strings$"),
        ({**EVENT, "tasks": "a"}, "tasks is a str: must be a list"),
        ({**EVENT, "schedule": None}, "the event names no schedule$"),
        ({**EVENT, "retries": True}, "retries is a bool"),
        ({**EVENT, "notify_on": ["never"]}, "notify_on has 'never': known are success, failure"),
        ({**EVENT, "notify_on": "failure"}, "notify_on is a str: must be a list"),
        ({**EVENT, "cursor": {"page": 1}}, "'page': no such attribute; known are line, offset"),
        ({**EVENT, "cursor": {"line": "7"}}, "line is a str: must be a int"),
        ({**EVENT, "number": 0}, "number 0: must be a whole number from 1$"),
        ({**EVENT, "redrive": 64}, "redrive 64: must be a whole number from 0 to 63$"),
    ],
)
def test_a_bad_event_names_what_is_wrong(event: Any, problem: str) -> None:
    with pytest.raises(InvalidRun, match=f"^{problem}"):
        Run.from_event(event, request_id="r")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["failure", 3], "notify_on has a int: known are success, failure, recovery"),
        (["never"], "notify_on has 'never': known are success, failure, recovery"),
    ],
)
def test_an_event_that_nobody_is_notified_of_is_named_with_those_that_are_known(
    names: list[object], sentence: str
) -> None:
    event = {"version": 1, "schedule": "s", "task": "t", "notify_on": names}
    with pytest.raises(InvalidRun, match=f"^{sentence}$"):
        Run.from_event(event, request_id="r")


def test_the_word_of_0_1_0_for_a_recovery_is_still_read() -> None:
    event = {"version": 1, "schedule": "s", "task": "t", "notify_on": ["recovered", "failure"]}
    assert Run.from_event(event, request_id="r").notify_on == ["recovery", "failure"]


def test_a_message_says_what_its_run_follows() -> None:
    run = Run(key="s@t", schedule="s", task="t", parents=["a@t"])

    assert run.message(1).parents == ["a@t"]
