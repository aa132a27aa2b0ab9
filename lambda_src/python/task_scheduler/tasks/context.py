"""The context of a task: its attempt, its time, its logger."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Adapter = logging.LoggerAdapter[logging.Logger]
else:
    Adapter = logging.LoggerAdapter


class TaskLogger(Adapter):
    """Python's logger, whose JSON lines have the task's fields."""

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Add the task's fields to those of the line."""
        # as LoggerAdapter(merge_extra=True) does from Python 3.13 on
        return msg, {**kwargs, "extra": {**(self.extra or {}), **(kwargs.get("extra") or {})}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentRun:
    """A run that a task's own run follows, as the ledger has it.

    Attributes:
        key: the key of the run.
        schedule: its schedule's name.
        scheduled_time: when it was due, RFC 3339 UTC; None if it was not due at any time.
        state: succeeded, failed, incomplete or cancelled; None of a run that has expired.
        total: how many tasks it had, refused lines among them.
        failed: how many of these failed.
        results: what its tasks returned, as texts, by position from 1; of runs of up to 10 tasks.
        reasons: why its tasks failed, by position from 1; some of them if there are many.
    """

    key: str
    schedule: str
    scheduled_time: str | None = None
    state: str | None = None
    total: int = 0
    failed: int = 0
    results: Mapping[int, str] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContext:
    """The attempt that a function runs in, for a parameter named `context`.

    Attributes:
        schedule: the schedule's name; None for a message typed by hand.
        scheduled_time: when the run was due, RFC 3339 UTC; None likewise.
        attempt: number of this attempt, from 1.
        deadline: when its time is over, in seconds of time.monotonic().
        log_fields: fields that each line of its logger has.
        read_parents: reads the runs that the task's own run follows.
    """

    schedule: str | None
    scheduled_time: str | None
    attempt: int
    deadline: float
    log_fields: Mapping[str, Any] = field(default_factory=dict)
    read_parents: Callable[[], tuple[ParentRun, ...]] = tuple
    _cancelled: Event = field(default_factory=Event)

    @property
    def logger(self) -> TaskLogger:
        """Logs JSON lines with the task's id, schedule, name and attempt."""
        return TaskLogger(logging.getLogger("task_scheduler.task"), self.log_fields)

    @property
    def parents(self) -> tuple[ParentRun, ...]:
        """The runs that this one follows (`after`), by schedule; read from the ledger each time.

        Raises:
            LedgerUnavailable: the table did not answer.
        """
        return self.read_parents()

    @property
    def remaining(self) -> float:
        """Seconds left; negative when the time is over."""
        return self.deadline - time.monotonic()

    @property
    def cancelled(self) -> bool:
        """True once the attempt was given up: its result is no longer waited for."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Mark the attempt as given up."""
        self._cancelled.set()
