"""Start a run by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from task_scheduler.runs.identity import RunId
from taskctl.errors import TaskctlError
from taskctl.ids import key_by_hand
from taskctl.project.schedule import Schedule, read_zone
from taskctl.runs.reader import RunReader
from taskctl.runs.relatives import last_parents
from taskctl.stack.caller import caller
from taskctl.stack.invoke import invoke
from taskctl.stack.stack import Stack
from taskctl.ui.output import counted
from taskctl.ui.times import parse_time, rfc3339


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run that was started.

    Attributes:
        id: the id of the run.
        parents: the keys of the runs that it follows.
        summary: what send_task answered.
    """

    id: RunId
    parents: list[str]
    summary: Mapping[str, Any]

    def describe(self) -> str:
        """Return how many tasks were sent, and which runs it follows, in a few words."""
        refused, at = self.summary["refused"], self.summary["continued_at"]
        parts = [f"{counted(self.summary['sent'], 'task')} sent"]
        parts += [f"{refused} refused"] if refused else []
        parts += [f"continues at line {at}"] if at else []
        after = f"; after {', '.join(self.parents)}" if self.parents else ""
        return ", ".join(parts) + after


def start_run(
    stack: Stack,
    schedule: Schedule,
    *,
    scheduled_time: datetime,
    task: int | None = None,
    why: str | None = None,
) -> Started:
    """Start a run of a schedule, under a key of its own, and note who did it.

    One of a schedule that runs after others follows the last runs that these have had.

    Args:
        stack: the stack that has the schedule.
        schedule: to be run.
        scheduled_time: which tasks see as the scheduled one.
        task: the only position of the list; None for all.
        why: the reason, which is recorded.

    Raises:
        TaskctlError: send_task failed, or there is no task at that position.
    """
    time = rfc3339(scheduled_time)
    key = key_by_hand(schedule.name, time)
    parents = last_parents(RunReader(stack), schedule)
    event = {
        **schedule.input, "scheduled_time": time, "key": key, "only": task,
        "parents": parents or None, "started_by": caller(), "why": why,
    }  # fmt: skip
    summary = invoke(stack.send_task, event)
    nothing = not summary["sent"] and not summary["refused"] and not summary["continued_at"]
    if task is not None and nothing and not summary["reason"]:
        raise TaskctlError(f"no task #{task} in the list of {schedule.name}: nothing was run")
    return Started(id=RunId(schedule=schedule.name, key=key), parents=parents, summary=summary)


def parse_past(schedule: Schedule, text: str | None, option: str = "--at") -> datetime:
    """Return the time that a run is for.

    Args:
        schedule: in whose zone a time without an offset is.
        text: the time; None for now.
        option: names it in errors.

    Raises:
        TaskctlError: it is not a time, or is in the future.
    """
    now = datetime.now(UTC)
    if text is None:
        return now
    time = parse_time(text, read_zone(schedule))
    if time > now:
        raise TaskctlError(
            f"{option} {text}: {rfc3339(time)} is in the future, it must be in the past"
        )
    return time
