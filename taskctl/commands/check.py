"""`taskctl check`: find what would go wrong before anything is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.dead_letters.replaced import find_losses
from taskctl.errors import TaskctlError
from taskctl.project.intervals import find_long_deadlines
from taskctl.project.isolated import check_isolated
from taskctl.project.layer import open_layer, warn_of_layers
from taskctl.project.schedule import Schedule
from taskctl.project.task_check import Checked
from taskctl.project.task_code import check_task_folder
from taskctl.project.tfvars import (
    find_problems,
    find_task_folder,
    read_tfvars,
    tfvars_schedules,
)
from taskctl.project.workers import tfvars_workers
from taskctl.stack.find import find_stack
from taskctl.stack.plan import PlannedStack, read_plan
from taskctl.ui import options
from taskctl.ui.output import counted, note, print_json, say


def check(
    tfvars: Annotated[Path, typer.Option("--tfvars", help="The file with the schedules.")] = Path(
        "terraform.tfvars"
    ),
    plan: options.Plan = None,
    import_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that importing the task code may take.")
    ] = 30.0,
    deployed: Annotated[
        bool,
        typer.Option("--deployed", help="Compare with what is deployed; this needs AWS."),
    ] = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """Check schedules, task files and task code, without AWS.

    The schedules are checked by the module's own rules, as in `terraform plan`. Then task code
    is imported in a process of its own with the packages of layer_dir or layer_zip (compiled ones
    must be such as run here), but without those of layers, which only AWS has. Each task of tfvars
    and task files is read, its function looked up, and its arguments tried on that function's
    parameters, without running it; a worker that a line names must be there, and so must the
    secrets that headers of http and ping name. Generators are not run, and objects in S3 are not
    read: of those lists only the functions that their schedules name are looked up. Exit code 1
    means that there are problems; warnings leave it at 0. Schedules that run after others are named
    with these.

    With --plan what Terraform has computed is checked, in a root that calls the module as well: it
    has applied the module's rules itself, so what is left are tasks and task code.

    With --deployed AWS is asked for the stack that
    is there now. A warning names each queue that would be deleted with dead letters or tasks on
    it, because the file changes `fifo` or `prefix`. That AWS cannot be asked is a problem.

    \b
    Examples:
      taskctl check
      taskctl check --tfvars prod.tfvars
      taskctl check --plan tfplan      of a root that calls the module
      taskctl check --deployed         before an apply that changes fifo or prefix
    """
    if plan:
        _check_plan(read_plan(plan, root, prefix), import_timeout, as_json=as_json)
        return
    unknown: list[str] = []
    values = read_tfvars(tfvars, report=unknown.append)
    folder = check_task_folder(find_task_folder(values, tfvars))
    refused, warnings = find_problems(values, folder)
    problems = unknown + refused
    schedules = [] if len(problems) > len(unknown) else tfvars_schedules(values, folder)
    with open_layer(values, tfvars) as layer:
        checked = check_isolated(
            schedules,
            folder,
            workers=tfvars_workers(values),
            layer=layer,
            import_seconds=import_timeout,
        )
    deadlines = find_long_deadlines(schedules, values["schedules"])
    checked.problems = [*problems, *deadlines, *checked.problems]
    checked.warnings = [*warnings, *checked.warnings, *warn_of_layers(values)]
    if deployed:
        _compare(checked, values, prefix, root)
    _report(checked, len(values["schedules"]), schedules, as_json=as_json)
    if checked.problems:
        raise typer.Exit(1)


def _check_plan(planned: PlannedStack, import_timeout: float, *, as_json: bool) -> None:
    """Check the tasks of a plan's schedules on the task code that it packages."""
    if planned.task_folder is None:
        raise TaskctlError(f"the plan does not say where the task code of {planned.prefix} is")
    folder = check_task_folder(planned.task_folder)
    layer = planned.layer or folder  # without packages of its own there is none
    checked = check_isolated(
        planned.schedules,
        folder,
        workers=planned.workers(),
        layer=layer,
        import_seconds=import_timeout,
    )
    _report(checked, len(planned.schedules), planned.schedules, as_json=as_json)
    note(f"The task code is that of {folder}.")
    if checked.problems:
        raise typer.Exit(1)


def _compare(checked: Checked, values: dict[str, Any], prefix: str | None, root: Path) -> None:
    """Add a warning for each queue that would be deleted with messages on it."""
    try:
        stack = find_stack(prefix, root)
        losses = find_losses(stack, prefix=values["prefix"], fifo=values["fifo"])
    except TaskctlError as error:
        checked.problems.append(f"cannot compare with what is deployed: {error}")
    else:
        checked.warnings += losses


def _report(checked: Checked, count: int, schedules: list[Schedule], *, as_json: bool) -> None:
    followers = [schedule for schedule in schedules if schedule.after]
    if as_json:
        print_json(
            {
                "schedules": count,
                "after": {each.name: list(each.after) for each in followers},
                "tasks": checked.tasks,
                "lists_not_read": checked.unread,
                "problems": checked.problems,
                "warnings": checked.warnings,
            }
        )
        return
    for problem in checked.problems:
        say(problem)
    for warning in checked.warnings:
        say(f"warning: {warning}")
    for each in followers:
        say(f"{each.name} runs {each.when}{'' if each.enabled else ', but is disabled'}")
    looked = f"{counted(count, 'schedule')}, {counted(checked.tasks, 'task')}"
    if checked.unread:
        looked += f", {counted(checked.unread, 'list')} not read (S3, generators)"
    found = counted(len(checked.problems), "problem") if checked.problems else "no problem"
    if checked.warnings:
        found += f", {counted(len(checked.warnings), 'warning')}"
    say(f"{looked}: {found}.")
