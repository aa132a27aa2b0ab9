"""Reconstruct runs from log lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from task_scheduler.outcome import Outcome
from taskctl.runs.log_lines import LogLine, RunLine, TaskLine


@dataclass
class Run:
    """A run and its tasks.

    Attributes:
        key: the run's key.
        schedule: the schedule's name; None for a message typed by hand.
        scheduled_time: when it was due, RFC 3339 UTC, as the message says.
        began: the time of its first line.
        ended: the time of its last line.
        tasks: the newest line of each task, by the message's id.
    """

    key: str
    schedule: str | None
    scheduled_time: str | None
    began: datetime
    ended: datetime
    tasks: dict[str, TaskLine] = field(default_factory=dict)
    _sent: dict[tuple[int | None, int | None], RunLine] = field(default_factory=dict)

    def add(self, line: LogLine) -> None:
        """Add a line of the run that is newer than those before."""
        self.ended = line.time
        if isinstance(line, RunLine):
            self._sent[line.only, line.began_at] = line
            return
        known = self.tasks.get(line.id)
        # a duplicate says that the task had come to its end before, not with which outcome
        if known is None or line.outcome != Outcome.DUPLICATE:
            self.tasks[line.id] = line

    @property
    def sent(self) -> int | None:
        """Tasks put on the queue; None if the lines of send_task are not known."""
        return sum(one.sent or 0 for one in self._sent.values()) if self._sent else None

    @property
    def refused(self) -> int:
        """Lines of its list that are not tasks."""
        return sum(one.refused or 0 for one in self._sent.values())

    @property
    def problem(self) -> str | None:
        """The reason for which send_task failed, or could not send the whole list."""
        return next((one.problem for one in self._sent.values() if one.problem), None)

    @property
    def outcomes(self) -> Counter[str]:
        """The number of tasks of each outcome; those without any line are `queued`."""
        counts = Counter(str(task.outcome) for task in self.tasks.values())
        if (queued := (self.sent or 0) - len(self.tasks)) > 0:
            counts["queued"] = queued
        return counts

    @property
    def is_over(self) -> bool:
        """True once the whole list was sent and each of its tasks has come to its end."""
        ends = {one.continued_at for one in self._sent.values()} - {None}
        is_whole = ends <= {one.began_at for one in self._sent.values()}
        under_way = self.outcomes["queued"] + self.outcomes[Outcome.RETRY]
        return bool(self._sent) and is_whole and not under_way

    @property
    def failed(self) -> list[TaskLine]:
        """The tasks that became dead letters."""
        return [task for task in self.tasks.values() if task.has_failed]

    @property
    def has_failed(self) -> bool:
        """True if a task became a dead letter, a line was refused, or the list is incomplete."""
        return bool(self.failed) or any(one.has_failed for one in self._sent.values())

    def as_json(self) -> dict[str, Any]:
        """Return the run for --json."""
        return {
            "run": self.key,
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


def collect_runs(lines: Iterable[LogLine]) -> dict[str, Run]:
    """Return the runs of log lines by key, in the order of their first lines.

    Args:
        lines: in the order of time.
    """
    runs: dict[str, Run] = {}
    for line in lines:
        run = runs.get(line.run)
        if run is None:
            run = runs[line.run] = Run(
                line.run, line.schedule, line.scheduled_time, line.time, line.time
            )
        run.add(line)
    return runs
