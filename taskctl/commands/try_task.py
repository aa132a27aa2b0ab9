"""`taskctl try`: run a task's function on this machine, without AWS."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from task_scheduler.errors import InvalidLine, has_traceback
from task_scheduler.execution.result import Ended
from task_scheduler.notifications.digest import Digest, TaskEnd, compose_digest
from task_scheduler.observability.log import reason_of
from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.message import Message
from task_scheduler.testing import RUN_TASK_TIMEOUT, attempt_task
from taskctl.errors import TaskctlError
from taskctl.project.listed import read_listed
from taskctl.project.task_code import use_task_folder
from taskctl.project.tfvars import find_task_folder, read_tfvars, tfvars_schedules
from taskctl.ui import options
from taskctl.ui.output import note, print_json, say
from taskctl.ui.times import format_seconds

_SCHEDULE = "try"


def try_task(
    name: Annotated[str | None, typer.Argument(help="The name in @task(...).")] = None,
    text: Annotated[
        str | None, typer.Argument(help="A task's text: the function's first argument.")
    ] = None,
    args: Annotated[
        list[str] | None,
        typer.Option("--args", help="name=value, as often as needed; or a JSON object."),
    ] = None,
    schedule: Annotated[
        str | None, typer.Option("--schedule", help="A schedule of tfvars, instead of a name.")
    ] = None,
    task: Annotated[
        int, typer.Option("--task", min=1, help="The position in that schedule's list.")
    ] = 1,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.1, help="Seconds that run_task would have; 60, or what tfvars say."),
    ] = None,
    task_code_dir: Annotated[
        Path | None,
        typer.Option(
            "--task-code-dir",
            help="The folder of task code and task files; tasks, or what tfvars say.",
        ),
    ] = None,
    tfvars: Annotated[Path, typer.Option("--tfvars", help="The file with the schedules.")] = Path(
        "terraform.tfvars"
    ),
    as_json: options.Json = False,
) -> None:
    """Run a task's function on this machine, without AWS.

    It runs once, the way run_task would run it: the arguments travel as a message, the function
    is looked up in the task folder, its time is limited. The message that chat would get is shown.
    AWS is not asked for anything; what the function itself does is done.

    With --schedule it is a real task: the one at that position of the schedule's list, with the
    arguments of both. A list in S3 is read from there.

    \b
    Examples:
      taskctl try greet Ada
      taskctl try greet Ada --args greeting=Hi
      taskctl try report --args '{"days": 7}' --task-code-dir my/tasks
      taskctl try --schedule nightly --task 77
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")  # on stderr
    if (name is None) == (schedule is None):
        raise TaskctlError("what to try must be the name of a task, or --schedule with --task")
    if schedule is not None:
        values = read_tfvars(tfvars)
        folder = use_task_folder(task_code_dir or find_task_folder(values, tfvars))
        message = read_listed(tfvars_schedules(values, folder), schedule, task, folder)
        timeout = timeout or values["run_task_timeout"]
    else:
        folder = use_task_folder(task_code_dir or Path("tasks"))
        message = _message(name, text, _read_args(args or []))
    message = replace(message, retries=0, keep_result=True)
    try:
        ended = attempt_task(message, folder, timeout=timeout or RUN_TASK_TIMEOUT)
    except InvalidLine as error:
        raise TaskctlError(f"send_task would refuse it: {error}") from error
    _report(message.task or "print", ended, folder, as_json=as_json)
    if ended.result.error is not None:
        raise typer.Exit(1)


def _message(name: str | None, text: str | None, args: Mapping[str, Any]) -> Message:
    return Message(id=f"{_SCHEDULE}#1", schedule=_SCHEDULE, task=name, text=text, args=args)


def _report(name: str, ended: Ended, folder: Path, *, as_json: bool) -> None:
    result = ended.result
    title, body = _chat_message(name, ended)
    reason = f"{type(result.error).__name__}: {result.error}" if result.error else None
    if as_json:
        print_json(
            {
                "outcome": result.outcome,
                "duration_ms": round(result.seconds * 1000),
                "result": result.preview,
                "reason": reason,
                "chat": {"title": title, "body": body},
            }
        )
        return
    if result.error is not None and has_traceback(result.error):
        _print_traceback(result.error, folder)
    say(f"{name}: {result.outcome} after {format_seconds(result.seconds)}")
    say(reason or f"result: {result.preview or 'none'}")
    say("\nChat would get:")
    say("\n".join(f"  {line}" for line in [title, *body.splitlines()]))


def _read_args(given: list[str]) -> Mapping[str, Any]:
    read: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if one.lstrip().startswith("{"):
            try:
                read |= json.loads(one)
            except ValueError as error:
                raise TaskctlError(f"--args {one}: invalid JSON: {error}") from error
        elif equals and name.isidentifier():
            read[name] = value
        else:
            raise TaskctlError(f"--args {one}: must be name=value, or a JSON object")
    return read


def _chat_message(name: str, ended: Ended) -> tuple[str, str]:
    """Return the title and the text of the message about a run of this one task."""
    result = ended.result
    failures, results = [], []
    if result.error is not None:
        failures.append(f"{type(result.error).__name__}: {reason_of(result.error)}")
    elif result.preview:
        results.append(result.preview)
    composed = compose_digest(
        Digest(
            key=_SCHEDULE,
            schedule=name,
            event=NotifyEvent.FAILURE if failures else NotifyEvent.SUCCESS,
            due=int(time.time() - result.seconds),
            seconds=round(result.seconds),
            total=1,
            failed=len(failures),
            failures=[TaskEnd(position="1", text=text) for text in failures],
            results=[TaskEnd(position="1", text=text) for text in results],
        )
    )
    return composed.title, composed.text


def _print_traceback(error: BaseException, folder: Path) -> None:
    """Print the traceback from the task's own code on."""
    trace = traceback.TracebackException.from_exception(error)
    own = [index for index, frame in enumerate(trace.stack) if _is_within(frame.filename, folder)]
    if own:
        del trace.stack[: own[0]]
        note("".join(trace.format()).rstrip())


def _is_within(file: str, folder: Path) -> bool:
    return Path(file).is_relative_to(folder)
