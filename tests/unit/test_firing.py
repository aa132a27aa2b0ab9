"""The event of a firing, read."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler.errors import BadFiring
from task_scheduler.firing import Firing

EVENT = {
    "version": 1,
    "schedule": "nightly",
    "scheduled_time": "2026-11-23T02:00:00Z",
    "tasks": ["a"],
}


def test_the_key_is_schedule_and_scheduled_time() -> None:
    firing = Firing.from_event(EVENT, request_id="r")

    assert firing.key == "nightly@2026-11-23T02:00:00Z"
    assert firing.message(17, text="a").id == "nightly@2026-11-23T02:00:00Z#17"


@pytest.mark.parametrize("time", [None, "<aws.scheduler.scheduled-time>"])
def test_without_a_scheduled_time_the_request_makes_the_key(time: str | None) -> None:
    firing = Firing.from_event({**EVENT, "scheduled_time": time}, request_id="r")

    assert (firing.key, firing.scheduled_time) == ("nightly@r", None)


def test_a_tasks_own_arguments_come_over_the_schedules() -> None:
    event = {"version": 1, "schedule": "s", "task": "t", "args": {"a": "1", "b": "1"}}

    message = Firing.from_event(event, request_id="r").message(1, args={"b": "2"})

    assert message.args == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("text", "the event is a str"),
        ({}, "version None"),
        ({**EVENT, "version": 2}, "version 2"),
        ({**EVENT, "tasks_file": "a.txt"}, "tasks and tasks_file"),
        ({**EVENT, "tasks": None}, "neither a task nor a list"),
        ({**EVENT, "tasks": [1]}, "a list of strings"),
        ({**EVENT, "tasks": "a"}, "tasks is a str: must be a list"),
        ({**EVENT, "schedule": None}, "without a schedule"),
        ({**EVENT, "retries": True}, "retries is a bool"),
        ({**EVENT, "Retries": 2}, "'Retries': no such attribute"),
    ],
)
def test_a_bad_event_names_what_is_wrong(event: Any, problem: str) -> None:
    with pytest.raises(BadFiring, match=problem):
        Firing.from_event(event, request_id="r")
