"""The task at a position of a schedule's list, as send_task makes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from task_scheduler.errors import InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Run
from task_scheduler.task_list.listed import ListedTask, Refused
from task_scheduler.task_list.messages import make_message
from task_scheduler.task_list.task_list import TaskList
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.project.schedule import Schedule
from taskctl.ui.times import rfc3339


def read_listed(schedules: Iterable[Schedule], name: str, position: int, folder: Path) -> Message:
    """Return the message of a task, for a run that is due now.

    Args:
        schedules: the schedules of the file of values.
        name: the name of the schedule.
        position: in its list, from 1.
        folder: the task folder, importable.

    Raises:
        TaskctlError: there is no such schedule, no such task, or it would be refused.
    """
    by_name = {schedule.name: schedule for schedule in schedules}
    if name not in by_name:
        raise TaskctlError(f"no schedule {name!r} in tfvars{did_you_mean(name, by_name)}")
    event = {
        **by_name[name].input,
        "scheduled_time": rfc3339(datetime.now(UTC)),
        "only": position,
    }
    try:
        run = Run.from_event(event, request_id="try")
        found: list[ListedTask | Refused] = list(TaskList(run, folder))
    except (InvalidRun, LookupError, ImportError) as error:
        raise TaskctlError(f"schedule {name!r}: {error}") from error
    if not found:
        raise TaskctlError(f"schedule {name!r}: its list has no task #{position}")
    made = found[0] if isinstance(found[0], Refused) else make_message(run, found[0])
    if isinstance(made, Refused):
        raise TaskctlError(f"schedule {name!r}: send_task would refuse #{position}: {made.reason}")
    return made.message
