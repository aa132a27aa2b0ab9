"""Apply, nothing to do, a change of each kind of input in place, destroy, nothing left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import REGION, Emulator
from task_scheduler_local.leftovers import client, leftovers
from tests.system.changes import planned_changes

# The same all the time: the emulator cannot give a log group another key.
KEY = f"arn:aws:kms:{REGION}:000000000000:key/1234abcd"

BEFORE: dict[str, Any] = {
    "prefix": "life",
    "kms_key_arn": KEY,
    "schedules": {
        "nightly": {"expression": "cron(0 2 * * ? *)", "tasks": ["one"]},
        "gone": {"expression": "rate(1 day)", "tasks": ["no more"]},
    },
}
AFTER: dict[str, Any] = {
    "prefix": "life",
    "kms_key_arn": KEY,
    "timezone": "Europe/Zurich",
    "schedules": {
        "nightly": {
            "expression": "cron(30 3 ? * MON-FRI *)",
            "description": "Changed.",
            "enabled": False,
            "flexible_window_minutes": 15,
            "start_date": "2030-01-01T00:00:00Z",
            "end_date": "2031-01-01T00:00:00Z",
            "delivery_retries": 5,
            "delivery_max_age": 600,
            "task": "greet",
            "args": {"greeting": 'Hi <you> & "me"'},
            "tasks": ["two", "three"],
            "retries": 20,
            "max_age": 900,
            "overlap": "queue",
        },
        "new": {"expression": "rate(2 days)", "tasks_file": "list.txt", "expected_every": 180000},
    },
    "send_task_timeout": 20,
    "send_task_memory": 192,
    "run_task_timeout": 40,
    "run_task_memory": 320,
    "batch_size": 5,
    "batch_window": 1,
    "maximum_concurrency": 4,
    "visibility_timeout": 300,
    "message_retention": 86400,
    "receive_wait_time": 20,
    "dead_letter_retention": 604800,
    "log_retention_days": 14,
    "ledger_retention_days": 90,
    "monitoring": {"early_warnings": True, "dashboard": True, "tracing": True},
    "roles": {"permissions_boundary": "arn:aws:iam::000000000000:policy/bound"},
    "vpc": {"subnet_ids": ["subnet-0123abcd"], "security_group_ids": ["sg-0123abcd"]},
    "tags": {"team": "night shift"},
}

SWITCHED_OFF: dict[str, Any] = AFTER | {"monitoring": None, "vpc": None}


@dataclass
class Applied:
    """The root module in a folder of its own, on an emulator of its own."""

    module: Path
    tasks: Path
    aws: dict[str, str]

    def plan(self, variables: dict[str, Any]) -> dict[str, list[str]]:
        """Return the planned actions by address, without those that do nothing."""
        given = variables | {"task_code_dir": str(self.tasks)}
        (self.module / "terraform.tfvars.json").write_text(json.dumps(given), encoding="utf-8")
        return planned_changes(self.module, self.aws)

    def apply(self) -> None:
        terraform.run(self.module, self.aws, "apply", "-input=false", "plan")


@pytest.fixture
def applied(tmp_path: Path) -> Iterator[Applied]:
    tasks = tmp_path / "my tasks"
    tasks.mkdir()
    (tasks / "list.txt").write_text("a\n", encoding="utf-8")
    with Emulator() as emulator, terraform.workspace() as module:
        with terraform.attached(module, emulator.environment()) as aws:
            stack = Applied(module, tasks, aws)
            terraform.run(module, aws, "init", "-input=false")
            assert stack.plan(BEFORE)
            stack.apply()
            yield stack


def test_every_input_changes_in_place_and_destroy_leaves_nothing(applied: Applied) -> None:
    assert applied.plan(BEFORE) == {}

    (applied.tasks / "list.txt").write_text("b\n", encoding="utf-8")
    changes = applied.plan(AFTER)
    schedules = "module.scheduler.aws_scheduler_schedule.this"
    assert changes.pop(f'{schedules}["gone"]') == ["delete"]
    assert changes.pop(f'{schedules}["new"]') == ["create"]
    assert changes.pop("terraform_data.code") == ["delete", "create"]
    watched = {address for address in changes if address.startswith("module.monitoring[0].")}
    assert {tuple(changes.pop(address)) for address in watched} == {("create",), ("update",)}
    assert {address.rpartition(".")[0].rpartition(".")[2] for address in changes} >= {
        "aws_sqs_queue",
        "aws_lambda_function",
        "aws_lambda_event_source_mapping",
        "aws_cloudwatch_log_group",
        "aws_scheduler_schedule",
        "aws_scheduler_schedule_group",
        "aws_iam_role",
    }
    assert set(map(tuple, changes.values())) == {("update",)}

    applied.apply()
    assert applied.plan(AFTER) == {}
    assert_as_after(applied.aws)

    changes = applied.plan(SWITCHED_OFF)
    watched = {address for address in changes if address.startswith("module.monitoring[0].")}
    assert {tuple(changes.pop(address)) for address in watched} == {("delete",)}
    assert set(map(tuple, changes.values())) == {("update",)}
    applied.apply()
    assert applied.plan(SWITCHED_OFF) == {}
    assert "alarm" not in {thing.split()[0] for thing in leftovers(applied.aws)}

    terraform.run(applied.module, applied.aws, "destroy", "-auto-approve", "-input=false")
    assert leftovers(applied.aws) == []


def assert_as_after(aws: dict[str, str]) -> None:
    """AWS, asked itself, has what the inputs say."""
    sqs, functions, scheduler = (client(name, aws) for name in ("sqs", "lambda", "scheduler"))
    url = sqs.get_queue_url(QueueName="life-tasks")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert queue["VisibilityTimeout"] == "300"
    assert queue["MessageRetentionPeriod"] == "86400"
    assert queue["ReceiveMessageWaitTimeSeconds"] == "20"
    run_task = functions.get_function_configuration(FunctionName="life-run-task")
    assert (run_task["Timeout"], run_task["MemorySize"]) == (40, 320)
    assert run_task["Environment"]["Variables"]["MAX_RECEIVE_COUNT"] == "46"  # 20 + 1 + 5 + 20
    assert run_task["TracingConfig"]["Mode"] == "Active"
    assert run_task["KMSKeyArn"] == queue["KmsMasterKeyId"] == KEY
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["BatchSize"] == 5
    keep_runs = functions.get_function_configuration(FunctionName="life-keep-runs")
    assert keep_runs["Environment"]["Variables"]["LEDGER_RETENTION"] == "7776000"
    often = scheduler.get_schedule(Name="keep-runs", GroupName="life-keep-runs")
    assert often["ScheduleExpression"] == "rate(1 minute)"  # of overlap = "queue"
    schedule = scheduler.get_schedule(Name="nightly", GroupName="life")
    assert schedule["State"] == "DISABLED"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Zurich"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 5
    assert json.loads(schedule["Target"]["Input"])["args"] == {"greeting": 'Hi <you> & "me"'}
