"""`taskctl next`, from a file of values and from what is deployed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator

from .conftest import Taskctl

TFVARS = """
timezone = "Europe/Berlin"

schedules = {
  # clocks go forward on 2037-03-29 and back on 2037-10-25
  spring    = { expression = "cron(30 2 * * ? *)", task = "x", start_date = "2037-03-28T00:00:00Z" }
  autumn    = { expression = "cron(30 2 * * ? *)", task = "x", start_date = "2037-10-25T00:00:00Z" }
  island    = { expression = "cron(0 12 1 1 ? 2037)", task = "x", timezone = "Australia/Lord_Howe" }
  often     = { expression = "rate(6 hours)", task = "x", flexible_window_minutes = 15 }
  over      = { expression = "at(2020-01-01T00:00:00)", task = "x" }
  off       = { expression = "rate(1 day)", task = "x", enabled = false }
}
"""


@pytest.fixture
def tfvars(tmp_path: Path) -> Path:
    path = tmp_path / "with blank.tfvars"
    path.write_text(TFVARS)
    return path


def rows(told: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert told.returncode == 0, told.stderr
    read: list[dict[str, Any]] = json.loads(told.stdout)
    return read


def test_times_are_told_in_the_schedules_zone_in_utc_and_in_that_of_the_machine(
    taskctl: Taskctl, tfvars: Path
) -> None:
    told = taskctl(
        "next", "island", "--tfvars", tfvars, "--json", environment={"TZ": "America/New_York"}
    )
    assert rows(told) == [
        {
            "schedule": "island",
            "expression": "cron(0 12 1 1 ? 2037)",
            "timezone": "Australia/Lord_Howe",
            "due": "2037-01-01T01:00:00+00:00",
            "local": "2037-01-01T12:00:00+11:00",
            "here": "2036-12-31T20:00:00-05:00",
            "note": None,
        }
    ]


def test_a_day_on_which_the_clocks_go_forward_is_marked_and_what_is_skipped_told(
    taskctl: Taskctl, tfvars: Path
) -> None:
    found = rows(taskctl("next", "spring", "-n", "3", "--tfvars", tfvars, "--json"))
    assert [(row["local"], row["note"]) for row in found] == [
        ("2037-03-28T02:30:00+01:00", None),
        (
            "2037-03-30T02:30:00+02:00",
            "skips Sun 2037-03-29 02:30, which the clocks leap over",
        ),
        ("2037-03-31T02:30:00+02:00", None),
    ]


def test_a_day_on_which_the_clocks_go_back_is_marked(taskctl: Taskctl, tfvars: Path) -> None:
    found = rows(taskctl("next", "autumn", "-n", "2", "--tfvars", tfvars, "--json"))
    assert [(row["local"], row["note"]) for row in found] == [
        (
            "2037-10-25T02:30:00+02:00",
            "clocks go back 1:00:00 that day, this time comes twice, it fires the first time",
        ),
        ("2037-10-26T02:30:00+01:00", None),
    ]


def test_one_run_of_each_schedule_is_told_in_their_order(taskctl: Taskctl, tfvars: Path) -> None:
    found = rows(taskctl("next", "--tfvars", tfvars, "--json"))
    assert [(row["schedule"], row["note"]) for row in found] == [
        ("often", "if created now, or up to 15 min later"),
        ("island", None),
        ("spring", None),
        ("autumn", found[3]["note"]),
        ("off", "disabled"),
        ("over", "does not fire any more"),
    ]


def test_in_a_pipe_it_is_aligned_text_without_colours(taskctl: Taskctl, tfvars: Path) -> None:
    told = taskctl("next", "spring", "-n", "2", "--tfvars", tfvars)
    heading, first, second = told.stdout.splitlines()
    assert heading.split() == ["schedule", "due", "in", "UTC", "from", "now"]
    assert first.index("Sat 2037-03-28 02:30") == heading.index("due")
    assert second.index("2037-03-30 00:30") == heading.index("UTC")
    assert "\x1b" not in told.stdout


def test_without_n_one_schedule_tells_five_runs(taskctl: Taskctl, tfvars: Path) -> None:
    assert len(rows(taskctl("next", "often", "--tfvars", tfvars, "--json"))) == 5


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (
            'expression = "cron(0 25 * * ? *)"',
            'schedule "a": expression "cron(0 25 * * ? *)": hours "25" has to be 0-23, '
            "with , - * /",
        ),
        (
            'expression = "rate(1 day)", timezone = "europe/berlin"',
            'schedule "a": timezone "europe/berlin" is no IANA time zone; legal are names such as '
            '"Europe/Berlin" or "UTC", with these capitals; did you mean Europe/Berlin',
        ),
        (
            'expression = "rate(1 day)", start_date = "tomorrow"',
            'schedule "a": start_date "tomorrow" has to be a date and time in UTC that exist, such '
            "as 2027-01-01T00:00:00Z",
        ),
    ],
)
def test_a_schedule_that_cannot_work_is_named_with_what_would_be_right(
    taskctl: Taskctl, tmp_path: Path, schedule: str, sentence: str
) -> None:
    (tmp_path / "a.tfvars").write_text(f'schedules = {{ a = {{ {schedule}, task = "x" }} }}')
    told = taskctl("next", "--tfvars", "a.tfvars")
    assert told.returncode == 1
    assert told.stderr.startswith(f"taskctl: {sentence}")
    assert len(told.stderr.splitlines()) == 1


def test_the_nearest_schedule_is_offered_for_one_that_is_not_there(
    taskctl: Taskctl, tfvars: Path
) -> None:
    told = taskctl("next", "sprng", "--tfvars", tfvars)
    assert told.returncode == 1
    assert told.stderr == f"taskctl: no schedule 'sprng' in {tfvars}; did you mean spring?\n"


@pytest.mark.parametrize("count", ["0", "many"])
def test_a_wrong_option_is_a_mistake_of_usage(taskctl: Taskctl, tfvars: Path, count: str) -> None:
    assert taskctl("next", "-n", count, "--tfvars", tfvars).returncode == 2


# -- deployed --------------------------------------------------------------------------------


@pytest.fixture
def prefix(emulator: Emulator) -> Iterator[str]:
    """A stack with three schedules, as far as `next` looks at one."""
    aws = emulator.environment()
    scheduler = boto3.client(
        "scheduler",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    prefix = f"next-{uuid4().hex[:8]}"
    scheduler.create_schedule_group(Name=prefix)
    for name, expression in {
        "morning": "cron(0 9 * * ? 2037)",
        "noon": "cron(0 12 * * ? 2037)",
        "hourly": "rate(1 hour)",
    }.items():
        scheduler.create_schedule(
            Name=name,
            GroupName=prefix,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone="Asia/Taipei",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:lambda:us-east-1:000000000000:function:none",
                "RoleArn": "arn:aws:iam::000000000000:role/none",
                "Input": '{"scheduled_time":"<aws.scheduler.scheduled-time>","version":1}',
            },
        )
    yield prefix
    scheduler.delete_schedule_group(Name=prefix)


def test_what_is_deployed_is_told_by_prefix(
    taskctl: Taskctl, emulator: Emulator, prefix: str
) -> None:
    told = taskctl("next", "--prefix", prefix, "--json", environment=emulator.environment())
    found = rows(told)
    assert [(row["schedule"], row["note"]) for row in found] == [
        ("hourly", "counted from its creation"),
        ("morning", None),
        ("noon", None),
    ]
    assert found[1]["local"] == "2037-01-01T09:00:00+08:00"


@pytest.mark.parametrize(
    "output", ["schedule_group = {value = $}", "scheduler = {value = {schedule_group = $}}"]
)
def test_what_is_deployed_is_found_by_terraforms_outputs(
    taskctl: Taskctl, emulator: Emulator, prefix: str, tmp_path: Path, output: str
) -> None:
    """Of the module itself, or of a module that calls it."""
    name, _, value = output.partition(" = ")
    value = value.replace("$", f'{{name = "{prefix}"}}')[1:-1]
    (tmp_path / "outputs.tf").write_text(f'output "{name}" {{\n{value}\n}}\n')
    terraform.run(tmp_path, {}, "apply", "-auto-approve")
    told = taskctl("next", "noon", "-n", "1", "--json", environment=emulator.environment())
    assert rows(told)[0]["due"] == "2037-01-01T04:00:00+00:00"


def test_a_folder_that_was_not_applied_has_no_stack(taskctl: Taskctl) -> None:
    told = taskctl("next")
    assert told.returncode == 1
    assert told.stderr.startswith("taskctl: no stack: Terraform has no outputs of one in ")
    assert "--prefix" in told.stderr


def test_the_nearest_stack_is_offered_for_one_that_is_not_there(
    taskctl: Taskctl, emulator: Emulator, prefix: str
) -> None:
    told = taskctl("next", "--prefix", prefix + "x", environment=emulator.environment())
    assert told.returncode == 1
    assert f"no stack '{prefix}x' in this account and region; did you mean {prefix}" in told.stderr


def test_without_credentials_it_says_so(taskctl: Taskctl) -> None:
    told = taskctl("next", "--prefix", "any", environment={"AWS_REGION": "eu-central-1"})
    assert told.returncode == 1
    assert told.stderr.startswith("taskctl: no AWS credentials: ")


def test_without_a_region_it_says_so(taskctl: Taskctl) -> None:
    told = taskctl("next", "--prefix", "any")
    assert told.stderr == "taskctl: no AWS region: set AWS_REGION, such as eu-central-1\n"
