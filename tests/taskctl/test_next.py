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


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    read: list[dict[str, Any]] = json.loads(done.stdout)
    return read


def test_times_are_shown_in_the_schedules_zone_in_utc_and_in_the_local_zone(
    taskctl: Taskctl, tfvars: Path
) -> None:
    done = taskctl(
        "next", "island", "--tfvars", tfvars, "--json", environment={"TZ": "America/New_York"}
    )
    assert rows(done) == [
        {
            "schedule": "island",
            "expression": "cron(0 12 1 1 ? 2037)",
            "after": [],
            "timezone": "Australia/Lord_Howe",
            "due": "2037-01-01T01:00:00+00:00",
            "local": "2037-01-01T12:00:00+11:00",
            "here": "2036-12-31T20:00:00-05:00",
            "note": None,
        }
    ]


def test_a_clock_change_forward_is_noted_with_the_skipped_times(
    taskctl: Taskctl, tfvars: Path
) -> None:
    found = rows(taskctl("next", "spring", "-n", "3", "--tfvars", tfvars, "--json"))
    assert [(row["local"], row["note"]) for row in found] == [
        ("2037-03-28T02:30:00+01:00", None),
        (
            "2037-03-30T02:30:00+02:00",
            "skips Sun 2037-03-29 02:30, which the clocks jump over",
        ),
        ("2037-03-31T02:30:00+02:00", None),
    ]


def test_a_clock_change_back_is_noted(taskctl: Taskctl, tfvars: Path) -> None:
    found = rows(taskctl("next", "autumn", "-n", "2", "--tfvars", tfvars, "--json"))
    assert [(row["local"], row["note"]) for row in found] == [
        (
            "2037-10-25T02:30:00+02:00",
            "clocks go back 1:00:00 that day, this time occurs twice, it runs the first time",
        ),
        ("2037-10-26T02:30:00+01:00", None),
    ]


def test_by_default_one_run_of_each_schedule_is_shown_in_order(
    taskctl: Taskctl, tfvars: Path
) -> None:
    found = rows(taskctl("next", "--tfvars", tfvars, "--json"))
    assert [(row["schedule"], row["note"]) for row in found] == [
        ("often", "if created now, or up to 15 min later"),
        ("island", None),
        ("spring", None),
        ("autumn", found[3]["note"]),
        ("off", "disabled"),
        ("over", "never due again"),
    ]


def test_piped_output_is_aligned_text_without_colours(taskctl: Taskctl, tfvars: Path) -> None:
    done = taskctl("next", "spring", "-n", "2", "--tfvars", tfvars)
    heading, first, second = done.stdout.splitlines()
    assert heading.split() == ["schedule", "due", "in", "UTC", "from", "now"]
    assert first.index("Sat 2037-03-28 02:30") == heading.index("due")
    assert second.index("2037-03-30 00:30") == heading.index("UTC")
    assert "\x1b" not in done.stdout


def test_five_runs_of_one_schedule_are_shown_by_default(taskctl: Taskctl, tfvars: Path) -> None:
    assert len(rows(taskctl("next", "often", "--tfvars", tfvars, "--json"))) == 5


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (
            'expression = "cron(0 25 * * ? *)"',
            'schedule "a": expression "cron(0 25 * * ? *)": hours "25" must be 0-23, with , - * /',
        ),
        (
            'expression = "rate(1 day)", timezone = "europe/berlin"',
            'schedule "a": timezone "europe/berlin" is not an IANA time zone, such as '
            '"Europe/Berlin" or "UTC", capitals included; did you mean Europe/Berlin',
        ),
        (
            'expression = "rate(1 day)", start_date = "tomorrow"',
            'schedule "a": start_date "tomorrow" must be a date and time in UTC that exist, such '
            "as 2027-01-01T00:00:00Z",
        ),
    ],
)
def test_an_illegal_schedule_is_named_with_what_would_be_right(
    taskctl: Taskctl, tmp_path: Path, schedule: str, sentence: str
) -> None:
    (tmp_path / "a.tfvars").write_text(f'schedules = {{ a = {{ {schedule}, task = "x" }} }}')
    done = taskctl("next", "--tfvars", "a.tfvars")
    assert done.returncode == 2
    assert done.stderr.startswith(f"taskctl: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_schedule_offers_the_nearest_name(taskctl: Taskctl, tfvars: Path) -> None:
    done = taskctl("next", "sprng", "--tfvars", tfvars)
    assert done.returncode == 2
    assert done.stderr == f"taskctl: no schedule 'sprng' in {tfvars}; did you mean spring?\n"


@pytest.mark.parametrize("count", ["0", "many"])
def test_an_illegal_count_is_a_usage_error(taskctl: Taskctl, tfvars: Path, count: str) -> None:
    assert taskctl("next", "-n", count, "--tfvars", tfvars).returncode == 2


# -- deployed --------------------------------------------------------------------------------


def made_by_module(name: str) -> str:
    time = "<aws.scheduler.scheduled-time>"
    return json.dumps({"scheduled_time": time, "schedule": name, "version": 1})


@pytest.fixture
def prefix(emulator: Emulator) -> Iterator[str]:
    """A stack with three schedules, and one that somebody made in the console."""
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
        "by_hand": "rate(1 day)",
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
                "Input": '{"by": "hand"}' if name == "by_hand" else made_by_module(name),
            },
        )
    yield prefix
    scheduler.delete_schedule_group(Name=prefix)


def test_deployed_schedules_are_found_by_prefix(
    taskctl: Taskctl, emulator: Emulator, prefix: str
) -> None:
    done = taskctl("next", "--prefix", prefix, "--json", environment=emulator.environment())
    found = rows(done)
    assert [(row["schedule"], row["note"]) for row in found] == [
        ("hourly", "counted from its creation"),
        ("morning", None),
        ("noon", None),
        ("by_hand", "not made by this module"),
    ]
    assert found[1]["local"] == "2037-01-01T09:00:00+08:00"


def test_a_schedule_that_the_module_did_not_make_cannot_be_operated(
    taskctl: Taskctl, emulator: Emulator, prefix: str
) -> None:
    for command in ("pause", "resume", "run", "backfill --from 2026-11-01"):
        name, *options = command.split()
        arguments = (name, "by_hand", *options, "--prefix", prefix, "--yes")
        done = taskctl(*arguments, environment=emulator.environment())
        assert (done.returncode, done.stdout) == (2, "")
        assert "schedule 'by_hand' of the stack" in done.stderr
        assert "was not made by this module" in done.stderr


@pytest.mark.parametrize(
    "output", ["schedule_group = {value = $}", "scheduler = {value = {schedule_group = $}}"]
)
def test_deployed_schedules_are_found_by_terraforms_outputs(
    taskctl: Taskctl, emulator: Emulator, prefix: str, tmp_path: Path, output: str
) -> None:
    """The outputs are those of the module, or of a module that calls it."""
    name, _, value = output.partition(" = ")
    arn = f"arn:aws:scheduler:us-east-1:000000000000:schedule-group/{prefix}"
    value = value.replace("$", f'{{name = "{prefix}", arn = "{arn}"}}')[1:-1]
    (tmp_path / "outputs.tf").write_text(f'output "{name}" {{\n{value}\n}}\n')
    terraform.run(tmp_path, {}, "apply", "-auto-approve")
    done = taskctl("next", "noon", "-n", "1", "--json", environment=emulator.environment())
    assert rows(done)[0]["due"] == "2037-01-01T04:00:00+00:00"


def test_a_folder_that_was_not_applied_has_no_stack(taskctl: Taskctl) -> None:
    done = taskctl("next")
    assert done.returncode == 2
    assert done.stderr.startswith("taskctl: no stack: Terraform has no outputs of one in ")
    assert "--prefix" in done.stderr


def test_an_unknown_stack_offers_the_nearest_prefix(
    taskctl: Taskctl, emulator: Emulator, prefix: str
) -> None:
    done = taskctl("next", "--prefix", prefix + "x", environment=emulator.environment())
    assert done.returncode == 2
    place = "account 000000000000, region us-east-1"
    assert f"no stack '{prefix}x' in {place}; did you mean {prefix}" in done.stderr


def test_missing_credentials_are_an_error(taskctl: Taskctl) -> None:
    done = taskctl("next", "--prefix", "any", environment={"AWS_REGION": "eu-central-1"})
    assert done.returncode == 2
    assert done.stderr.startswith("taskctl: no AWS credentials: ")


def test_a_missing_region_is_an_error(taskctl: Taskctl) -> None:
    done = taskctl("next", "--prefix", "any")
    assert done.stderr == "taskctl: no AWS region: set AWS_REGION, such as eu-central-1\n"
