"""Start schedules at their times, as EventBridge Scheduler does.

The emulator's own Scheduler knows neither time zones nor the attributes in an input.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Lock

from taskctl import aws
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule, due_times_of
from taskctl.stack.invoke import invoke_later
from taskctl.stack.stack import read_schedule
from taskctl.ui.times import rfc3339

_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
_LONGEST_WAIT = 1.0
"""Seconds: a machine that slept, or a clock that was set, is noticed after these."""


@dataclass(frozen=True)
class Planned:
    """A schedule that is enabled.

    Attributes:
        group, name: of the schedule.
        target: the ARN of the function.
        input: what it is invoked with, attributes not yet replaced.
        times: its due times from now on.
    """

    group: str
    name: str
    target: str
    input: str
    times: Iterator[datetime]

    def start(self, due: datetime) -> None:
        """Invoke the function, as Scheduler does at a due time."""
        event = json.loads(self.input.replace(_SCHEDULED_TIME, rfc3339(due)))
        invoke_later(self.target, event)


class Clock:
    """Starts schedules while it runs.

    Args:
        on_error: called with a sentence where one cannot be started.
    """

    def __init__(self, on_error: Callable[[str], None]) -> None:
        self._on_error = on_error
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, Planned]] = []
        self._lock = Lock()

    def set(self, groups: list[str]) -> None:
        """Take the schedules of groups, as they are now, in the place of those before."""
        now = datetime.now(UTC)
        planned = [each for group in groups for each in _planned(group, now)]
        with self._lock:
            self._due = []
            for each in planned:
                self._push(each)

    def next(self) -> dict[tuple[str, str], datetime]:
        """Return the next due time of each schedule that has one, by group and name."""
        with self._lock:
            return {(each.group, each.name): due for due, _, each in self._due}

    def _push(self, planned: Planned) -> None:
        due = next(planned.times, None)
        if due is not None:
            heapq.heappush(self._due, (due, next(self._order), planned))

    def run(self, stop: Event) -> None:
        """Start schedules until the event is set."""
        while not stop.is_set():
            with self._lock:
                first = self._due[0][0] if self._due else None
            now = datetime.now(UTC)
            if first is None or first > now:
                left = (first - now).total_seconds() if first else _LONGEST_WAIT
                stop.wait(min(left, _LONGEST_WAIT))
                continue
            self._start_first()

    def _start_first(self) -> None:
        with self._lock:
            due, _, planned = heapq.heappop(self._due)
            self._push(planned)
        try:
            planned.start(due)
        except Exception as error:  # the next ones are due all the same
            self._on_error(f"{planned.name} could not be started: {error}")


def _planned(group: str, now: datetime) -> Iterator[Planned]:
    scheduler = aws.client("scheduler")
    with aws.explained():
        pages = scheduler.get_paginator("list_schedules").paginate(GroupName=group)
        names = [schedule["Name"] for page in pages for schedule in page["Schedules"]]
        found = [scheduler.get_schedule(GroupName=group, Name=name) for name in names]
    for answer in found:
        schedule = read_schedule(answer)
        if not schedule.enabled:
            continue
        target = answer["Target"]
        times = _times(schedule, now)
        yield Planned(group, schedule.name, target["Arn"], target.get("Input", "{}"), times)


def _times(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    with suppress(TaskctlError):  # not of the module, which refuses such expressions and zones
        yield from (time.due for time in due_times_of(schedule, now))
