"""Pausing and resuming a deployed schedule, and what Terraform makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.leftovers import client
from tests.taskctl.conftest import Applied, Taskctl

STACK = ("--prefix", "operated")


def deployed(applied: Applied, name: str) -> dict[str, Any]:
    """A schedule as AWS has it, without what every update changes."""
    told = client("scheduler", applied.aws).get_schedule(GroupName="operated", Name=name)
    changing = ("ResponseMetadata", "LastModificationDate")
    return {key: value for key, value in told.items() if key not in changing}


def test_pause_and_resume_change_nothing_but_the_state(applied: Applied, taskctl: Taskctl) -> None:
    before = deployed(applied, "nightly")

    paused = taskctl("pause", "nightly", "--yes", *STACK, environment=applied.aws)

    assert (paused.returncode, paused.stdout) == (0, "nightly: paused\n")
    assert "resumes it unless `enabled = false`" in paused.stderr
    assert deployed(applied, "nightly") == before | {"State": "DISABLED"}

    resumed = taskctl("resume", "nightly", "--yes", *STACK, environment=applied.aws)

    assert (resumed.returncode, resumed.stdout) == (0, "nightly: resumed\n")
    assert "pauses it if `enabled = false`" in resumed.stderr
    assert deployed(applied, "nightly") == before


def test_terraform_sets_the_state_back_to_what_is_written(
    applied: Applied, taskctl: Taskctl
) -> None:
    before = [deployed(applied, name) for name in ("nightly", "written_off")]
    taskctl("pause", "nightly", "--yes", *STACK, environment=applied.aws)
    taskctl("resume", "written_off", "--yes", *STACK, environment=applied.aws)
    switched = [deployed(applied, name)["State"] for name in ("nightly", "written_off")]
    assert switched == ["DISABLED", "ENABLED"]

    applied.apply()

    assert [deployed(applied, name) for name in ("nightly", "written_off")] == before


def test_a_schedule_that_is_paused_already_needs_no_answer(
    applied: Applied, taskctl: Taskctl
) -> None:
    told = taskctl("pause", "written_off", "--json", *STACK, environment=applied.aws)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "schedule": "written_off",
        "enabled": False,
        "changed": False,
    }


def test_nothing_changes_where_nobody_can_be_asked(applied: Applied, taskctl: Taskctl) -> None:
    before = deployed(applied, "nightly")
    told = taskctl("pause", "nightly", *STACK, environment=applied.aws)
    assert told.returncode == 1
    assert "--yes" in told.stderr
    assert deployed(applied, "nightly") == before


def test_the_stack_is_found_by_the_outputs_of_the_folder_that_was_applied(
    applied: Applied, taskctl: Taskctl
) -> None:
    root = ("--root", applied.root)
    told = taskctl("resume", "nightly", *root, environment=terraform.environment(applied.aws))
    assert (told.returncode, told.stdout) == (0, "nightly: was resumed already\n"), told.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("nigthly", "--prefix", "operated"),
            "taskctl: no schedule 'nigthly' in the stack 'operated'; did you mean nightly?\n",
        ),
        (
            ("nightly", "--prefix", "operatd"),
            "taskctl: no stack 'operatd' in this account and region; did you mean operated?\n",
        ),
    ],
)
def test_an_unknown_name_offers_the_nearest(
    arguments: tuple[str, ...], sentence: str, applied: Applied, taskctl: Taskctl
) -> None:
    told = taskctl("pause", *arguments, "--yes", environment=applied.aws)
    assert (told.returncode, told.stderr) == (1, sentence)


def test_without_credentials_one_sentence_tells_so(taskctl: Taskctl) -> None:
    region = {"AWS_REGION": "eu-central-1"}
    told = taskctl("pause", "nightly", "--yes", *STACK, environment=region)
    assert told.returncode == 1
    assert told.stderr.startswith("taskctl: no AWS credentials")
