"""The functions' log, as it comes: records, output of tasks, tracebacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from task_scheduler.queue.task_id import TaskId
from taskctl import aws
from taskctl.runs.log_lines import LogLine, parse_record
from taskctl.stack.stack import Stack

_OF_LAMBDA = re.compile(r"(START|END|REPORT|INIT_START) ")
_OF_TASK_CODE = re.compile(r'  File "/[^"]*/ministack-lambda-[^"/]*/code/')
_OF_PACKAGES = re.compile(r'^  File "/[^"]*/(?:site-packages|lib/python3\.[0-9]+)/')
_LATE = timedelta(seconds=20)
"""Lines may reach the log in an order other than that of their times."""


@dataclass(frozen=True)
class Entry:
    """An entry of the log.

    Attributes:
        time: when it was logged, UTC.
        task: the run and position of the task that it is of, such as "nightly #3"; None for none.
        record: the record that it is; None for a line of task code.
        text: the line; of a record empty.
        traceback: from the task's own code on; None without one.
        is_problem: logged as a warning or worse.
    """

    time: datetime
    task: str | None
    record: LogLine | None
    text: str
    traceback: str | None
    is_problem: bool


class Log:
    """The logs of a stack's functions, from now on.

    Args:
        stack: whose logs.
        since: the first moment.
    """

    def __init__(self, stack: Stack, since: datetime) -> None:
        self._stack = stack
        self._since = since
        self._seen: dict[str, datetime] = {}

    def read(self) -> list[Entry]:
        """Return what is new, the oldest first."""
        start = max(self._since, datetime.now(UTC) - _LATE)
        self._seen = {key: time for key, time in self._seen.items() if time >= start - _LATE}
        found: list[Entry] = []
        for group in (self._stack.send_task_log, self._stack.run_task_log):
            events = [event for event in self._events(group, start) if self._is_new(group, event)]
            found += _entries(_without_batch_errors(events))
        return sorted(found, key=lambda entry: entry.time)

    def _is_new(self, group: str, event: Mapping[str, Any]) -> bool:
        # the emulator gives events no ids
        key = f"{group} {event['logStreamName']} {event['timestamp']} {event['message']}"
        if key in self._seen:
            return False
        self._seen[key] = _time(event)
        return True

    def _events(self, group: str, start: datetime) -> Iterator[Mapping[str, Any]]:
        logs = aws.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=int(start.timestamp() * 1000)
            )
            for page in pages:
                yield from page["events"]
        except logs.exceptions.ResourceNotFoundException:  # while it is being replaced
            return


def _without_batch_errors(events: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Leave out the traceback of a batch in which no task is done: each task has its own line."""
    block: list[Mapping[str, Any]] = []
    for event in events:
        message = event["message"]
        if message.startswith("Traceback (most recent call last)"):
            yield from block
            block = [event]
        elif block and message.startswith(" "):
            block.append(event)
        elif block:
            if not message.startswith("task_scheduler.errors.BatchFailed"):
                yield from (*block, event)
            block = []
        else:
            yield event
    yield from block


def _entries(events: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    for event in events:
        message = event["message"].rstrip("\n")
        line = _json(message)
        if line is None:
            if not _OF_LAMBDA.match(message):
                yield Entry(_time(event), None, None, message, None, False)
            continue
        record = parse_record(event)
        traceback = line.get("exception")
        yield Entry(
            time=_time(event),
            task=_task(line.get("id")),
            record=record,
            text="" if record else str(line.get("message", message)),
            traceback=_own(traceback) if isinstance(traceback, str) else None,
            is_problem=line.get("level") in ("WARNING", "ERROR", "CRITICAL"),
        )


def _json(message: str) -> dict[str, Any] | None:
    try:
        line = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _time(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(event["timestamp"] / 1000, UTC)


def _task(message_id: Any) -> str | None:
    if not isinstance(message_id, str):
        return None
    parsed = TaskId.parse(message_id)
    if parsed.position is None:
        return message_id[:8]
    return f"{parsed.run.partition('@')[0]} #{parsed.position}"


def _own(traceback: str) -> str:
    """Return a traceback with the frames of task code, and of others only the last."""
    shown: list[str] = []
    others: list[str] = []
    for part in re.findall(r'(?m)^  File ".*\n(?:    .*\n?)*|^.*\n?', traceback):
        if not part.startswith('  File "'):
            if others:
                shown += [*_fold(others[:-1]), others[-1]]
            shown.append(part)
            others = []
        elif own := _OF_TASK_CODE.match(part):
            shown += [*_fold(others), f'  File "{part[own.end() :]}']
            others = []
        else:
            others.append(_OF_PACKAGES.sub('  File "', part))
    return "".join(shown)


def _fold(frames: list[str]) -> list[str]:
    """Return a line for frames; none for those of the runtime, which every task has above it."""
    if not frames or all("/task_scheduler/" in frame for frame in frames):
        return []
    return [f"  ... {len(frames)} frames of packages\n" if len(frames) > 1 else frames[0]]
