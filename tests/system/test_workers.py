"""Workers: each task runs where its schedule or line says, and all of them are one system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT
from tests.system.examples import run_schedule
from tests.system.stack import Stack, wait_for


@pytest.fixture(scope="module")
def stack(emulator: Emulator) -> Iterator[Stack]:
    with terraform.workspace() as module:
        root = module / "tests" / "system" / "roots" / "workers"
        with terraform.attached(root, emulator.environment()) as aws:
            terraform.run(root, aws, "init", "-input=false")
            terraform.run(root, aws, "apply", "-auto-approve", "-input=false")
            outputs = json.loads(terraform.run(root, aws, "output", "-json"))
            yield Stack(outputs["names"]["value"], emulator.environment())
            assert "No changes" in terraform.run(root, aws, "plan", "-input=false", "-no-color")
            terraform.run(root, aws, "destroy", "-auto-approve", "-input=false")


def taskctl(stack: Stack, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "taskctl", *arguments, "--prefix", "crew", "--json"],
        env={
            **os.environ,
            **stack.aws,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT}/lambda_src/python",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_a_schedule_runs_on_its_worker(stack: Stack) -> None:
    run = run_schedule("crew", "heavy", stack.aws)

    assert [task["result"] for task in run["tasks"]] == ["big crew-run-task-big"]


def test_lines_of_one_list_run_on_the_workers_that_they_name_and_are_one_run(
    stack: Stack,
) -> None:
    run = run_schedule("crew", "mixed", stack.aws)

    results = {task["id"].rpartition("#")[2]: task["result"] for task in run["tasks"]}
    assert results == {
        "1": "big crew-run-task-big",
        "2": "ordered crew-run-task-ordered",
        "3": "default crew-run-task",
        "4": "default crew-run-task",
    }


def test_dead_letters_of_all_workers_are_listed_and_go_back_to_the_worker_that_they_came_from(
    stack: Stack,
) -> None:
    stack.fire(
        schedule="failing",
        scheduled_time="2026-01-01T00:00:00Z",
        task="fail",
        tasks_file="failing.jsonl",
        retries=0,
    )
    dead = wait_for(lambda: found if len(found := taskctl(stack, "failed")) == 4 else [])
    reasons = sorted(letter["reason"] for letter in dead)
    assert reasons == [
        "ValueError: no luck on big",
        "ValueError: no luck on default",
        "ValueError: no luck on ordered",
        "worker 'huge': must be one of big, default, ordered",
    ]
    tasks = [letter["id"] for letter in dead if letter["reason"].startswith("ValueError")]

    sent = taskctl(stack, "redrive", *tasks, "--yes")

    assert sent["sent"] == {"task": 3}
    again = wait_for(lambda: found if len(found := taskctl(stack, "failed")) == 4 else [])
    assert sorted(letter["reason"] for letter in again) == reasons


def test_without_anything_to_do_a_worker_has_a_price(stack: Stack) -> None:
    shared = {row["schedule"]: row for row in taskctl(stack, "cost")["shared"]}

    assert shared["idle polling"]["usd"] == pytest.approx(0.2628 * 2 + 0.3285, abs=0.001)
    assert shared["alarms"]["alarms"] == 7 + 2 + 1


def test_all_workers_log_to_one_group(stack: Stack) -> None:
    groups = client("logs", stack.aws).describe_log_groups(logGroupNamePrefix="/aws/lambda/crew")
    assert [group["logGroupName"] for group in groups["logGroups"]] == [
        "/aws/lambda/crew-keep-runs",
        "/aws/lambda/crew-run-task",
        "/aws/lambda/crew-send-task",
    ]
