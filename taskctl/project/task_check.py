"""Check task code, and the tasks of schedules on it, without running any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from task_scheduler.errors import InvalidArguments, InvalidRun
from task_scheduler.runs.run import Run
from task_scheduler.task_list.listed import ListedTask, Refused
from task_scheduler.task_list.messages import make_message
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.tasks.registry import find_task, find_task_source
from taskctl.project.schedule import Schedule
from taskctl.project.workers import Workers, find_worker_problems

MAX_OF_ONE_SCHEDULE = 20
"""Problems of one schedule that are listed."""


@dataclass(kw_only=True)
class Checked:
    """The result of a check.

    Attributes:
        tasks: tasks that were checked.
        unread: lists that were not read, of S3 and generators.
        problems: sentences for what cannot work.
        broken: those of them that are about the code itself: files that do not import.
        warnings: sentences for what works and is probably not meant.
    """

    tasks: int = 0
    unread: int = 0
    problems: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check_tasks(schedules: list[Schedule], folder: Path, workers: Workers) -> Checked:
    """Check every task of schedules on the registered functions.

    Args:
        schedules: schedules that the module accepts.
        folder: the task folder, importable.
        workers: those that there are.
    """
    checked = Checked()
    for schedule in schedules:
        run = Run.from_event(schedule.input, request_id="check")
        named = [*_name_problems(find_task, run.task, folder)]
        problems = [*named, *_name_problems(find_task_source, run.tasks_source, folder)]
        if run.tasks_source is not None or run.tasks_s3_uri is not None:
            checked.unread += 1
        else:
            count, found = _check_list(run, folder, workers, is_task_known=not named)
            problems += found
            checked.tasks += count
            if not count and not problems:
                checked.warnings.append(f'schedule "{schedule.name}": its list has no tasks')
        shown = problems[:MAX_OF_ONE_SCHEDULE]
        if len(problems) > len(shown):
            shown.append(f"and {len(problems) - len(shown)} more")
        checked.problems += [f'schedule "{schedule.name}": {problem}' for problem in shown]
    return checked


def _check_list(
    run: Run, folder: Path, workers: Workers, *, is_task_known: bool
) -> tuple[int, list[str]]:
    """Return the number of tasks in a list, and what is wrong with them."""
    count = 0
    problems: list[str] = []
    try:
        for listed in TaskList(run, folder):
            count += 1
            found = _check_listed(run, listed, folder, workers, is_task_known=is_task_known)
            problems += [f"{_place(run, listed.number)}: {problem}" for problem in found]
    except InvalidRun as error:
        problems.append(str(error))
    return count, problems


def _check_listed(
    run: Run, listed: ListedTask | Refused, folder: Path, workers: Workers, *, is_task_known: bool
) -> Iterator[str]:
    made = listed if isinstance(listed, Refused) else make_message(run, listed)
    if isinstance(made, Refused):
        yield made.reason
        return
    message, task = made.message, None
    try:
        # one that is not known is reported once for the schedule, not for each task
        if message.task is not None and (is_task_known or message.task != run.task):
            task = find_task(message.task, folder)
            task.check_arguments(message.text, message.args)
    except (LookupError, ImportError, InvalidArguments) as error:
        yield str(error)
    yield from find_worker_problems(message, task, workers)


def _name_problems(
    find: Callable[[str, Path], Any], name: str | None, folder: Path
) -> Iterator[str]:
    try:
        if name is not None:
            find(name, folder)
    except (LookupError, ImportError) as error:
        yield str(error)


def _place(run: Run, number: int) -> str:
    if run.tasks_file:
        return f"{run.tasks_file}, line {number}"
    return f"task #{number}" if run.tasks else "its task"
