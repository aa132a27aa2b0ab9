"""What the functions wrote into their logs: a line a run, a line an attempt of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from task_scheduler.outcome import Outcome
from taskctl import aws
from taskctl.errors import TaskctlError
from taskctl.stack.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """What one invocation of send_task did.

    Attributes:
        time: when it was written, UTC.
        run: the run's key; several invocations have it where a list is long, or is sent
            again.
        schedule: its name.
        scheduled_time: when it was due, RFC 3339; None if nobody said.
        sent, refused: tasks that it put on the queue, and lines that were none; None if it failed.
        began_at: the line that it went on with; None for the beginning.
        continued_at: the line that another invocation goes on with; None at the list's end.
        only: the one position that it was asked for.
        reason, error: why the list is incomplete, or why it failed, and the exception's type.
    """

    time: datetime
    run: str
    schedule: str
    scheduled_time: str | None = None
    sent: int | None = None
    refused: int | None = None
    began_at: int | None = None
    continued_at: int | None = None
    only: int | None = None
    reason: str | None = None
    error: str | None = None

    @property
    def problem(self) -> str | None:
        """Why it failed; the exception's type where that has no text."""
        return self.reason or self.error

    @property
    def has_failed(self) -> bool:
        """Whether lines were refused, the list is incomplete, or nothing was sent."""
        return bool(self.refused or self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """What came of one attempt of a task.

    Attributes:
        time: when it was written, UTC.
        id: the message's id.
        schedule, scheduled_time: of its run; None for a message typed by hand.
        task: the function's name; None for a text that was printed.
        attempt: from 1.
        outcome: one of task_scheduler.outcome's words.
        duration_ms: how long the function took.
        result: what it returned, in short form.
        reason, error: why it failed, and the exception's type.
        retry_after: seconds until the next attempt.
    """

    time: datetime
    id: str
    schedule: str | None = None
    scheduled_time: str | None = None
    task: str | None = None
    attempt: int
    outcome: str
    duration_ms: int
    result: str | None = None
    reason: str | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def run(self) -> str:
        """The key of its run; the id itself for a message typed by hand."""
        return self.id.rpartition("#")[0] or self.id

    @property
    def has_failed(self) -> bool:
        """Whether the task became a dead letter: not if another attempt follows."""
        return Outcome(self.outcome).is_dead

    @property
    def position(self) -> str:
        """Its place in the run's list; empty for a message typed by hand."""
        return self.id.rpartition("#")[2] if "#" in self.id else ""


LogLine = RunLine | TaskLine
_Kind = TypeVar("_Kind", RunLine, TaskLine)


def read_log_lines(stack: Stack, *, since: datetime, schedule: str | None = None) -> list[LogLine]:
    """The lines from a time on, the oldest first.

    Args:
        stack: whose.
        since: the first moment.
        schedule: its name, for those of one schedule.

    Raises:
        TaskctlError: there is no such stack, or no access to its logs.
    """
    with ThreadPoolExecutor() as threads:
        runs = threads.submit(_read, stack, stack.send_task_log, "run", RunLine, since, schedule)
        tasks = _read(stack, stack.run_task_log, "task", TaskLine, since, schedule)
        return sorted([*runs.result(), *tasks], key=lambda line: line.time)


def _read(
    stack: Stack,
    group: str,
    message: str,
    kind: type[_Kind],
    since: datetime,
    schedule: str | None,
) -> list[_Kind]:
    narrowed = f' && $.schedule = "{schedule}"' if schedule else ""
    names = {field.name for field in fields(kind)}
    logs = aws.client("logs")
    found = []
    try:
        with aws.explained():
            for event in _events(
                logs,
                logGroupName=group,
                startTime=int(since.timestamp() * 1000),
                filterPattern=f'{{ $.message = "{message}"{narrowed} }}',
            ):
                logged = _parse(event["message"])
                # a task can log lines of its own with our message
                if logged.get("message") != message or "service" not in logged:
                    continue
                if schedule is not None and logged.get("schedule") != schedule:
                    continue
                values = {name: logged[name] for name in names & logged.keys()}
                values["time"] = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                found.append(kind(**values))
    except logs.exceptions.ResourceNotFoundException as error:
        stack.schedule_names()  # says so if there is no such stack
        raise TaskctlError(f"no log group {group} in this account and region") from error
    return found


def _events(logs: Any, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    for page in logs.get_paginator("filter_log_events").paginate(**arguments):
        yield from page["events"]


def _parse(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
