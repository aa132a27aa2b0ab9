"""One time that a schedule is due, as send_task gets it from EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from task_scheduler.errors import InvalidRun
from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.message import DEFAULT_RETRIES, Message
from task_scheduler.queue.task_id import RunKey, TaskId
from task_scheduler.queue.validation import check_attributes, read_notify_events

VERSION = 1

SOURCES = ("tasks", "tasks_file", "tasks_s3_uri", "tasks_source")

UNSUBSTITUTED = "<aws."
"""How a context attribute begins that nobody has put a value in for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a list goes on that one invocation could not finish.

    Attributes:
        line: the number of the next line, or the position of the next task, from 1.
        offset: of that line in the decompressed file, in bytes.
        header: the names of a CSV file's columns.
        etag: the version of the S3 object.
    """

    line: int = 1
    offset: int = 0
    header: list[str] | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A schedule's input, read.

    Attributes:
        key: what makes the run one: schedule and scheduled time; without a scheduled time,
            schedule and Lambda's request id, which is the same across Lambda's own retries. The
            event may give another: a manual run has a key of its own, and an invocation that
            goes on with a list has the key of the one that began it.
        schedule: the schedule's name.
        scheduled_time: when it was due, RFC 3339 UTC.
        task: the function for the tasks that name none.
        args: the arguments that all its tasks have; a task's own come over them.
        tasks: texts, a task each.
        tasks_file: a path in the task folder, a task a line.
        tasks_s3_uri: an S3 object, a task a line.
        tasks_source: the name of a registered generator.
        retries: attempts after the first.
        max_age: seconds on the queue after which a task is not started any more.
        notify_on: the events on which a task's end is told; never when None.
        cursor: where the list goes on.
        only: the position of the one task that is sent; None for all of them.
    """

    key: str
    schedule: str
    scheduled_time: str | None = None
    task: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    tasks: list[str] | None = None
    tasks_file: str | None = None
    tasks_s3_uri: str | None = None
    tasks_source: str | None = None
    retries: int = DEFAULT_RETRIES
    max_age: int | None = None
    notify_on: list[str] | None = None
    cursor: Cursor = Cursor()
    only: int | None = None

    @classmethod
    def from_event(cls, event: Any, *, request_id: str) -> Run:
        """The run that an invocation of send_task is for.

        Raises:
            InvalidRun: names the attribute, its value and what would be right.
        """
        if not isinstance(event, dict):
            raise InvalidRun(f"the event is a {type(event).__name__}: must be a schedule's input")
        attributes = {name: value for name, value in event.items() if value is not None}
        if (version := attributes.pop("version", None)) != VERSION:
            raise InvalidRun(f"version {version!r}: this send_task knows version {VERSION}")
        check_attributes(attributes, _TYPES, InvalidRun)
        if "schedule" not in attributes:
            raise InvalidRun("a run without a schedule")
        if not all(isinstance(text, str) for text in attributes.get("tasks", [])):
            raise InvalidRun("tasks: must be a list of strings")
        sources = [name for name in SOURCES if name in attributes]
        if len(sources) > 1:
            raise InvalidRun(f"{' and '.join(sources)}: a schedule's tasks come from one source")
        if not sources and "task" not in attributes:
            raise InvalidRun("a run with neither a task nor a list of tasks")
        if "notify_on" in attributes:
            attributes["notify_on"] = read_notify_events(attributes["notify_on"], InvalidRun)
        if attributes.get("scheduled_time", "").startswith(UNSUBSTITUTED):
            del attributes["scheduled_time"]
        attributes.setdefault(
            "key",
            str(RunKey(attributes["schedule"], attributes.get("scheduled_time", request_id))),
        )
        if "cursor" in attributes:
            cursor = {k: v for k, v in attributes["cursor"].items() if v is not None}
            check_attributes(cursor, _CURSOR_TYPES, InvalidRun)
            attributes["cursor"] = Cursor(**cursor)
        return cls(**attributes)

    def continued(self, cursor: Cursor) -> dict[str, Any]:
        """The event that makes another invocation go on at a cursor."""
        return {"version": VERSION, **asdict(replace(self, cursor=cursor))}

    def without_successes(self) -> Run:
        """The same run, of whose tasks no success is told."""
        words = [word for word in self.notify_on or [] if word != NotifyEvent.SUCCESS]
        return replace(self, notify_on=words)

    def message(
        self,
        position: int,
        *,
        text: str | None = None,
        task: str | None = None,
        args: Mapping[str, Any] | None = None,
        message_group: str | None = None,
    ) -> Message:
        """The message for the task at a position of the list, from 1."""
        return Message(
            id=str(TaskId(self.key, position)),
            schedule=self.schedule,
            scheduled_time=self.scheduled_time,
            task=task or self.task,
            text=text,
            args={**self.args, **(args or {})},
            retries=self.retries,
            max_age=self.max_age,
            message_group=message_group,
            notify_on=self.notify_on,
        )


_TYPES: dict[str, type] = {attribute.name: str for attribute in fields(Run)} | {
    "args": dict, "tasks": list, "retries": int, "max_age": int, "notify_on": list,
    "cursor": dict, "only": int,
}  # fmt: skip
_CURSOR_TYPES = {"line": int, "offset": int, "header": list, "etag": str}
