"""The decorators that register a function, and what they refuse."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from task_scheduler.errors import InvalidTask
from task_scheduler.tasks.registered import Task, TaskSource, check_task, check_task_source
from task_scheduler.tasks.registry import add_task, add_task_source

Function = TypeVar("Function", bound=Callable[..., Any])


def task(
    name: str,
    *,
    timeout: float | None = None,
    never_retry: tuple[type[BaseException], ...] = (),
) -> Callable[[Function], Function]:
    """Register a function, async or not, for the tasks of this name.

    Args:
        name: what schedules and task lists call it.
        timeout: seconds, above 0; what takes longer counts as failed. One at a time it is
            interrupted; where tasks overlap its context says `cancelled`, and a blocking call
            needs a time-out of its own.
        never_retry: exceptions of the function after which the task has failed for good.

    Raises:
        InvalidTask: an argument of the decorator is wrong, or what it stands on is a generator, a
            class or not callable.
    """
    decorator = _decorator("task", name)
    if timeout is not None and not _is_seconds(timeout):
        raise InvalidTask(
            f"@task({name!r}, timeout={timeout!r}): must be a number of seconds above 0"
        )
    if not isinstance(never_retry, tuple) or not all(map(_is_exception_class, never_retry)):
        raise InvalidTask(
            f"@task({name!r}, never_retry={never_retry!r}): must be a tuple of exception classes, "
            "as in never_retry=(ValueError,)"
        )

    def register(function: Function) -> Function:
        check_task(function, decorator=decorator)
        add_task(Task(name, function, timeout, never_retry, _module_of(function)))
        return function

    return register


def task_source(name: str) -> Callable[[Function], Function]:
    """Register a generator of tasks, async or not, for the schedules whose tasks_source it is.

    It yields texts, or dicts with any of task, args, message_group and worker, like the lines of a
    .jsonl file. Its parameters get the schedule's args of the same names. One that may not finish
    in one invocation has a parameter `cursor`: how many of its tasks were sent by earlier
    invocations, 0 at first; it goes on after those.

    Args:
        name: what schedules call it.

    Raises:
        InvalidTask: the name is not a text, or what the decorator stands on is a class, not
            callable, or an async function without a yield.
    """
    decorator = _decorator("task_source", name)

    def register(function: Function) -> Function:
        check_task_source(function, decorator=decorator)
        add_task_source(TaskSource(name, function, _module_of(function)))
        return function

    return register


def _decorator(decorator: str, name: object) -> str:
    if not isinstance(name, str) or not name:
        given = f"@{decorator}({getattr(name, '__name__', None) or repr(name)})"
        raise InvalidTask(f"{given}: must be a text, as in @{decorator}('report')")
    return f"@{decorator}({name!r})"


def _is_seconds(timeout: object) -> bool:
    return (
        isinstance(timeout, int | float)
        and not isinstance(timeout, bool)
        and math.isfinite(timeout)
        and timeout > 0
    )


def _is_exception_class(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseException)


def _module_of(function: Callable[..., Any]) -> str:
    """Return the top-level module whose file is being run, whatever the function is wrapped in."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back  # type: ignore[assignment]
    name = frame.f_globals.get("__name__") if frame is not None else None
    return str(name or getattr(function, "__module__", "")).partition(".")[0]
