"""What the cost of a stack depends on, written down or deployed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskctl.costs.pricing import Setup
from taskctl.project.schedule import Schedule
from taskctl.project.tfvars import find_task_folder, read_tfvars, tfvars_schedules

ESSENTIAL_ALARMS = (
    "tasks-dead-letters", "runs-dead-letters", "tasks-waiting",
    "runs-dropped", "runs-lost",
)  # fmt: skip
EARLY_WARNINGS = (
    "send-task-errors", "run-task-errors", "send-task-throttles", "run-task-throttles",
    "send-task-duration", "run-task-duration", "runs-rejected",
)  # fmt: skip
CHAT_WARNINGS = ("notifications-undelivered",)
"""As modules/monitoring/alarms.tf names them."""

_SETTINGS = (
    "architecture", "fifo", "deduplication", "batch_size", "task_concurrency", "send_task_memory",
    "run_task_memory", "maximum_concurrency", "metrics_by_schedule",
)  # fmt: skip


@dataclass(frozen=True)
class Basis:
    """Schedules, settings, and where task files lie if they are at hand."""

    schedules: list[Schedule]
    setup: Setup
    task_folder: Path | None = None


def written_basis(path: Path) -> Basis:
    """The basis that a file of values gives.

    Raises:
        TaskctlError: Terraform does not read it.
    """
    values = read_tfvars(path)
    monitoring = values["monitoring"]
    warnings = EARLY_WARNINGS + (CHAT_WARNINGS if values["notify"] else ())
    early_warnings = warnings if monitoring and monitoring["early_warnings"] else ()
    schedules = values["schedules"]
    setup = Setup(
        **{name: values[name] for name in _SETTINGS},
        alarms=len(ESSENTIAL_ALARMS) + len(early_warnings) if monitoring else 0,
        dashboard=bool(monitoring and monitoring["dashboard"]),
        silence_alarms=frozenset(
            name
            for name, schedule in schedules.items()
            if monitoring and schedule["enabled"] and schedule["expected_every"]
        ),
    )
    return Basis(tfvars_schedules(values), setup, find_task_folder(values, path))


def deployed_basis(prefix: str | None, root: Path) -> Basis:
    """The basis that a stack gives.

    Raises:
        TaskctlError: there is no such stack, or no access to it.
    """
    from taskctl import aws
    from taskctl.stack.stack import find_stack

    stack = find_stack(prefix, root)
    schedules = stack.schedules()
    functions, cloudwatch = aws.client("lambda"), aws.client("cloudwatch")
    silent = f"{stack.prefix}-silent-"
    with aws.explained():
        send_task = functions.get_function_configuration(FunctionName=stack.send_task)
        run_task = functions.get_function_configuration(FunctionName=stack.run_task)
        mapping = functions.list_event_source_mappings(FunctionName=stack.run_task)
        names = ESSENTIAL_ALARMS + EARLY_WARNINGS + CHAT_WARNINGS
        alarms = cloudwatch.describe_alarms(AlarmNames=[f"{stack.prefix}-{name}" for name in names])
        silences = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=silent)
        silence_alarms = {
            alarm["AlarmName"].removeprefix(silent)
            for page in silences
            for alarm in page["MetricAlarms"]
        }
        dashboard = f"{stack.prefix}-{cloudwatch.meta.region_name}"
        dashboards = cloudwatch.list_dashboards(DashboardNamePrefix=dashboard)
    environment = run_task.get("Environment", {}).get("Variables", {})
    queue = mapping["EventSourceMappings"][0]
    setup = Setup(
        architecture=run_task["Architectures"][0],
        fifo=queue["EventSourceArn"].endswith(".fifo"),
        deduplication="DEDUPLICATION_TABLE" in environment,
        batch_size=queue["BatchSize"],
        task_concurrency=int(environment.get("TASK_CONCURRENCY", "1")),
        send_task_memory=send_task["MemorySize"],
        run_task_memory=run_task["MemorySize"],
        maximum_concurrency=queue.get("ScalingConfig", {}).get("MaximumConcurrency"),
        metrics_by_schedule=environment.get("METRICS_BY_SCHEDULE") == "true",
        alarms=len(alarms["MetricAlarms"]),
        dashboard=any(
            entry["DashboardName"] == dashboard for entry in dashboards["DashboardEntries"]
        ),
        silence_alarms=frozenset(silence_alarms),
    )
    return Basis(schedules, setup)
