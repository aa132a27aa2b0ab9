"""A run in the ledger: its identity, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from task_scheduler.queue.task_id import RunKey
from task_scheduler.runs.table import Key

ALL_SCHEDULES = "*"
"""The name under which what holds for all schedules is kept; no schedule can have it."""


class RunState(StrEnum):
    """The state of a run; the values are in the ledger."""

    WAITING = "waiting"
    """It starts when another run ends."""
    RUNNING = "running"
    """Its tasks are being sent or run."""
    SUCCEEDED = "succeeded"
    """Every task succeeded."""
    FAILED = "failed"
    """A task is a dead letter, or a line was refused, or has no end."""
    INCOMPLETE = "incomplete"
    """Its list was not sent whole."""
    SKIPPED = "skipped"
    """It did not happen; its reason says why."""
    CANCELLED = "cancelled"
    """It was cancelled."""

    @property
    def is_closed(self) -> bool:
        """True if nothing of it is still to come."""
        return self not in (RunState.WAITING, RunState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunId:
    """The identity of a run in the ledger.

    Attributes:
        schedule: its schedule's name.
        key: what makes it one run; schedule and scheduled time, or a key of its own.
    """

    schedule: str
    key: str

    @classmethod
    def of(cls, key: str) -> RunId:
        """Return the identity of the run with a key."""
        return cls(schedule=RunKey.parse(key).schedule, key=key)

    @classmethod
    def of_item(cls, partition: str, sort: str) -> RunId:
        """Return the identity of the run whose item has this key."""
        schedule = partition.removeprefix("S#")
        return cls(schedule=schedule, key=f"{schedule}@{sort.removeprefix('R#')}")

    @property
    def is_recorded(self) -> bool:
        """False of what stands for a message typed by hand, which belongs to no run."""
        return self.key != self.schedule

    @property
    def item(self) -> Key:
        """The key of the run's item."""
        return f"S#{self.schedule}", f"R#{self.key.removeprefix(f'{self.schedule}@')}"

    @property
    def schedule_item(self) -> Key:
        """The key of its schedule's item."""
        return schedule_item(self.schedule)

    @property
    def counter(self) -> Key:
        """The key of the item that counts the run's complete chunks."""
        return f"N#{self.key}", "sum"

    @property
    def event(self) -> Key:
        """The key of the item with the event that starts it, or goes on with it."""
        return f"E#{self.key}", "event"

    @property
    def digest(self) -> Key:
        """The key of the item with the digest that was sent of the run."""
        return f"E#{self.key}", "digest"

    def chunk(self, number: int) -> Key:
        """Return the key of a chunk's item."""
        return f"N#{self.key}#{number}", "chunk"

    def end(self, number: int) -> Key:
        """Return the key of the item with the reason or the result of the task at a place."""
        return f"F#{self.key}", f"{number:012}"


def schedule_item(name: str) -> Key:
    """Return the key of a schedule's item."""
    return "S", name
