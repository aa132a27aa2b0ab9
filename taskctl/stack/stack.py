"""What is deployed: the names of a stack's parts, all made from its prefix, and its schedules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from typing import Any

from taskctl import aws
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.project import terraform
from taskctl.project.schedule import Schedule

_MAX_REASON = 500
"""Characters of what Terraform says."""


@dataclass(frozen=True)
class Stack:
    """An instance of the module in the account and region of the environment."""

    prefix: str

    @property
    def send_task(self) -> str:
        """The name of the function that sends a run's tasks."""
        return f"{self.prefix}-send-task"

    @property
    def run_task(self) -> str:
        """The name of the function that runs tasks."""
        return f"{self.prefix}-run-task"

    @property
    def send_task_log(self) -> str:
        """The name of send_task's log group."""
        return f"/aws/lambda/{self.send_task}"

    @property
    def run_task_log(self) -> str:
        """The name of run_task's log group."""
        return f"/aws/lambda/{self.run_task}"

    @cached_property
    def queue_url(self) -> str:
        """The URL of the task queue."""
        return self._queue_url("tasks")

    @cached_property
    def tasks_dead_letter_url(self) -> str:
        """The URL of the dead-letter queue of tasks."""
        return self._queue_url("tasks-dead-letter")

    @cached_property
    def runs_dead_letter_url(self) -> str:
        """The URL of the dead-letter queue of runs."""
        return self._queue_url("runs-dead-letter")

    def schedules(self) -> list[Schedule]:
        """Every schedule of the stack, by name.

        Raises:
            TaskctlError: there is no such stack, or no access to it.
        """
        names = self.schedule_names()
        with ThreadPoolExecutor(aws.MAX_CONNECTIONS) as threads:
            return list(threads.map(self._schedule, names))

    def schedule(self, name: str) -> Schedule:
        """The schedule of a name.

        Raises:
            TaskctlError: there is no such schedule or stack, or no access to it.
        """
        names = self.schedule_names()
        if name not in names:
            near = did_you_mean(name, names)
            raise TaskctlError(f"no schedule {name!r} in the stack {self.prefix!r}{near}")
        return self._schedule(name)

    def switch_schedule(self, name: str, *, enabled: bool) -> None:
        """Lets a schedule fire or not; all else of it stays as it is.

        Raises:
            TaskctlError: no access to it.
        """
        scheduler = aws.client("scheduler")
        # UpdateSchedule sets to its default whatever it is not given.
        taken = scheduler.meta.service_model.operation_model("UpdateSchedule").input_shape.members
        with aws.explained():
            answer = scheduler.get_schedule(GroupName=self.prefix, Name=name)
            kept = {key: value for key, value in answer.items() if key in taken}
            scheduler.update_schedule(**kept | {"State": "ENABLED" if enabled else "DISABLED"})

    def schedule_names(self) -> list[str]:
        """The names of the stack's schedules, sorted.

        Raises:
            TaskctlError: there is no such stack, or no access to it.
        """
        with aws.explained():
            groups = [group["Name"] for group in _pages("list_schedule_groups", "ScheduleGroups")]
            if self.prefix not in groups:
                near = did_you_mean(self.prefix, set(groups) - {"default"})
                raise TaskctlError(f"no stack {self.prefix!r} in this account and region{near}")
            pages = _pages("list_schedules", "Schedules", GroupName=self.prefix)
            return sorted(schedule["Name"] for schedule in pages)

    def _schedule(self, name: str) -> Schedule:
        with aws.explained():
            answer = aws.client("scheduler").get_schedule(GroupName=self.prefix, Name=name)
        sent = json.loads(answer["Target"]["Input"])
        return Schedule(
            name=name,
            expression=answer["ScheduleExpression"],
            timezone=answer.get("ScheduleExpressionTimezone", "UTC"),
            enabled=answer["State"] == "ENABLED",
            start=answer.get("StartDate"),
            end=answer.get("EndDate"),
            flexible_window_minutes=answer["FlexibleTimeWindow"].get("MaximumWindowInMinutes"),
            created=answer.get("CreationDate"),
            input={key: value for key, value in sent.items() if key != "scheduled_time"},
        )

    def _queue_url(self, name: str) -> str:
        sqs = aws.client("sqs")
        for queue in (f"{self.prefix}-{name}", f"{self.prefix}-{name}.fifo"):
            try:
                with aws.explained():
                    url: str = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
                    return url
            except sqs.exceptions.QueueDoesNotExist:
                continue
        raise TaskctlError(f"no queue {self.prefix}-{name} in this account and region")


def find_stack(prefix: str | None, root: Path) -> Stack:
    """The stack of a prefix, or the one that Terraform's outputs tell of.

    Args:
        prefix: the module's variable of this name; None to look into the outputs.
        root: the folder that `terraform apply` ran in. Its outputs are those of the module, or
            one of them holds those of a module that it calls.

    Raises:
        TaskctlError: there is no such folder, Terraform does not read its outputs, or they tell
            of no stack, or of several.
    """
    if prefix is not None:
        return Stack(prefix)
    if not root.is_dir():
        raise TaskctlError(f"--root {root}: no such folder")
    where = root.resolve()
    done = terraform.run(where, "output", "-json", "-no-color")
    if done.returncode:
        raise TaskctlError(f"Terraform's outputs in {where} are not read: {_reason(done.stderr)}")
    outputs = json.loads(done.stdout)
    prefixes = sorted(set(_prefixes({name: output["value"] for name, output in outputs.items()})))
    if len(prefixes) == 1:
        return Stack(prefixes[0])
    if prefixes:
        raise TaskctlError(
            f"several stacks in {where}: name one with --prefix {'|'.join(prefixes)}"
        )
    raise TaskctlError(
        f"no stack: Terraform has no outputs of one in {where}. Name it with --prefix, or the "
        "folder that was applied with --root"
    )


def _reason(stderr: str) -> str:
    """Terraform's errors without what it says before them, on one line."""
    before, error, rest = stderr.partition("Error: ")
    return shorten(error + rest if error else before, _MAX_REASON, placeholder=" ...")


def _prefixes(outputs: Any) -> Iterator[str]:
    match outputs:
        case {"schedule_group": {"name": str(name)}}:
            yield name
        case dict():
            for value in outputs.values():
                yield from _prefixes(value)


def _pages(operation: str, key: str, **arguments: str) -> Iterator[dict[str, Any]]:
    for page in aws.client("scheduler").get_paginator(operation).paginate(**arguments):
        yield from page[key]
