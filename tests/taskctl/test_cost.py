"""`taskctl cost`, from a file of values and from what is deployed."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from task_scheduler_local.emulator import REGION, Emulator
from task_scheduler_local.places import ROOT
from taskctl.costs.cost_basis import (
    CHAT_WARNINGS,
    EARLY_WARNINGS,
    ESSENTIAL_ALARMS,
    OF_EACH_WORKER,
    WATCH_ALARM,
)

from .conftest import Taskctl

TFVARS = """
task_code_dir = "jobs"
schedules = {
  hourly = { expression = "rate(1 hour)", tasks = ["a", "b", "c"] }
  daily  = { expression = "cron(0 9 * * ? *)", task = "report" }
  csv    = { expression = "rate(1 day)", task = "row", tasks_file = "rows.csv" }
  txt    = { expression = "rate(1 day)", tasks_file = "lines.txt" }
  s3     = { expression = "rate(1 day)", tasks_s3_uri = "s3://bucket/list.txt" }
  once   = { expression = "at(2037-12-31T23:59:59)", tasks = ["a"] }
  off    = { expression = "rate(1 minute)", tasks = ["a"], enabled = false }
}
"""


@pytest.fixture
def tfvars(tmp_path: Path) -> Path:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "rows.csv").write_text('name,text\na,"two\nlines"\nb,c\n')
    (tmp_path / "jobs" / "lines.txt").write_text("a\n\nb\nc\nd\n")
    path = tmp_path / "jobs.tfvars"
    path.write_text(TFVARS)
    return path


def cost_of(taskctl: Taskctl, *arguments: str | Path, **settings: Any) -> dict[str, Any]:
    done = taskctl("cost", "--json", *arguments, **settings)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def by_name(costs: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["schedule"]: row for row in [*costs["schedules"], *costs["shared"]]}


def test_each_schedule_has_its_runs_and_messages(taskctl: Taskctl, tfvars: Path) -> None:
    rows = by_name(cost_of(taskctl, "--tfvars", tfvars))
    assert {name: (row["runs"], row["note"]) for name, row in rows.items() if "note" in row} == {
        "hourly": (pytest.approx(730), None),
        "daily": (pytest.approx(365 / 12, abs=0.1), None),
        "csv": (pytest.approx(365 / 12), None),
        "txt": (pytest.approx(365 / 12), None),
        "s3": (pytest.approx(365 / 12), "number of tasks assumed"),
        "once": (0, "runs once"),
        "off": (0, "disabled"),
    }
    tasks = {name: row["messages"] / row["runs"] for name, row in rows.items() if row.get("runs")}
    assert tasks == {"hourly": 3, "daily": 1, "csv": 2, "txt": 4, "s3": 100}


def test_the_total_is_the_sum_of_the_rows_and_the_most_expensive_comes_first(
    taskctl: Taskctl, tfvars: Path
) -> None:
    costs = cost_of(taskctl, "--tfvars", tfvars)
    assert costs["usd"] == pytest.approx(sum(row["usd"] for row in by_name(costs).values()))
    prices = [row["usd"] for row in costs["schedules"]]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > 0


def test_assumptions_are_stated_and_can_be_changed(taskctl: Taskctl, tfvars: Path) -> None:
    usual = cost_of(taskctl, "--tfvars", tfvars)
    other = cost_of(
        taskctl, "--tfvars", tfvars,
        "--task-seconds", "5", "--tasks", "7", "--task-log-bytes", "0", "--cold-start-seconds", "9",
    )  # fmt: skip
    stated = "\n".join(other["assumptions"])
    for part in ("takes 5 s", "has 7 tasks", "logs 0 bytes", "cold starts: 9 s"):
        assert part in stated
    assert by_name(other)["s3"]["messages"] == pytest.approx(7 * 365 / 12)
    assert by_name(other)["hourly"]["gb_seconds"] > 5 * by_name(usual)["hourly"]["gb_seconds"]
    assert by_name(other)["hourly"]["log_bytes"] < by_name(usual)["hourly"]["log_bytes"]


def test_alarms_and_dashboard_follow_the_file_of_values(taskctl: Taskctl, tmp_path: Path) -> None:
    path = tmp_path / "a.tfvars"
    schedule = '{ expression = "rate(1 hour)", task = "x", expected_every = 7200 }'
    off = schedule.replace("{", "{ enabled = false,")
    counted = []
    everything = "{ early_warnings = true, dashboard = true }"
    for wanted in (
        "monitoring = {}",
        f"monitoring = {everything}",
        f'monitoring = {everything}\nnotify = {{ secret = "chat" }}',
        "monitoring = null",
    ):
        path.write_text(f"{wanted}\nschedules = {{ a = {schedule}, off = {off} }}")
        rows = by_name(cost_of(taskctl, "--tfvars", path))
        counted.append([rows["alarms"]["alarms"], rows["dashboard"]["usd"], rows["a"]["alarms"]])
        assert rows["off"]["alarms"] == 0
    assert counted == [[8, 0, 0], [15, 3, 0], [16, 3, 0], [0, 0, 0]]


def test_prices_in_the_documents_are_the_computed_ones(taskctl: Taskctl, tmp_path: Path) -> None:
    """docs/cost.md and README.md, of an hourly job of 20 tasks and the module's defaults."""
    path = tmp_path / "a.tfvars"
    tasks = json.dumps([f"task {number}" for number in range(20)])
    path.write_text(f'schedules = {{ a = {{ expression = "rate(1 hour)", tasks = {tasks} }} }}')
    costs = cost_of(taskctl, "--tfvars", path)
    rows = by_name(costs)
    metrics, alarms = rows["metrics"], rows["alarms"]
    document = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    for row in (
        f"an hourly job of 20 tasks of 0.2 s | {rows['a']['usd']:.2f} USD",
        f"polling of an idle queue | {rows['idle polling']['usd']:.2f} USD",
        f"keep_runs every five minutes | {rows['keep_runs']['usd']:.2f} USD",
        f"{metrics['metrics']:.0f} metrics and {alarms['alarms']} alarms | "
        f"{metrics['usd'] + alarms['usd']:.2f} USD",
        f"total, before free tiers | {costs['usd']:.2f} USD",
    ):
        assert f"| {row}" in document
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"[{costs['usd']:.2f} dollars a month](docs/cost.md)" in readme


def test_every_alarm_is_in_the_guide_to_failure_modes() -> None:
    guide = (ROOT / "docs" / "failure-modes.md").read_text(encoding="utf-8")
    names = (*ESSENTIAL_ALARMS, WATCH_ALARM, *EARLY_WARNINGS, *CHAT_WARNINGS)
    assert [name for name in names if f"`{name}`" not in guide] == []


def test_alarms_have_the_names_of_the_module() -> None:
    written = (ROOT / "modules" / "monitoring" / "alarms.tf").read_text(encoding="utf-8")
    one = re.findall(r"^ {6}([a-z-]+) = \{$", written, re.MULTILINE)
    of_each_worker = re.findall(r'"([a-z-]+)\$\{worker\.suffix\}" => \{$', written, re.MULTILINE)
    assert of_each_worker == [*OF_EACH_WORKER]
    names = {*ESSENTIAL_ALARMS, WATCH_ALARM, *EARLY_WARNINGS, *CHAT_WARNINGS}
    assert names - {"tasks-dead-letters"} == {*one, *of_each_worker}


def test_piped_output_ends_with_the_total_and_the_assumptions(
    taskctl: Taskctl, tfvars: Path
) -> None:
    done = taskctl("cost", "--tfvars", tfvars)
    table, assumptions = done.stdout.split("\n\n")
    lines = table.splitlines()
    assert lines[0].startswith("a month")
    assert lines[0].endswith("USD")
    assert lines[-1].startswith("all")
    assert assumptions.startswith("A month of 730 hours")
    assert "\x1b" not in done.stdout


def test_a_missing_task_file_is_reported_with_its_schedule(taskctl: Taskctl, tfvars: Path) -> None:
    (tfvars.parent / "jobs" / "lines.txt").unlink()
    done = taskctl("cost", "--tfvars", tfvars)
    assert done.returncode == 2
    assert done.stderr == (
        "taskctl: schedule \"txt\": tasks_file 'lines.txt': No such file or directory\n"
    )


# -- deployed --------------------------------------------------------------------------------


@pytest.fixture
def prefix(emulator: Emulator) -> Iterator[str]:
    """A stack as far as its cost depends on it: not the module's defaults."""
    prefix = f"cost-{uuid4().hex[:8]}"

    def client(service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=emulator.environment()["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "def handler(event, context): pass")
    functions, sqs, scheduler = client("lambda"), client("sqs"), client("scheduler")
    queue = sqs.create_queue(
        QueueName=f"{prefix}-tasks.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "9"}
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    for name, memory in (("send-task", 128), ("run-task", 1024)):
        functions.create_function(
            FunctionName=f"{prefix}-{name}",
            Role="arn:aws:iam::000000000000:role/none",
            Runtime="python3.13",
            Handler="a.handler",
            Code={"ZipFile": code.getvalue()},
            Architectures=["x86_64"],
            MemorySize=memory,
            Environment={"Variables": {"TASK_CONCURRENCY": "4", "DEDUPLICATION": "true"}},
        )
    mapping = functions.create_event_source_mapping(
        FunctionName=f"{prefix}-run-task", EventSourceArn=arn["QueueArn"], BatchSize=5
    )["UUID"]
    scheduler.create_schedule_group(Name=prefix)
    for name, sent in (
        ("list", {"version": 1, "schedule": "list", "tasks": ["a", "b"]}),
        ("file", {"version": 1, "schedule": "file", "tasks_file": "a.txt"}),
        ("by_hand", {"made": "in the console"}),
    ):
        scheduler.create_schedule(
            Name=name,
            GroupName=prefix,
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:lambda:us-east-1:000000000000:function:none",
                "RoleArn": "arn:aws:iam::000000000000:role/none",
                "Input": json.dumps(sent),
            },
        )
    cloudwatch = client("cloudwatch")
    alarms = [
        f"{prefix}-tasks-waiting",
        f"{prefix}-schedules-overdue",
        f"{prefix}-eu-tasks-waiting",
    ]
    for name in alarms:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SQS",
            MetricName="none",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    dashboard = f"{prefix}-{REGION}"
    cloudwatch.put_dashboard(DashboardName=dashboard, DashboardBody='{"widgets":[]}')
    yield prefix
    cloudwatch.delete_alarms(AlarmNames=alarms)
    cloudwatch.delete_dashboards(DashboardNames=[dashboard])
    scheduler.delete_schedule_group(Name=prefix)
    functions.delete_event_source_mapping(UUID=mapping)
    for name in ("send-task", "run-task"):
        functions.delete_function(FunctionName=f"{prefix}-{name}")
    sqs.delete_queue(QueueUrl=queue)


def test_a_deployed_stack_is_priced_by_its_own_settings(
    taskctl: Taskctl, emulator: Emulator, prefix: str
) -> None:
    costs = cost_of(taskctl, "--prefix", prefix, environment=emulator.environment())
    stated = "\n".join(costs["assumptions"])
    assert "a task takes 0.2 s, 4 at a time" in stated
    assert "batches are full (5 tasks)" in stated
    assert "128 MB (send_task) and 1024 MB (run_task), x86_64" in stated
    rows = by_name(costs)
    assert rows["list"]["messages"] == pytest.approx(2 * 730)
    assert rows["file"]["messages"] == pytest.approx(100 * 730)
    assert rows["file"]["note"] == "number of tasks assumed"
    assert (rows["by_hand"]["usd"], rows["by_hand"]["note"][:23]) == (0, "not made by this module")
    assert rows["idle polling"]["usd"] == pytest.approx(262_800 * 0.5e-6)  # FIFO
    assert (rows["alarms"]["alarms"], rows["list"]["alarms"], rows["file"]["alarms"]) == (2, 0, 0)
    assert rows["dashboard"]["usd"] == 3
    writes = 2 * 100 * 730 * 0.625e-6
    assert rows["file"]["usd"] > writes


def test_a_stack_without_functions_is_an_error(taskctl: Taskctl, emulator: Emulator) -> None:
    done = taskctl("cost", "--prefix", "not-there", environment=emulator.environment())
    assert done.returncode == 2
    assert "no stack 'not-there'" in done.stderr
