"""The recipients of results: the additions of `notify` to a plan."""

from __future__ import annotations

import json
from collections.abc import Callable

from .conftest import Planned, Variables, resources

RUNS = {"expression": "rate(1 hour)", "task": "work"}


def inputs(planned: Planned) -> dict[str, dict[str, object]]:
    """Return the planned input of send_task, by schedule."""
    return {
        schedule["name"]: json.loads(schedule["target"][0]["input"])
        for schedule in resources(planned, "aws_scheduler_schedule").values()
        if schedule["group_name"] == "cdklab"
    }


def test_a_schedules_own_wishes_come_before_those_of_all(
    plan: Callable[[Variables], Planned],
) -> None:
    schedules = {
        "plain": RUNS,
        "chatty": RUNS | {"notify_on": ["success", "failure"]},
        "silent": RUNS | {"notify_on": []},
    }

    planned = plan({"schedules": schedules, "notify": {"ssm_parameter": "/jobs/chat"}})

    assert {name: told["notify_on"] for name, told in inputs(planned).items()} == {
        "plain": ["failure", "recovery"],
        "chatty": ["failure", "success"],
        "silent": [],
    }


def test_no_value_of_the_parameter_is_read_at_plan_time(
    plan: Callable[[Variables], Planned],
) -> None:
    planned = plan({"schedules": {"plain": RUNS}, "notify": {"secret": "jobs/chat"}})

    assert resources(planned, "aws_ssm_parameter") == {}
    read = [change["type"] for change in planned.get("resource_changes", [])]
    assert not [kind for kind in read if "ssm" in kind or "secret" in kind]


def test_where_nothing_can_be_told_a_schedule_may_say_that_nothing_is(
    plan: Callable[[Variables], Planned],
) -> None:
    planned = plan({"schedules": {"silent": RUNS | {"notify_on": []}}})

    assert "notify_on" not in inputs(planned)["silent"]
