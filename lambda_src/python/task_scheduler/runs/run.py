"""Runs: one time that a schedule is due, as send_task gets it from EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from math import inf
from typing import Any

from task_scheduler.errors import InvalidRun
from task_scheduler.queue.message import DEFAULT_RETRIES, Message
from task_scheduler.queue.place import MAX_REDRIVES
from task_scheduler.queue.task_id import RunKey, TaskId
from task_scheduler.queue.validation import (
    check_attributes,
    known_attributes,
    read_notify_events,
)
from task_scheduler.runs.identity import RunId

VERSION = 1

SOURCES = ("tasks", "tasks_file", "tasks_s3_uri", "tasks_source")

OVERLAPS = ("allow", "skip", "queue")

UNSUBSTITUTED = "<aws."
"""The beginning of a context attribute in whose place Scheduler has put no value."""


def key_of_request(schedule: str, request_id: str) -> str:
    """Return the key of a run that has no scheduled time; it sorts behind those that have one.

    Args:
        schedule: its name.
        request_id: the id of the request that send_task was invoked by.
    """
    return str(RunKey(schedule, f"request-{request_id}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The place where another invocation goes on with a list, and what the list was until there.

    Attributes:
        line: the number of the next line, or the position of the next task, from 1.
        offset: the offset of that line in the unpacked file as UTF-8, in bytes.
        header: the names of a CSV file's columns.
        separator: the separator of a CSV file's columns; a comma when None.
        encoding: the encoding of a file in UTF-16 or UTF-32; None for UTF-8.
        etag: the version of the S3 object.
        fingerprint: the SHA-256 of the file.
        checksums: the checksums of a generator's tasks right before `line`.
        numbered: tasks and refused lines before `line`.
        next_slot: when the task at `line` is due, in seconds since 1970, if the run has a pace.
    """

    line: int = 1
    offset: int = 0
    header: list[str] | None = None
    separator: str | None = None
    encoding: str | None = None
    etag: str | None = None
    fingerprint: str | None = None
    checksums: list[str] | None = None
    numbered: int | None = None
    next_slot: int | None = None

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Cursor:
        """Read a cursor, of an event or of the ledger.

        Raises:
            InvalidRun: an attribute is unknown, or of another type.
        """
        present = {name: value for name, value in attributes.items() if value is not None}
        check_attributes(present, _CURSOR_TYPES, InvalidRun)
        return cls(**present)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A schedule's input, read.

    Attributes:
        key: schedule and scheduled time; without a scheduled time, schedule and Lambda's request
            id, which is the same across Lambda's own retries. The event may give another: a run
            by hand has a key of its own, and an invocation that goes on with a list has the key
            of the one that began it.
        schedule: the schedule's name.
        scheduled_time: when it was due, RFC 3339 UTC.
        task: the function for the tasks that name none.
        args: the arguments of all its tasks; a task's own take precedence.
        tasks: texts, a task each.
        tasks_file: a path in the task folder, a task a line.
        tasks_s3_uri: an S3 object, a task a line.
        tasks_source: the name of a registered generator.
        retries: attempts after the first.
        max_age: seconds on the queue after which a task is no longer started.
        notify_on: the events on which people are notified of it; never when None.
        notify_to: the names of the targets that are notified; all of them when None.
        mention: whom the notification mentions.
        heartbeat: the name of the monitor that is pinged when it starts and ends.
        timezone: the time zone of the schedule, an IANA name.
        overlap: what happens while another run of the schedule has not ended.
        pace: how many of its tasks may start in a minute or an hour, such as 300/minute; any number
            when None.
        skip_on, only_on: dates on which it does not run, and on which alone it does. They are
            looked at when it is due, and are not in the events that follow.
        parents: the keys of the runs that it follows, one of each schedule of its `after`.
        started_by, why: who started it by hand, and the reason that was given.
        worker: the worker that runs its tasks; the default one when None.
        cursor: where the list goes on.
        only: the position of the one task that is sent; None for all of them.
        number: the number that this task has in its run, if it is sent again.
        redrive: how often it was sent again from a dead letter.
        keep_results: whether the results of its tasks are kept; not in the event.
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
    notify_to: list[str] | None = None
    mention: str | None = None
    heartbeat: str | None = None
    timezone: str | None = None
    overlap: str = "allow"
    pace: str | None = None
    skip_on: list[str] | None = None
    only_on: list[str] | None = None
    parents: list[str] | None = None
    started_by: str | None = None
    why: str | None = None
    worker: str | None = None
    cursor: Cursor = Cursor()
    only: int | None = None
    number: int | None = None
    redrive: int = 0
    keep_results: bool = False

    @property
    def id(self) -> RunId:
        """The identity of the run."""
        return RunId(schedule=self.schedule, key=self.key)

    @property
    def monitor(self) -> str | None:
        """The monitor that is pinged of it; a run by hand says nothing of the schedule's clock."""
        return self.heartbeat if self.started_by is None else None

    @classmethod
    def from_event(cls, event: Any, *, request_id: str) -> Run:
        """Read the run that an invocation of send_task is for.

        Attributes that this version does not know are ignored, but for those of a cursor: they may
        say where the list goes on.

        Raises:
            InvalidRun: names the attribute, its value and what would be right.
        """
        if not isinstance(event, dict):
            raise InvalidRun(f"the event is a {type(event).__name__}: must be a schedule's input")
        attributes = {name: value for name, value in event.items() if value is not None}
        if (version := attributes.pop("version", None)) != VERSION:
            raise InvalidRun(f"version {version!r}: must be {VERSION} for this send_task")
        attributes = known_attributes(attributes, _TYPES)
        check_attributes(attributes, _TYPES, InvalidRun)
        _check_numbers(attributes)
        if "schedule" not in attributes:
            raise InvalidRun("the event names no schedule")
        _check_texts(attributes)
        _check_sources(attributes)
        if "notify_on" in attributes:
            attributes["notify_on"] = read_notify_events(attributes["notify_on"], InvalidRun)
        if attributes.get("overlap", "allow") not in OVERLAPS:
            raise InvalidRun(
                f"overlap {attributes['overlap']!r}: must be {', '.join(OVERLAPS[:-1])} or "
                f"{OVERLAPS[-1]}"
            )
        if attributes.get("scheduled_time", "").startswith(UNSUBSTITUTED):
            del attributes["scheduled_time"]
        schedule, time = attributes["schedule"], attributes.get("scheduled_time")
        key = str(RunKey(schedule, time)) if time else key_of_request(schedule, request_id)
        attributes.setdefault("key", key)
        if "cursor" in attributes:
            attributes["cursor"] = Cursor.from_attributes(attributes["cursor"])
        return cls(**attributes)

    def event(self, cursor: Cursor | None = None) -> dict[str, Any]:
        """Return the event that starts it in another invocation.

        Args:
            cursor: where that goes on; None for this one's own.
        """
        going_on = replace(self, cursor=cursor or self.cursor, skip_on=None, only_on=None)
        event = {"version": VERSION, **asdict(going_on)}
        del event["keep_results"]
        return event

    def message(
        self,
        position: int,
        *,
        text: str | None = None,
        task: str | None = None,
        args: Mapping[str, Any] | None = None,
        message_group: str | None = None,
        worker: str | None = None,
    ) -> Message:
        """Return the message for the task at a position of the list, from 1."""
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
            worker=worker or self.worker,
            parents=self.parents,
            keep_result=self.keep_results or None,
        )


def _check_texts(attributes: Mapping[str, Any]) -> None:
    for name, what in _LISTS_OF_TEXTS.items():
        if not all(isinstance(text, str) for text in attributes.get(name, [])):
            raise InvalidRun(f"{name}: must be a list of {what}")


def _check_sources(attributes: Mapping[str, Any]) -> None:
    """Raise InvalidRun unless the tasks come from one place."""
    sources = [name for name in SOURCES if name in attributes]
    if len(sources) > 1:
        raise InvalidRun(f"{' and '.join(sources)}: a schedule's tasks come from one source")
    if not sources and "task" not in attributes:
        raise InvalidRun("the event has neither a task nor a list of tasks")


def _check_numbers(attributes: Mapping[str, Any]) -> None:
    """Raise InvalidRun if the place of the task that is sent again could not be a task's."""
    for name, first, last in (("number", 1, inf), ("redrive", 0, MAX_REDRIVES)):
        if not first <= attributes.get(name, first) <= last:
            most = "" if last == inf else f" to {last}"
            raise InvalidRun(
                f"{name} {attributes[name]}: must be a whole number from {first}{most}"
            )


_LISTS_OF_TEXTS = {
    "tasks": "strings", "notify_to": "names of targets", "parents": "keys of runs",
}  # fmt: skip
_IN_EVENT = [attribute.name for attribute in fields(Run) if attribute.name != "keep_results"]
_TYPES: dict[str, type] = dict.fromkeys(_IN_EVENT, str) | {
    "args": dict, "tasks": list, "retries": int, "max_age": int, "notify_on": list,
    "notify_to": list, "skip_on": list, "only_on": list, "parents": list, "cursor": dict,
    "only": int, "number": int, "redrive": int,
}  # fmt: skip
_CURSOR_TYPES: dict[str, type] = {attribute.name: str for attribute in fields(Cursor)} | {
    "line": int, "offset": int, "header": list, "checksums": list, "numbered": int,
    "next_slot": int,
}  # fmt: skip
