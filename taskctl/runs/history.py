"""What the lines of the log add up to: runs, each a run and its tasks with what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from task_scheduler.outcome import Outcome
from taskctl.runs.log_lines import LogLine, RunLine, TaskLine

BY_HAND = "+run-"
AGAIN = "+again-"
"""How the key of a run that taskctl made goes on after schedule and scheduled time."""


@dataclass
class Run:
    """One run.

    Attributes:
        key: of the run.
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
    tasks: dict[str, TaskLine] = field(default_factory=dict)
    _sent: dict[tuple[int | None, int | None], RunLine] = field(default_factory=dict)

    def add(self, line: LogLine) -> None:
        """Takes in a further line of the run, newer than those before."""
        self.ended = line.time
        if isinstance(line, RunLine):
            self._sent[line.only, line.began_at] = line
            return
        known = self.tasks.get(line.id)
        # a duplicate says that the task had come to its end before, not what came of it
        if known is None or line.outcome != Outcome.DUPLICATE:
            self.tasks[line.id] = line

    @property
    def sent(self) -> int | None:
        """Tasks that were put on the queue; None if the run's lines are not known."""
        return sum(one.sent or 0 for one in self._sent.values()) if self._sent else None

    @property
    def refused(self) -> int:
        """Lines of its list that were no tasks."""
        return sum(one.refused or 0 for one in self._sent.values())

    @property
    def problem(self) -> str | None:
        """Why send_task failed, or could not send the whole list."""
        return next((one.problem for one in self._sent.values() if one.problem), None)

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
    def failed(self) -> list[TaskLine]:
        """The tasks that became dead letters."""
        return [task for task in self.tasks.values() if task.has_failed]

    @property
    def has_failed(self) -> bool:
        """Whether anything of it needs somebody."""
        return bool(self.failed) or any(one.has_failed for one in self._sent.values())

    def as_json(self) -> dict[str, Any]:
        """The run for --json."""
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


def add_up(lines: Iterable[LogLine]) -> dict[str, Run]:
    """The runs that lines of the log tell of, by key, in the order of their first lines.

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
