"""How many tasks a schedule has, as send_task would count them."""

from __future__ import annotations

from pathlib import Path

from task_scheduler.errors import InvalidRun
from task_scheduler.runs.run import Run
from task_scheduler.task_list.task_list import TaskList
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule


def count_tasks(schedule: Schedule, task_folder: Path | None) -> int | None:
    """The tasks of each run; None where that is only known when it fires.

    Args:
        task_folder: where task files lie; None if they are not at hand.

    Raises:
        TaskctlError: the schedule's file cannot be read.
    """
    if "tasks" in schedule.input:
        return len(schedule.input["tasks"])
    if "tasks_s3_uri" in schedule.input or "tasks_source" in schedule.input:
        return None
    if "tasks_file" not in schedule.input:
        return 1
    if task_folder is None:
        return None
    # Every line counts: one that is no task costs about as much.
    run = Run(key="", schedule=schedule.name, tasks_file=schedule.input["tasks_file"])
    try:
        return sum(1 for _ in TaskList(run, task_folder))
    except InvalidRun as error:
        raise TaskctlError(f'schedule "{schedule.name}": {error}') from error
