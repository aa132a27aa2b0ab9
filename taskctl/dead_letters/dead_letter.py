"""Dead letters as taskctl shows and redrives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from task_scheduler.outcome import Outcome

SHORT_ID = 8
"""Characters of an id that a user sees and types."""
DIED = "died"
"""The outcome of a task whose function died at each attempt: SQS itself moved its message."""


class Kind(StrEnum):
    """The kinds of dead letters."""

    TASK = "task"
    """A message of the task queue."""
    LINE = "line"
    """A line of a list that is not a task."""
    RUN = "run"
    """The event of a run, or the rest of its list."""
    UNKNOWN = "unknown"
    """A message that none of Scheduler, Lambda, send_task and run_task writes."""


class Origin(StrEnum):
    """The dead-letter queues of a stack."""

    TASKS = "tasks"
    """That of run_task: each is a message of the task queue."""
    RUNS = "runs"
    """That of Scheduler and send_task: runs, and lines of lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The meaning of a dead letter, independent of the queue that it lies in.

    Attributes:
        kind: task, line, run or unknown.
        schedule: the schedule's name, if it is known.
        run: the key of its run, if it is known.
        what: the task, line or run in a few words.
        outcome: how it ended.
        attempts: attempts of the task, or of Scheduler to deliver the run.
        reason: why it is here.
        event: the event to invoke send_task with, for a run or a line. If it lacks the
            schedule's own input, `needs_input` is true.
        redrives: how often it was sent again already.
    """

    kind: Kind
    schedule: str | None = None
    run: str | None = None
    what: str = ""
    outcome: str = ""
    attempts: int | None = None
    reason: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
    needs_input: bool = False
    redrives: int = 0

    @property
    def can_be_sent(self) -> bool:
        """True if `redrive` can send it again, and it may succeed then."""
        return self.kind is not Kind.UNKNOWN and self.outcome != Outcome.UNREADABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of a dead-letter queue.

    Attributes:
        id: SQS's id.
        origin: its queue.
        receipt_handle: the handle to delete it with; None if it was read from a file.
        body: the body, unchanged.
        attributes: the string attributes that its sender gave it.
        message_group: its group, on a FIFO queue.
        time: when it was sent to the queue, UTC.
        contents: what it says.
    """

    id: str
    origin: Origin
    receipt_handle: str | None = None
    body: str
    attributes: Mapping[str, str]
    message_group: str | None
    time: datetime
    contents: Contents

    @property
    def short_id(self) -> str:
        """The beginning of the id, by which a user names it."""
        return self.id[:SHORT_ID]
