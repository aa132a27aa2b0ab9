"""The workers of a stack, as far as a check of its tasks needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from task_scheduler.errors import InvalidHeaders
from task_scheduler.queue.message import DEFAULT_WORKER, Message, worker_problem
from task_scheduler.tasks.builtin import BUILTIN_TASKS
from task_scheduler.tasks.headers import secrets_in
from task_scheduler.tasks.registered import Task

Workers = Mapping[str, frozenset[str] | None]
"""The names of the secrets of each worker, by its name; None where they are not known."""


def tfvars_workers(values: Mapping[str, Any]) -> Workers:
    """Return the workers of a file of values.

    Args:
        values: what read_tfvars returned.
    """
    given = {name: worker["secrets"] for name, worker in values["workers"].items()}
    return {
        name: frozenset(values["secrets"] if secrets is None else secrets)
        for name, secrets in {DEFAULT_WORKER: None, **given}.items()
    }


def worker_of(function: str, prefix: str) -> str | None:
    """Return the worker that a function is; None if it is none of the stack's.

    Args:
        function: its name.
        prefix: the prefix of the stack.
    """
    run_task = f"{prefix}-run-task"
    if function == run_task:
        return DEFAULT_WORKER
    begin = f"{run_task}-"
    return function.removeprefix(begin) if function.startswith(begin) else None


def find_worker_problems(message: Message, task: Task | None, workers: Workers) -> Iterator[str]:
    """Yield what a task asks of its worker that the worker does not have.

    Args:
        message: the message of the task.
        task: its function; None where it has none, or it is not known.
        workers: those that there are.
    """
    if problem := worker_problem(message.worker, workers):
        yield problem
        return
    known = workers[message.worker or DEFAULT_WORKER]
    if known is None or task is None or task is not BUILTIN_TASKS.get(task.name):
        return
    try:
        named = secrets_in(message.args.get("headers", ""))
    except InvalidHeaders as error:
        yield str(error)
        return
    of_worker = f" of the worker {message.worker}" if message.worker else ""
    there = ", ".join(sorted(known)) or "none"
    for name in sorted(named - known):
        yield f"headers name the secret {name!r}: secrets{of_worker} has {there}"
