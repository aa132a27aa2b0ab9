"""Read what the functions logged: a line for each run, a line for each attempt of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from task_scheduler.outcome import Outcome
from task_scheduler.queue.task_id import TaskId
from taskctl import aws
from taskctl.errors import TaskctlError
from taskctl.stack.stack import Stack
from taskctl.ui.times import format_seconds

_DEAD = frozenset(outcome.value for outcome in Outcome if outcome.is_dead)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """The result of one invocation of send_task.

    Attributes:
        time: when it was logged, UTC.
        run: the run's key; several invocations share it where a list is long, or is sent again.
        schedule: the schedule's name.
        scheduled_time: when it was due, RFC 3339; None if it was not given.
        sent, refused: tasks put on the queue, and lines that are not tasks; None if it failed.
        began_at: the line that it continued with; None for the beginning.
        continued_at: the line that another invocation continues with; None at the list's end.
        only: the only position that it was asked for.
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
        """The reason for which it failed; the exception's type where that has no text."""
        return self.reason or self.error

    @property
    def has_failed(self) -> bool:
        """True if lines were refused, the list is incomplete, or nothing was sent."""
        return bool(self.refused or self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """The result of one attempt of a task.

    Attributes:
        time: when it was logged, UTC.
        id: the message's id.
        schedule, scheduled_time: of its run; None for a message typed by hand.
        task: the function's name; None for a text that was printed.
        attempt: from 1.
        outcome: a value of task_scheduler.outcome.Outcome.
        duration_ms: how long the function ran, in milliseconds.
        result: what it returned, truncated.
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
        return TaskId.parse(self.id).run

    @property
    def position(self) -> int | None:
        """Its place in the run's list; None for a message typed by hand."""
        return TaskId.parse(self.id).position

    @property
    def has_failed(self) -> bool:
        """True if the task became a dead letter, false if another attempt follows."""
        return self.outcome in _DEAD


LogLine = RunLine | TaskLine
_Kind = TypeVar("_Kind", RunLine, TaskLine)
_MESSAGES: dict[type, str] = {RunLine: "run", TaskLine: "task"}
"""The message of each kind of line."""


def read_log_lines(stack: Stack, *, since: datetime, schedule: str | None = None) -> list[LogLine]:
    """Return the lines from a time on, the oldest first.

    Args:
        stack: the stack whose logs are read.
        since: the first moment.
        schedule: the name of a schedule, for its lines only.

    Raises:
        TaskctlError: there is no such stack, or no access to its logs.
    """
    with ThreadPoolExecutor() as threads:
        runs = threads.submit(_read, stack, stack.send_task_log, RunLine, since, schedule)
        tasks = _read(stack, stack.run_task_log, TaskLine, since, schedule)
        return sorted([*runs.result(), *tasks], key=lambda line: line.time)


def parse_record(event: Mapping[str, Any]) -> LogLine | None:
    """Return the line of an event of CloudWatch Logs; None if it is not a record."""
    return _parse(event, RunLine) or _parse(event, TaskLine)


def _read(
    stack: Stack, group: str, kind: type[_Kind], since: datetime, schedule: str | None
) -> list[_Kind]:
    narrowed = f" && $.schedule = {json.dumps(schedule)}" if schedule else ""
    logs = aws.client("logs")
    try:
        with aws.explained():
            events = _events(
                logs,
                logGroupName=group,
                startTime=int(since.timestamp() * 1000),
                filterPattern=f'{{ $.message = "{_MESSAGES[kind]}"{narrowed} }}',
            )
            lines = [_parse(event, kind) for event in events]
    except logs.exceptions.ResourceNotFoundException as error:
        stack.check_exists()
        raise TaskctlError(f"no log group {group} in {stack.place}") from error
    return [line for line in lines if line is not None and schedule in (None, line.schedule)]


def _events(logs: Any, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    for page in logs.get_paginator("filter_log_events").paginate(**arguments):
        yield from page["events"]


def _parse(event: Mapping[str, Any], kind: type[_Kind]) -> _Kind | None:
    """Return the line of an event; None for one that the runtime did not write.

    A task can log lines of its own with our message.
    """
    try:
        logged = json.loads(event["message"])
    except (ValueError, RecursionError):
        return None
    if not isinstance(logged, dict) or logged.get("message") != _MESSAGES[kind]:
        return None
    values: dict[str, Any] = {}
    for field in fields(kind):
        value = logged.get(field.name)
        if value is not None and not _fits(value, str(field.type)):
            return None
        if value is not None:
            values[field.name] = value
    values["time"] = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    try:
        return kind(**values) if "service" in logged else None
    except TypeError:  # a field is missing
        return None


def line_text(line: LogLine) -> str:
    """Return a log line as text for people."""
    at = f"{line.time.astimezone():%H:%M:%S}"
    if isinstance(line, RunLine):
        sent = "not sent" if line.sent is None else f"{line.sent} sent"
        refused = f", {line.refused} refused" if line.refused else ""
        problem = f": {line.problem}" if line.problem else ""
        return f"{at}  {line.schedule}  {sent}{refused}{problem}"
    position = line.id[:8] if line.position is None else f"#{line.position}"
    detail = _detail(line)
    attempt = f"{line.outcome}, attempt {line.attempt}, {format_seconds(line.duration_ms / 1000)}"
    return f"{at}  {line.schedule or ''} {position} {line.task or '(text)'}  {attempt}" + (
        f": {detail}" if detail else ""
    )


def _detail(line: TaskLine) -> str | None:
    """Return a task's result, or why its attempt failed."""
    if line.error is not None:
        reason = f"{line.error}: {line.reason}" if line.reason else line.error
        again = "" if line.retry_after is None else f" (again in {line.retry_after:.0f} s)"
        return " ".join(reason.split()) + again
    return line.result and " ".join(line.result.split())


def _fits(value: Any, annotation: str) -> bool:
    if isinstance(value, (int, float)):
        return "int" in annotation or "float" in annotation
    return isinstance(value, str) and "str" in annotation
