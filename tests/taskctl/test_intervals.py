"""The shortest time between two runs: what a plan tells, and what the calendar does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from taskctl.project.intervals import shortest_seconds
from taskctl.project.schedule import Schedule
from taskctl.project.tfvars import find_problems, read_tfvars
from tests.taskctl.conftest import Taskctl

HOUR, DAY = 3_600, 86_400
NOW = datetime(2026, 11, 27, tzinfo=UTC)

KNOWN_AT_PLAN = {
    "rate(90 minutes)": 5_400,
    "cron(* * * * ? *)": 60,
    "cron(*/20 * * * ? *)": 1_200,
    "cron(7/25 * * * ? *)": 600,
    "cron(0 8,9,20 * * ? *)": HOUR,
    "cron(0,50 22-2 * * ? *)": 600,
    "cron(0 22-2/3 * * ? *)": 3 * HOUR,
    "cron(50 23,0 ? * MON-FRI *)": HOUR,
    "cron(50 23,0 ? * MON,WED *)": 23 * HOUR,
    "cron(0 3 * * ? *)": DAY,
    "cron(0 3 ? * SAT-SUN *)": DAY,
    "cron(0 3 ? * 7,1 *)": DAY,
    "cron(0 3 1,2 jan ? *)": DAY,
    "cron(0 6,18 L * ? *)": 12 * HOUR,
    "cron(0 6,18 ? * FRI#3 *)": 12 * HOUR,
}
"""Expressions, and the fewest seconds between two of their due times."""

KNOWN_BY_THE_CALENDAR = {
    "cron(0 3 1 * ? *)": 28 * DAY,
    "cron(0 3 ? * FRI *)": 7 * DAY,
    "cron(0 3 ? * MON,WED *)": 2 * DAY,
    "cron(0 3 L * ? *)": 28 * DAY,
    "cron(0 3 ? * FRI#3 *)": 28 * DAY,
}


def schedule(expression: str, zone: str = "UTC", **settings: object) -> Schedule:
    return Schedule(name="s", expression=expression, timezone=zone, input=settings)


def write(folder: Path, schedules: dict[str, dict[str, object]]) -> Path:
    """Write a file of values whose schedules may not overlap and have a deadline."""
    (folder / "tasks").mkdir(exist_ok=True)
    usual = {"overlap": "skip", "tasks": ["1"]}
    path = folder / "terraform.tfvars.json"
    values = {name: usual | fields for name, fields in schedules.items()}
    path.write_text(json.dumps({"task_code_dir": "tasks", "schedules": values}))
    return path


@pytest.mark.parametrize(
    ("expression", "seconds"), [*KNOWN_AT_PLAN.items(), *KNOWN_BY_THE_CALENDAR.items()]
)
def test_the_shortest_interval_is_that_of_the_calendar(expression: str, seconds: int) -> None:
    assert shortest_seconds(schedule(expression), NOW) == seconds


def test_an_hour_that_the_clocks_leave_out_is_left_aside() -> None:
    assert shortest_seconds(schedule("cron(0 3 * * ? *)", "Europe/Berlin"), NOW) == DAY


def test_days_that_are_left_out_make_intervals_longer() -> None:
    only = ["2026-12-31", "2027-01-31", "2027-03-31"]
    assert shortest_seconds(schedule("cron(0 3 * * ? *)", only_on=only), NOW) == 31 * DAY
    assert shortest_seconds(schedule("cron(0 3 * * ? *)", only_on=only[:1]), NOW) is None


def test_a_plan_refuses_a_deadline_that_is_longer_and_no_other(tmp_path: Path) -> None:
    names = dict(enumerate(KNOWN_AT_PLAN.items()))
    long = {
        f"long-{n}": {"expression": expression, "finish_within": seconds + 1}
        for n, (expression, seconds) in names.items()
    }
    right = {
        f"right-{n}": {"expression": expression, "finish_within": seconds}
        for n, (expression, seconds) in names.items()
    }
    unknown = {
        f"unknown-{n}": {"expression": expression, "finish_within": 10 * 365 * DAY}
        for n, expression in enumerate(KNOWN_BY_THE_CALENDAR)
    }
    some = {"expression": "cron(0 3 * * ? *)", "finish_within": 2 * DAY}
    days = {"some-days": some | {"only_on": ["2099-12-30", "2099-12-01"]}}
    values = read_tfvars(write(tmp_path, {**long, **right, **unknown, **days}))

    problems, _ = find_problems(values, tmp_path / "tasks")

    assert sorted(problems) == sorted(
        f'schedule "long-{n}": finish_within is {seconds + 1}, longer than the {seconds} seconds '
        'between two runs, but with overlap = "skip" those that are due meanwhile are skipped: '
        f'make it {seconds} at most, or let overlap be "allow" or "queue"'
        for n, (_, seconds) in names.items()
    )


def test_what_a_plan_cannot_tell_is_a_problem_of_check(tmp_path: Path, taskctl: Taskctl) -> None:
    write(
        tmp_path,
        {
            "third": {"expression": "cron(0 3 ? * FRI#3 *)", "finish_within": 28 * DAY + 1},
            "last": {"expression": "cron(0 3 L * ? *)", "finish_within": 28 * DAY},
            "may": {"expression": "cron(0 3 L * ? *)", "finish_within": 99 * DAY,
                    "overlap": "allow"},
        },
    )  # fmt: skip
    done = taskctl("check", "--tfvars", "terraform.tfvars.json", "--json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem.startswith('schedule "third": finish_within is 2419201, longer than the 2419200')
    assert done.returncode == 1
