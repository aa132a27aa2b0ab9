"""Schedules and settings that the cost depends on, from a file of values or a stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from task_scheduler.queue.fifo import is_fifo
from taskctl.costs.pricing import Setup
from taskctl.project.schedule import Schedule
from taskctl.project.tfvars import find_task_folder, read_tfvars, tfvars_schedules

if TYPE_CHECKING:
    from taskctl.stack.stack import Stack

ESSENTIAL_ALARMS = (
    "tasks-dead-letters", "runs-dead-letters", "tasks-waiting",
    "runs-dropped", "runs-lost", "keep-runs-errors", "keep-runs-silent",
)  # fmt: skip
EARLY_WARNINGS = (
    "send-task-errors", "run-task-errors", "send-task-throttles", "run-task-throttles",
    "send-task-duration", "run-task-duration", "runs-rejected",
)  # fmt: skip
CHAT_WARNINGS = ("notifications-undelivered",)
"""The names in modules/monitoring/alarms.tf."""

OF_EACH_WORKER = ("tasks-waiting", "run-task-errors", "run-task-throttles", "run-task-duration")
"""Those that each further worker has of its own, with its name at the end; the first one always."""
WATCH_ALARM = "schedules-overdue"
"""The alarm for schedules with expected_every or finish_within."""

WORKERS_DEAD_LETTERS = "workers-dead-letters"
"""Of workers that are FIFO where the default one is not, or the other way round."""

_OF_WORKERS = {
    "fifo": "fifo",
    "batch_size": "batch_size",
    "task_concurrency": "task_concurrency",
    "maximum_concurrency": "maximum_concurrency",
    "memory": "run_task_memory",
}
"""Settings that a worker may have of its own, and the fields of Setup that they replace."""

_SETTINGS = (
    "architecture", "fifo", "deduplication", "batch_size", "task_concurrency", "send_task_memory",
    "run_task_memory", "maximum_concurrency", "metrics_by_schedule",
)  # fmt: skip


@dataclass(frozen=True)
class Basis:
    """Schedules, settings, and the folder of task files if it is at hand."""

    schedules: list[Schedule]
    setup: Setup
    task_folder: Path | None = None


def written_basis(path: Path) -> Basis:
    """Return the basis of a file of values.

    Raises:
        TaskctlError: Terraform cannot read it.
    """
    values = read_tfvars(path)
    monitoring = values["monitoring"]
    warnings = EARLY_WARNINGS + (CHAT_WARNINGS if values["notify"] else ())
    early_warnings = warnings if monitoring and monitoring["early_warnings"] else ()
    schedules = values["schedules"]
    workers = {
        name: {_OF_WORKERS[key]: worker[key] for key in _OF_WORKERS if worker[key] is not None}
        for name, worker in values["workers"].items()
    }
    alarms = len(ESSENTIAL_ALARMS) + len(early_warnings)
    alarms += len(workers) * (len(OF_EACH_WORKER) if early_warnings else 1)
    alarms += any(
        worker.get("fifo", values["fifo"]) != values["fifo"] for worker in workers.values()
    )
    alarms += any(
        schedule["enabled"] and (schedule["expected_every"] or schedule["finish_within"])
        for schedule in schedules.values()
    )
    folder = find_task_folder(values, path)
    written = tfvars_schedules(values, folder)
    setup = Setup(
        **{name: values[name] for name in _SETTINGS},
        workers=workers,
        **keeping(written),
        alarms=alarms if monitoring else 0,
        dashboard=bool(monitoring and monitoring["dashboard"]),
    )
    return Basis(written, setup, folder)


def keeping(schedules: Iterable[Schedule]) -> dict[str, Any]:
    """Return the fields of Setup that keep_runs' interval and reads are in.

    modules/scheduler/keep_runs.tf has the rule.
    """
    schedules = list(schedules)
    is_often = any(each.after or each.input.get("overlap") == "queue" for each in schedules)
    followed = {other for each in schedules if each.enabled for other in each.after}
    return {"keep_minutes": 1 if is_often else 5, "followed": len(followed)}


def deployed_basis(prefix: str | None, root: Path) -> Basis:
    """Return the basis of a stack.

    Args:
        prefix: the stack's prefix; None to read Terraform's outputs.
        root: the folder in which it was applied.

    Raises:
        TaskctlError: there is no such stack, or no access to it.
    """
    from taskctl.stack.find import find_stack  # boto3 takes long to import

    stack = find_stack(prefix, root)
    return stack_basis(stack, stack.schedules())


def stack_basis(stack: Stack, schedules: list[Schedule]) -> Basis:
    """Return the basis of a stack whose schedules are known.

    Raises:
        TaskctlError: there is no access to what they depend on.
    """
    from taskctl import aws

    functions = aws.client("lambda")
    with aws.explained():
        send_task = functions.get_function_configuration(FunctionName=stack.send_task)
        run_task = functions.get_function_configuration(FunctionName=stack.run_task)
        names = json.loads(_environment(send_task).get("WORKER_QUEUES", "{}"))
        workers = {name: _deployed_worker(functions, f"{stack.run_task}-{name}") for name in names}
        default = _deployed_worker(functions, stack.run_task)
        monitoring = _deployed_monitoring(aws.client("cloudwatch"), stack.prefix, list(names))
    environment = _environment(run_task)
    setup = Setup(
        **default,
        workers=workers,
        architecture=run_task["Architectures"][0],
        deduplication=environment.get("DEDUPLICATION") == "true",
        send_task_memory=send_task["MemorySize"],
        **keeping(schedules),
        metrics_by_schedule=environment.get("METRICS_BY_SCHEDULE") == "true",
        **monitoring,
    )
    return Basis(schedules, setup)


def _deployed_worker(functions: Any, function: str) -> dict[str, Any]:
    """Return the fields of Setup that are a worker's."""
    found = functions.get_function_configuration(FunctionName=function)
    mapping = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"][0]
    return {
        "fifo": is_fifo(mapping["EventSourceArn"]),
        "batch_size": mapping["BatchSize"],
        "maximum_concurrency": mapping.get("ScalingConfig", {}).get("MaximumConcurrency"),
        "task_concurrency": int(_environment(found).get("TASK_CONCURRENCY", "1")),
        "run_task_memory": found["MemorySize"],
    }


def _environment(function: Mapping[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    return variables


def _deployed_monitoring(cloudwatch: Any, prefix: str, workers: Sequence[str]) -> dict[str, Any]:
    """Return the fields of Setup that alarms and dashboard make."""
    names = [*ESSENTIAL_ALARMS, *EARLY_WARNINGS, *CHAT_WARNINGS, WORKERS_DEAD_LETTERS, WATCH_ALARM]
    names += [f"{name}-{worker}" for worker in workers for name in OF_EACH_WORKER]
    alarms = cloudwatch.describe_alarms(AlarmNames=[f"{prefix}-{name}" for name in names])
    dashboard = f"{prefix}-{cloudwatch.meta.region_name}"
    dashboards = cloudwatch.list_dashboards(DashboardNamePrefix=dashboard)
    return {
        "alarms": len(alarms["MetricAlarms"]),
        "dashboard": any(
            entry["DashboardName"] == dashboard for entry in dashboards["DashboardEntries"]
        ),
    }
