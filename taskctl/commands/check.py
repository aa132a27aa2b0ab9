"""`taskctl check`: what would go wrong, before anything is deployed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from task_scheduler.errors import IncompleteRun, InvalidArguments, InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Run
from task_scheduler.task_list.task_list import Refused, TaskList
from task_scheduler.tasks.registry import find_problems as find_code_problems
from task_scheduler.tasks.registry import find_task, find_task_source
from taskctl.project.schedule import Schedule
from taskctl.project.task_code import use_task_folder
from taskctl.project.tfvars import (
    find_layer,
    find_problems,
    find_task_folder,
    read_tfvars,
    tfvars_schedules,
)
from taskctl.ui import options
from taskctl.ui.output import counted, print_json, say

_MAX_OF_ONE_SCHEDULE = 20


def check(
    tfvars: Annotated[Path, typer.Option("--tfvars", help="The file with the schedules.")] = Path(
        "terraform.tfvars"
    ),
    as_json: options.Json = False,
) -> None:
    """Checks schedules, task files and task code. AWS is not asked.

    The schedules are judged by the module's own checks, as `terraform plan` does. Then task code
    is imported (compiled packages of the layer have to be such as run here), each task of tfvars
    and task files is read, its function looked for, and its arguments tried on that function's
    parameters, without running it. Generators are not run, and objects in S3 are not read: of
    those lists only the functions that their schedules name are looked for. Exit code 1 says that
    there are problems.

    \b
    Examples:
      taskctl check
      taskctl check --tfvars prod.tfvars
    """
    values = read_tfvars(tfvars)
    folder = use_task_folder(find_task_folder(values, tfvars), layer=find_layer(values, tfvars))
    problems = find_problems(values, folder)
    schedules = [] if problems else tfvars_schedules(values)
    problems += find_code_problems(folder)
    tasks = unread = 0
    for schedule in schedules:
        count, found = _check_tasks(schedule, folder)
        tasks += count or 0
        unread += count is None
        shown = found[:_MAX_OF_ONE_SCHEDULE]
        problems += [f'schedule "{schedule.name}": {problem}' for problem in shown]
        if len(found) > len(shown):
            problems.append(f'schedule "{schedule.name}": and {len(found) - len(shown)} more')
    if as_json:
        print_json(
            {
                "schedules": len(values["schedules"]),
                "tasks": tasks,
                "lists_not_read": unread,
                "problems": problems,
            }
        )
    else:
        for problem in problems:
            say(problem)
        looked = f"{counted(len(values['schedules']), 'schedule')}, {counted(tasks, 'task')}"
        if unread:
            looked += f", {counted(unread, 'list')} not read (S3, generators)"
        say(f"{looked}: {counted(len(problems), 'problem') if problems else 'no problem'}.")
    if problems:
        raise typer.Exit(1)


def _check_tasks(schedule: Schedule, folder: Path) -> tuple[int | None, list[str]]:
    """How many tasks its list has, None if that is not read; and what is wrong with them."""
    run = Run.from_event(schedule.input, request_id="check")
    no_task = _check_name(find_task, run.task, folder)
    problems = no_task + _check_name(find_task_source, run.tasks_source, folder)
    if run.tasks_source is not None or run.tasks_s3_uri is not None:
        return None, problems
    count = 0
    try:
        for listed in TaskList(run, folder):
            count += 1
            if isinstance(listed, Refused):
                problems.append(f"{_place(run, listed.number)}: {listed.reason}")
            elif no_task and listed[0].task == run.task:
                continue  # it is said once, and not of each task
            elif problem := _check_message(listed[0], folder):
                number = int(listed[0].id.rpartition("#")[2])
                problems.append(f"{_place(run, number)}: {problem}")
    except (InvalidRun, IncompleteRun) as error:
        problems.append(str(error))
    return count, problems


def _check_name(find: Callable[[str, Path], Any], name: str | None, folder: Path) -> list[str]:
    """What is wrong with a name that a schedule gives, if it gives one."""
    try:
        if name is not None:
            find(name, folder)
    except (LookupError, ImportError) as error:
        return [str(error)]
    return []


def _check_message(message: Message, folder: Path) -> str | None:
    if message.task is None:
        return None
    try:
        find_task(message.task, folder).check_arguments(message.text, message.args)
    except (LookupError, ImportError, InvalidArguments) as error:
        return str(error)
    return None


def _place(run: Run, number: int) -> str:
    if run.tasks_file:
        return f"{run.tasks_file}, line {number}"
    return f"task #{number}" if run.tasks else "its task"
