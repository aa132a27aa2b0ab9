"""The resources of a bare `terraform apply` of the root, without any variable."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import REGION

from .conftest import Planned, Variables, resources


@pytest.fixture(scope="module")
def planned(plan: Callable[[Variables], Planned]) -> Planned:
    return plan({})


def only(planned: Planned, kind: str) -> dict[str, Any]:
    (values,) = resources(planned, kind).values()
    return values


def test_the_schedule_is_the_originals(planned: Planned) -> None:
    schedule = resources(planned, "aws_scheduler_schedule")[
        'module.scheduler.aws_scheduler_schedule.this["hello"]'
    ]
    assert schedule["name"] == "hello"
    assert schedule["group_name"] == "cdklab"
    assert schedule["schedule_expression"] == "at(2037-12-31T23:59:59)"
    assert schedule["schedule_expression_timezone"] == "Asia/Taipei"
    assert schedule["state"] == "ENABLED"
    assert schedule["flexible_time_window"][0]["mode"] == "OFF"
    (target,) = schedule["target"]
    assert target["retry_policy"] == [
        {"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 3600}
    ]
    assert target["input"] == (
        '{"scheduled_time":"<aws.scheduler.scheduled-time>","retries":2,"schedule":"hello",'
        '"tasks":["Hello from Lambda #1!","Hello from Lambda #2!"],"timezone":"Asia/Taipei",'
        '"version":1}'
    )


def test_the_queue_hides_a_task_for_six_times_the_functions_timeout(planned: Planned) -> None:
    queues = {queue["name"]: queue for queue in resources(planned, "aws_sqs_queue").values()}
    assert sorted(queues) == [
        "cdklab-runs-dead-letter",
        "cdklab-tasks",
        "cdklab-tasks-dead-letter",
    ]
    tasks = queues["cdklab-tasks"]
    assert tasks["visibility_timeout_seconds"] == 6 * 60
    assert tasks["message_retention_seconds"] == 4 * 24 * 3600
    assert tasks["receive_wait_time_seconds"] == 0


def test_the_functions_run_on_a_supported_python(planned: Planned) -> None:
    functions = {
        function["function_name"]: [
            function[field] for field in ("runtime", "architectures", "memory_size", "timeout")
        ]
        for function in resources(planned, "aws_lambda_function").values()
    }
    assert functions == {
        "cdklab-send-task": ["python3.13", ["arm64"], 256, 30],
        "cdklab-run-task": ["python3.13", ["arm64"], 512, 60],
        "cdklab-keep-runs": ["python3.13", ["arm64"], 256, 60],
    }


def test_runs_are_kept_for_four_hundred_days_and_looked_after_every_five_minutes(
    planned: Planned, root: Path
) -> None:
    assert only(planned, "aws_dynamodb_table")["name"] == "cdklab-ledger"
    schedule = resources(planned, "aws_scheduler_schedule")[
        "module.scheduler.aws_scheduler_schedule.keep_runs"
    ]
    assert schedule["schedule_expression"] == "rate(5 minutes)"
    assert schedule["group_name"] == "cdklab-keep-runs"
    assert console(root, "var.ledger_retention_days") == "400"


def test_batches_of_ten_run_ten_at_a_time_at_most(planned: Planned) -> None:
    mapping = only(planned, "aws_lambda_event_source_mapping")
    assert mapping["batch_size"] == 10
    assert mapping["maximum_batching_window_in_seconds"] == 0
    assert mapping["scaling_config"] == [{"maximum_concurrency": 10}]


def console(root: Path, expression: str, *files: Path) -> str:
    """Evaluate an expression: no plan shows an environment that holds an unknown address."""
    told = subprocess.run(
        [terraform.binary(), "console", *(f"-var-file={file}" for file in files)],
        cwd=root,
        env=terraform.environment({}),
        input=expression,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


@pytest.mark.parametrize(("retries", "batch_size", "expected"), [(0, 1, 30), (100, 10, 131)])
def test_sqs_gives_up_only_after_every_retry_and_a_batch_of_give_backs(
    root: Path, tmp_path: Path, retries: int, batch_size: int, expected: int
) -> None:
    schedules = {
        "often": {"expression": "rate(1 day)", "task": "work", "retries": retries},
        "once": {"expression": "rate(1 day)", "task": "work", "retries": 0},
    }
    variables = tmp_path / "variables.tfvars.json"
    variables.write_text(json.dumps({"schedules": schedules, "batch_size": batch_size}))
    assert console(root, 'local.max_receive_counts["default"]', variables) == str(expected)


def test_policies_name_this_account_and_region(planned: Planned) -> None:
    for queue in resources(planned, "aws_sqs_queue").values():
        on = {statement["Resource"] for statement in json.loads(queue["policy"])["Statement"]}
        assert on == {f"arn:aws:sqs:{REGION}:000000000000:{queue['name']}"}


def test_account_and_region_are_read_once(planned: Planned) -> None:
    addresses = [
        resource["address"]
        for module in (
            planned["prior_state"]["values"]["root_module"],
            *planned["prior_state"]["values"]["root_module"]["child_modules"],
        )
        for resource in module.get("resources", [])
    ]
    assert sorted(address for address in addresses if "data.aws_" in address) == [
        "data.aws_caller_identity.current",
        "data.aws_partition.current",
        "data.aws_service.sqs",
    ]


def test_nothing_in_the_module_is_deprecated(root: Path) -> None:
    """The stand-in deprecates what any provider from 5.76 to the last 6.x does."""
    told = json.loads(terraform.run(root, {}, "validate", "-json", "-no-tests"))
    assert [found["summary"] for found in told["diagnostics"]] == []
