"""Pausing and resuming a deployed schedule, and the next terraform apply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.leftovers import client
from tests.taskctl.conftest import Applied, Taskctl

STACK = ("--prefix", "operated")


def deployed(applied: Applied, name: str) -> dict[str, Any]:
    """Return a schedule as AWS has it, without what every update changes."""
    done = client("scheduler", applied.aws).get_schedule(GroupName="operated", Name=name)
    changing = ("ResponseMetadata", "LastModificationDate")
    return {key: value for key, value in done.items() if key not in changing}


def test_pause_and_resume_change_only_the_state(applied: Applied, taskctl: Taskctl) -> None:
    before = deployed(applied, "nightly")

    paused = taskctl("pause", "nightly", "--yes", *STACK, environment=applied.aws)

    assert (paused.returncode, paused.stdout) == (0, "nightly: paused\n")
    assert "resumes it unless `enabled = false`" in paused.stderr
    assert deployed(applied, "nightly") == before | {"State": "DISABLED"}

    resumed = taskctl("resume", "nightly", "--yes", *STACK, environment=applied.aws)

    assert (resumed.returncode, resumed.stdout) == (0, "nightly: resumed\n")
    assert "pauses it if `enabled = false`" in resumed.stderr
    assert deployed(applied, "nightly") == before


def test_terraform_apply_restores_the_configured_state(applied: Applied, taskctl: Taskctl) -> None:
    before = [deployed(applied, name) for name in ("nightly", "written_off")]
    taskctl("pause", "nightly", "--yes", *STACK, environment=applied.aws)
    taskctl("resume", "written_off", "--yes", *STACK, environment=applied.aws)
    switched = [deployed(applied, name)["State"] for name in ("nightly", "written_off")]
    assert switched == ["DISABLED", "ENABLED"]

    applied.apply()

    assert [deployed(applied, name) for name in ("nightly", "written_off")] == before


def test_pausing_a_paused_schedule_asks_nothing(applied: Applied, taskctl: Taskctl) -> None:
    done = taskctl("pause", "written_off", "--json", *STACK, environment=applied.aws)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "schedule": "written_off",
        "enabled": False,
        "changed": False,
    }


def test_nothing_changes_without_confirmation(applied: Applied, taskctl: Taskctl) -> None:
    before = deployed(applied, "nightly")
    done = taskctl("pause", "nightly", *STACK, environment=applied.aws)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert deployed(applied, "nightly") == before


def test_the_stack_is_found_by_the_outputs_of_the_current_folder(
    applied: Applied, taskctl: Taskctl
) -> None:
    root = ("--root", applied.root)
    done = taskctl("resume", "nightly", *root, environment=terraform.environment(applied.aws))
    assert (done.returncode, done.stdout) == (0, "nightly: was already resumed\n"), done.stderr


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
    done = taskctl("pause", *arguments, "--yes", environment=applied.aws)
    assert (done.returncode, done.stderr) == (1, sentence)


def test_missing_credentials_are_reported_in_one_sentence(taskctl: Taskctl) -> None:
    region = {"AWS_REGION": "eu-central-1"}
    done = taskctl("pause", "nightly", "--yes", *STACK, environment=region)
    assert done.returncode == 1
    assert done.stderr.startswith("taskctl: no AWS credentials")
