"""The functions' log, as it comes: records, output of tasks, tracebacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from task_scheduler.notifications.markup import log_link
from task_scheduler.queue.task_id import TaskId
from taskctl import aws
from taskctl.ids import first_run
from taskctl.runs.log_lines import LogLine, line_text, parse_record
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.stack import Stack

_OF_LAMBDA = re.compile(r"(START|END|REPORT|INIT_START) ")
_OF_TASK_CODE = re.compile(r'  File "(?:/var/task|/[^"]*/ministack-lambda-[^"/]*/code)/')
"""On Lambda, and on the emulator."""
_OF_PACKAGES = re.compile(
    r'^  File "/(?:opt/python|(?:[^"]*/)?(?:site-packages|lib/python3\.[0-9]+))/'
)
_INDENT = " " * 10
_AROUND = timedelta(minutes=15)
_LATE = timedelta(seconds=20)
"""Lines may reach the log in an order other than that of their times."""


@dataclass(frozen=True)
class Entry:
    """An entry of the log.

    Attributes:
        time: when it was logged, UTC.
        run: the key of the run that it is of; None for none.
        task: the run and position of the task that it is of, such as "nightly #3"; None for none.
        position: the position of the task in its list; None for none.
        record: the record that it is; None for a line of task code.
        text: the line; of a record empty.
        traceback: from the task's own code on; None without one.
        is_problem: logged as a warning or worse.
    """

    time: datetime
    run: str | None
    task: str | None
    position: int | None
    record: LogLine | None
    text: str
    traceback: str | None
    is_problem: bool

    @property
    def first_run(self) -> str | None:
        """The run that its task was of before it was sent again."""
        return self.run and first_run(self.run)

    def as_json(self) -> dict[str, Any]:
        """Return it for --json."""
        return {
            "time": self.time,
            "run": self.run,
            "position": self.position,
            "text": line_text(self.record) if self.record else self.text,
            "outcome": getattr(self.record, "outcome", None),
            "traceback": self.traceback,
        }

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield its lines as text, and of each the kind: problem, warning, output or none."""
        if self.record is not None:
            yield line_text(self.record), "problem" if self.record.has_failed else ""
        else:
            who = f"{self.task} | " if self.task else ""
            yield f"{_INDENT}{who}{self.text}", "warning" if self.is_problem else "output"
        for line in filter(str.strip, (self.traceback or "").splitlines()):
            yield f"{_INDENT}{line}", "problem"


def run_log(stack: Stack, run: RecordedRun) -> Log:
    """Return the log of a run, from a while before it began until a while after it closed."""
    began = datetime.fromtimestamp(run.began or run.due_time or 0, UTC)
    ended = None
    if run.closed is not None and run.redriven_by is None:
        ended = datetime.fromtimestamp(run.closed, UTC) + _AROUND
    return Log(stack, began - _AROUND, until=ended, run=run.key)


def log_address(stack: Stack, run: RecordedRun) -> str:
    """Return the address of a run's lines in CloudWatch's console."""
    region: Any = aws.client("logs").meta.region_name
    return log_link(region, stack.run_task_log, run.key, run.began or 0)


class Log:
    """The logs of a stack's functions.

    Args:
        stack: the stack whose logs are read.
        since: the first moment.
        until: the last moment; None for what is still to come, too.
        run: the key of a run, for what is of its tasks alone; None for all.
    """

    def __init__(
        self,
        stack: Stack,
        since: datetime,
        *,
        until: datetime | None = None,
        run: str | None = None,
    ) -> None:
        self._stack = stack
        self._since = since
        self._until = until
        self._run = run
        self._seen: dict[str, datetime] = {}

    def read(self) -> list[Entry]:
        """Return what is new, the oldest first.

        Raises:
            TaskctlError: there is no access to the logs.
        """
        start, self._since = self._since, max(self._since, datetime.now(UTC) - _LATE)
        self._seen = {key: time for key, time in self._seen.items() if time >= start - _LATE}
        found: list[Entry] = []
        for group in (self._stack.send_task_log, self._stack.run_task_log):
            events = [event for event in self._events(group, start) if self._is_new(group, event)]
            found += _entries(_without_batch_errors(events))
        if self._run is not None:
            found = [entry for entry in found if self._run in (entry.run, entry.first_run)]
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
        request: dict[str, Any] = {"startTime": int(start.timestamp() * 1000)}
        if self._until is not None:
            request["endTime"] = int(self._until.timestamp() * 1000)
        if self._run is not None:
            request["filterPattern"] = json.dumps(self._run)
        try:
            with aws.explained():
                for page in logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group, **request
                ):
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
                yield Entry(_time(event), None, None, None, None, message, None, False)
            continue
        record = parse_record(event)
        traceback = line.get("exception")
        id_ = line.get("id")
        parsed = TaskId.parse(id_) if isinstance(id_, str) else TaskId("")
        yield Entry(
            time=_time(event),
            run=parsed.run or line.get("run"),
            task=_task(id_),
            position=parsed.position,
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
