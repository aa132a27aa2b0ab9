"""A deployed stack: the names of its parts, all made from its prefix, and its schedules."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from task_scheduler.queue.message import DEFAULT_WORKER
from taskctl import aws
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.project.schedule import Schedule

_WHEN = {"scheduled_time", "after", "any_outcome", "enabled"}
"""Attributes of a schedule's input that say when it runs, not what."""


@dataclass(frozen=True)
class Stack:
    """An instance of the module.

    Attributes:
        prefix: its name, in the account and region that AWS is asked for.
        account: the account that Terraform applied it in; None where nobody knows.
    """

    prefix: str
    account: str | None = None

    @property
    def place(self) -> str:
        """The account and region that were asked, for errors; asks AWS who is asking."""
        asked = aws.describe_place()
        if self.account is None or self.account in asked:
            return asked
        return f"{asked}; Terraform's outputs have it in account {self.account}"

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

    @property
    def keep_runs_group(self) -> str:
        """The name of the schedule group that keep_runs' own schedule is in."""
        return f"{self.prefix}-keep-runs"

    @property
    def ledger(self) -> str:
        """The name of the table in which the functions record runs."""
        return f"{self.prefix}-ledger"

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

    @cached_property
    def dead_letter_urls(self) -> tuple[str, ...]:
        """The URLs of the dead-letter queues; not every stack has one of other workers."""
        others = self._find_queue("workers-dead-letter")
        return (
            self.runs_dead_letter_url,
            self.tasks_dead_letter_url,
            *([others] if others else []),
        )

    def worker_queue_url(self, worker: str | None) -> str:
        """Return the URL of a worker's task queue.

        Args:
            worker: its name; None for the default one.

        Raises:
            TaskctlError: the stack has no such worker.
        """
        if worker in (None, DEFAULT_WORKER):
            return self.queue_url
        if url := self._find_queue(f"tasks-{worker}"):
            return url
        raise TaskctlError(f"the stack {self.prefix!r} has no worker {worker!r} any more")

    def ledger_retention(self) -> int:
        """Return the seconds for which the ledger keeps runs.

        Raises:
            TaskctlError: there is no such stack, or no access to it.
        """
        with aws.explained():
            found = aws.client("lambda").get_function_configuration(FunctionName=self.send_task)
        return int(found["Environment"]["Variables"]["LEDGER_RETENTION"])

    def schedules(self) -> list[Schedule]:
        """Return every schedule in the stack's group, sorted by name.

        Raises:
            TaskctlError: there is no such stack, or no access to it.
        """
        names = self.schedule_names()
        with ThreadPoolExecutor(aws.MAX_CONNECTIONS) as threads:
            return list(threads.map(self._schedule, names))

    def schedule(self, name: str) -> Schedule:
        """Return the schedule of a name.

        Raises:
            TaskctlError: there is no such stack, no such schedule, it was not made by the
                module, or there is no access to it.
        """
        self.check_schedule(name)
        schedule = self._schedule(name)
        if not schedule.is_ours:
            raise TaskctlError(
                f"schedule {name!r} of the stack {self.prefix!r} was not made by this module: "
                f"it does not send {self.send_task} what a schedule of the module sends"
            )
        return schedule

    def watched(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what keep_runs expects of schedules, by their names; empty if it watches none.

        Raises:
            TaskctlError: there is no access to it.
        """
        scheduler = aws.client("scheduler")
        with aws.explained():
            try:
                answer = scheduler.get_schedule(GroupName=self.keep_runs_group, Name="keep-runs")
            except scheduler.exceptions.ResourceNotFoundException:
                return {}
        try:
            watched = json.loads(answer["Target"].get("Input", "{}")).get("watched", {})
        except (ValueError, RecursionError, AttributeError):
            return {}
        return watched if isinstance(watched, dict) else {}

    def schedule_names(self) -> list[str]:
        """Return the names of the stack's schedules, sorted.

        Raises:
            TaskctlError: there is no such stack, or no access to it.
        """
        self.check_exists()
        with aws.explained():
            pages = _pages("list_schedules", "Schedules", GroupName=self.prefix)
            return sorted(schedule["Name"] for schedule in pages)

    def check_exists(self) -> None:
        """Check that there is a stack of this prefix.

        Raises:
            TaskctlError: there is none, or no access to it.
        """
        scheduler = aws.client("scheduler")
        with aws.explained():
            try:
                scheduler.get_schedule_group(Name=self.prefix)
            except scheduler.exceptions.ResourceNotFoundException:
                groups = {one["Name"] for one in _pages("list_schedule_groups", "ScheduleGroups")}
            else:
                return
        near = did_you_mean(self.prefix, groups - {"default"})
        raise TaskctlError(f"no stack {self.prefix!r} in {self.place}{near}")

    def check_schedule(self, name: str) -> None:
        """Check that the stack has a schedule of this name.

        Raises:
            TaskctlError: it does not, or there is no such stack, or no access to it.
        """
        names = self.schedule_names()
        if name not in names:
            near = did_you_mean(name, names)
            raise TaskctlError(f"no schedule {name!r} in the stack {self.prefix!r}{near}")

    def _schedule(self, name: str) -> Schedule:
        with aws.explained():
            answer = aws.client("scheduler").get_schedule(GroupName=self.prefix, Name=name)
        return read_schedule(answer)

    def _queue_url(self, name: str) -> str:
        if url := self._find_queue(name):
            return url
        raise TaskctlError(f"no queue {self.prefix}-{name} in {self.place}")

    def _find_queue(self, name: str) -> str | None:
        sqs = aws.client("sqs")
        for queue in (f"{self.prefix}-{name}", f"{self.prefix}-{name}.fifo"):
            try:
                with aws.explained():
                    url: str = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
                    return url
            except sqs.exceptions.QueueDoesNotExist:
                continue
        return None


def read_schedule(answer: Mapping[str, Any]) -> Schedule:
    """Read the answer of GetSchedule."""
    name = answer["Name"]
    sent = _read_input(name, answer["Target"])
    given = sent or {}
    # one that runs after others is disabled at EventBridge, and has an expression that nobody means
    after = tuple(given.get("after") or ())
    return Schedule(
        name=name,
        expression=None if after else answer["ScheduleExpression"],
        timezone=answer.get("ScheduleExpressionTimezone", "UTC"),
        enabled=given.get("enabled", True) if after else answer["State"] == "ENABLED",
        start=answer.get("StartDate"),
        end=answer.get("EndDate"),
        flexible_window_minutes=answer["FlexibleTimeWindow"].get("MaximumWindowInMinutes"),
        created=answer.get("CreationDate"),
        input={key: value for key, value in given.items() if key not in _WHEN},
        after=after,
        any_outcome=bool(given.get("any_outcome")),
        is_ours=sent is not None,
    )


def _read_input(name: str, target: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a schedule sends; None if it is not what the module makes schedules send."""
    try:
        sent = json.loads(target.get("Input", ""))
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(sent, dict) and sent.get("schedule") == name and "version" in sent
    return sent if is_ours else None


def _pages(operation: str, key: str, **arguments: str) -> Iterator[dict[str, Any]]:
    for page in aws.client("scheduler").get_paginator(operation).paginate(**arguments):
        yield from page[key]
