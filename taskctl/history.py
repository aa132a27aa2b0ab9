"""What the records add up to: runs, each a firing and its tasks with what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from task_scheduler.outcome import Outcome
from taskctl.records import FiringRecord, Record, TaskRecord

BY_HAND = "+run-"
AGAIN = "+again-"
"""How the key of a firing that taskctl made goes on after schedule and scheduled time."""


@dataclass
class Run:
    """One firing.

    Attributes:
        key: of the firing.
        schedule: its name; None for a message typed by hand.
        scheduled_time: when it was due, RFC 3339 UTC.
        began: when the first that is known of it was written down.
        ended: when the last was.
        tasks: the newest that is known of each task, by its id.
    """

    key: str
    schedule: str | None
    scheduled_time: str | None
    began: datetime
    ended: datetime
    tasks: dict[str, TaskRecord] = field(default_factory=dict)
    _sent: dict[tuple[int | None, int | None], FiringRecord] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Takes in a further record of the firing, newer than those before."""
        self.ended = record.time
        if isinstance(record, FiringRecord):
            self._sent[record.only, record.began_at] = record
            return
        known = self.tasks.get(record.id)
        # a duplicate says that the task had come to its end before, not what came of it
        if known is None or record.outcome != Outcome.DUPLICATE:
            self.tasks[record.id] = record

    @property
    def sent(self) -> int | None:
        """Tasks that were put on the queue; None if the firing's lines are not known."""
        return sum(one.sent or 0 for one in self._sent.values()) if self._sent else None

    @property
    def refused(self) -> int:
        """Lines that were no tasks."""
        return sum(one.refused or 0 for one in self._sent.values())

    @property
    def problem(self) -> str | None:
        """Why send_task failed, or could not send the whole list."""
        return next((one.reason for one in self._sent.values() if one.reason), None)

    @property
    def outcomes(self) -> Counter[str]:
        """How many tasks came to which outcome; those of which nothing is known are `queued`."""
        counts = Counter(str(task.outcome) for task in self.tasks.values())
        if (queued := (self.sent or 0) - len(self.tasks)) > 0:
            counts["queued"] = queued
        return counts

    @property
    def is_over(self) -> bool:
        """Whether the whole list was sent and each of its tasks came to its end."""
        ends = {one.continued_at for one in self._sent.values()} - {None}
        is_whole = ends <= {one.began_at for one in self._sent.values()}
        under_way = self.outcomes["queued"] + self.outcomes[Outcome.RETRY]
        return bool(self._sent) and is_whole and not under_way

    @property
    def failed(self) -> list[TaskRecord]:
        """The tasks that became dead letters."""
        return [task for task in self.tasks.values() if task.has_failed]

    @property
    def has_failed(self) -> bool:
        """Whether anything of it needs somebody."""
        return bool(self.failed) or any(one.has_failed for one in self._sent.values())

    def as_json(self) -> dict[str, Any]:
        """The run for --json."""
        return {
            "firing": self.key,
            "schedule": self.schedule,
            "scheduled_time": self.scheduled_time,
            "began": self.began,
            "ended": self.ended,
            "sent": self.sent,
            "refused": self.refused,
            "reason": self.problem,
            "outcomes": dict(self.outcomes),
            "tasks": [
                {name: getattr(task, name) for name in _TASK_FIELDS} for task in self.tasks.values()
            ],
        }


_TASK_FIELDS = (
    "id", "task", "outcome", "attempt", "duration_ms", "result", "reason", "error", "time",
)  # fmt: skip


def add_up(records: Iterable[Record]) -> dict[str, Run]:
    """The runs that records tell of, by key, in the order of their first records.

    Args:
        records: in the order of time.
    """
    runs: dict[str, Run] = {}
    for record in records:
        run = runs.get(record.firing)
        if run is None:
            run = runs[record.firing] = Run(
                record.firing, record.schedule, record.scheduled_time, record.time, record.time
            )
        run.add(record)
    return runs
