"""Keys of runs and ids of tasks, such as nightly@2026-11-23T02:00:00Z#17."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple, Self

# a position is written in one way, so that an id that was parsed is written as it was
_OF_A_RUN = re.compile(r"(.+)#([1-9][0-9]{0,17})", re.DOTALL)


def scheduled_time_of(seconds: float) -> str:
    """Return a time in seconds since 1970 as EventBridge Scheduler writes it, RFC 3339 in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


class RunKey(NamedTuple):
    """The key of a run.

    Attributes:
        schedule: its schedule's name.
        time: when it was due, RFC 3339 UTC, or what stands in for that in a run without a
            scheduled time; a suffix tells runs of the same time apart.
    """

    schedule: str
    time: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a key; of a text without a time, the whole is the schedule."""
        schedule, _, time = text.partition("@")
        return cls(schedule, time)

    def __str__(self) -> str:
        return f"{self.schedule}@{self.time}" if self.time else self.schedule


class TaskId(NamedTuple):
    """The id of a task's message.

    Attributes:
        run: the key of its run; of a message typed by hand, SQS's id.
        position: its place in the run's list, from 1; None of a message typed by hand.
    """

    run: str
    position: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an id; a text without a position is a message typed by hand."""
        match = _OF_A_RUN.fullmatch(text)
        return cls(match[1], int(match[2])) if match else cls(text)

    def __str__(self) -> str:
        return self.run if self.position is None else f"{self.run}#{self.position}"
