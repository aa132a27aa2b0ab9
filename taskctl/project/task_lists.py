"""Count the tasks of a schedule as send_task would."""

from __future__ import annotations

from pathlib import Path

from task_scheduler.errors import InvalidRun
from task_scheduler.runs.run import Run
from task_scheduler.task_list.task_list import TaskList
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule


def count_tasks(schedule: Schedule, task_folder: Path | None) -> int | None:
    """Return the number of tasks of each run; None where it is only known when it runs.

    Args:
        schedule: the schedule.
        task_folder: the folder of task files; None if they are not at hand.

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
    # Every line counts: one that is not a task costs about as much.
    run = Run(key="", schedule=schedule.name, tasks_file=schedule.input["tasks_file"])
    try:
        return sum(1 for _ in TaskList(run, task_folder))
    except InvalidRun as error:
        raise TaskctlError(f'schedule "{schedule.name}": {error}') from error
