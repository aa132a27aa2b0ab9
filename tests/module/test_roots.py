"""Roots of others that use the module: the examples, and several instances in one account."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator

from .conftest import SMALL_LAYER, Planned, resources


def planned_root(root: Path, emulator: Emulator, folder: str, *arguments: str) -> Planned:
    """The plan of a root within the copy of the module."""
    with terraform.attached(root / folder, emulator.environment()) as aws:
        terraform.run(root / folder, aws, "init")
        terraform.run(root / folder, aws, "plan", "-out=plan", *arguments)
        shown = terraform.run(root / folder, aws, "show", "-json", "plan")
    planned: Planned = json.loads(shown)
    return planned


@pytest.fixture(scope="module")
def layer(root: Path) -> str:
    return f"-var=layer_dir={root / SMALL_LAYER['layer_dir']}"


def test_the_original_keeps_its_values(root: Path, emulator: Emulator, layer: str) -> None:
    planned = planned_root(root, emulator, "examples/original", layer)
    queues = {queue["name"]: queue for queue in resources(planned, "aws_sqs_queue").values()}
    tasks = queues["cdklab-tasks.fifo"]
    assert tasks["visibility_timeout_seconds"] == 60
    assert tasks["message_retention_seconds"] == 900
    assert tasks["receive_wait_time_seconds"] == 0
    (mapping,) = resources(planned, "aws_lambda_event_source_mapping").values()
    assert mapping["batch_size"] == 1
    (schedule,) = (
        values
        for values in resources(planned, "aws_scheduler_schedule").values()
        if values["group_name"] == "cdklab"
    )
    assert schedule["schedule_expression"] == "at(2037-12-31T23:59:59)"
    assert schedule["schedule_expression_timezone"] == "Asia/Taipei"
    assert schedule["target"][0]["retry_policy"] == [
        {"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 3600}
    ]


def test_hello_expects_an_outcome_of_every_schedule(
    root: Path, emulator: Emulator, layer: str
) -> None:
    planned = planned_root(root, emulator, "examples/hello", layer)
    schedules = {
        values["name"]
        for values in resources(planned, "aws_scheduler_schedule").values()
        if values["group_name"] == "hello"
    }
    expected = planned["planned_values"]["outputs"]["expected_outcomes"]["value"]
    assert set(expected) == schedules
    assert sum(outcomes.get("failed", 0) for outcomes in expected.values()) == 1
    # of the demo, which runs with the registry's provider, too: the emulator has no such call
    assert not resources(planned, "aws_cloudwatch_query_definition")


def test_two_instances_of_a_child_module_do_not_meet(
    root: Path, emulator: Emulator, layer: str
) -> None:
    folder = root / "examples" / "two"
    folder.mkdir()
    (folder / "main.tf").write_text(
        """
        provider "aws" {}

        variable "layer_dir" {
          type = string
        }

        module "task_scheduler" {
          source   = "../.."
          for_each = toset(["blue", "green"])

          prefix        = each.key
          layer_dir     = var.layer_dir
          task_code_dir = "../../tests/module/code/tasks"
          schedules = {
            chores = {
              expression = "rate(1 day)"
              tasks_file = "chores.txt"
            }
          }
        }
        """,
        encoding="utf-8",
    )
    planned = planned_root(root, emulator, "examples/two", layer)
    names = [
        str(values.get("name") or values.get("function_name") or values["layer_name"])
        for kind in (
            "aws_cloudwatch_log_group",
            "aws_dynamodb_table",
            "aws_iam_role",
            "aws_lambda_function",
            "aws_lambda_layer_version",
            "aws_scheduler_schedule_group",
            "aws_sqs_queue",
        )
        for values in resources(planned, kind).values()
    ]
    assert all("blue" in name or "green" in name for name in names)
    zips = sorted(path.stem.rpartition("-")[0] for path in (folder / ".task-scheduler").iterdir())
    assert zips == [
        f"{prefix}-{package}"
        for prefix in ("blue", "green")
        for package in ("dependencies", "runtime", "tasks")
    ]
