"""The schedules and settings that the cost depends on, from what Terraform has planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from taskctl.costs.cost_basis import Basis, keeping
from taskctl.costs.pricing import Setup
from taskctl.errors import TaskctlError
from taskctl.stack.plan import PlannedStack, read_plan

_SEND_TASK = 'module.functions.aws_lambda_function.this["send_task"]'
_DEFAULT = "default"


def planned_basis(path: Path, root: Path, prefix: str | None) -> Basis:
    """Return the basis of a stack in a plan.

    Args:
        path: the path of the plan.
        root: the folder in which it was made.
        prefix: the stack's prefix; None where there is one stack.

    Raises:
        TaskctlError: it cannot be read, has no such stack, or not all of it.
    """
    planned = read_plan(path, root, prefix)
    resources = _Resources(planned)
    send_task, run_task = (resources.function(name) for name in ("send-task", "run-task"))
    environment = _environment(run_task)
    setup = Setup(
        **resources.worker(_DEFAULT),
        workers={name: resources.worker(name) for name in resources.workers() if name != _DEFAULT},
        architecture=(run_task.get("architectures") or ["x86_64"])[0],
        deduplication=environment.get("DEDUPLICATION") == "true",
        send_task_memory=send_task["memory_size"],
        **keeping(planned.schedules),
        metrics_by_schedule=environment.get("METRICS_BY_SCHEDULE") == "true",
        alarms=sum(1 for _ in resources.of_type("aws_cloudwatch_metric_alarm")),
        dashboard=any(resources.of_type("aws_cloudwatch_dashboard")),
    )
    return Basis(planned.schedules, setup, planned.task_folder)


class _Resources:
    """The part of a plan for one instance of the module: another one has other modules."""

    def __init__(self, planned: PlannedStack) -> None:
        self._prefix = planned.prefix
        name = f"{planned.prefix}-send-task"
        self._all = [
            resource
            for address in self._modules(planned.resources, name)
            for resource in planned.resources
            if resource["address"].startswith(address)
        ]

    @staticmethod
    def _modules(resources: Sequence[Mapping[str, Any]], function: str) -> Iterator[str]:
        for resource in resources:
            is_it = resource["values"].get("function_name") == function
            if is_it and resource["address"].endswith(_SEND_TASK):
                yield resource["address"].removesuffix(_SEND_TASK)

    def of_type(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Yield the values of the resources of a type."""
        return (resource["values"] for resource in self._all if resource["type"] == kind)

    def function(self, name: str) -> Mapping[str, Any]:
        """Return the values of a function, by its name without the prefix."""
        for values in self.of_type("aws_lambda_function"):
            if values["function_name"] == f"{self._prefix}-{name}":
                return values
        raise TaskctlError(f"the plan does not have the function {self._prefix}-{name}")

    def workers(self) -> list[str]:
        """Return the names of the workers, the default one among them."""
        return [resource["index"] for resource in self._mappings()]

    def worker(self, name: str) -> dict[str, Any]:
        """Return the fields of Setup that are a worker's."""
        suffix = "" if name == _DEFAULT else f"-{name}"
        function = self.function(f"run-task{suffix}")
        mapping = next(one["values"] for one in self._mappings() if one["index"] == name)
        scaling = (mapping.get("scaling_config") or [{}])[0]
        queue = f"{self._prefix}-tasks{suffix}.fifo"
        return {
            "fifo": any(values["name"] == queue for values in self.of_type("aws_sqs_queue")),
            "batch_size": mapping["batch_size"],
            "maximum_concurrency": scaling.get("maximum_concurrency"),
            "task_concurrency": int(_environment(function).get("TASK_CONCURRENCY", "1")),
            "run_task_memory": function["memory_size"],
        }

    def _mappings(self) -> Iterator[Mapping[str, Any]]:
        kind = "aws_lambda_event_source_mapping"
        return (resource for resource in self._all if resource["type"] == kind)


def _environment(function: Mapping[str, Any]) -> dict[str, str]:
    """Return a function's environment, as far as it is known before the apply."""
    variables: dict[str, str] = (function.get("environment") or [{}])[0].get("variables") or {}
    return variables
