"""Registered functions: a task, and a source of tasks."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import AsyncGeneratorType
from typing import Any

from task_scheduler.errors import InvalidTask
from task_scheduler.tasks.arguments import bind, signature_of
from task_scheduler.tasks.context import TaskContext


@dataclass(frozen=True, slots=True)
class Task:
    """A registered function.

    Attributes:
        name: the name that messages call it by.
        function: what runs.
        timeout: seconds that it may take; None for as long as the invocation lasts.
        never_retry: exceptions after which another attempt is pointless.
        module: the top-level module of the task folder that registers it.
    """

    name: str
    function: Callable[..., Any]
    timeout: float | None = None
    never_retry: tuple[type[BaseException], ...] = ()
    module: str = ""

    def run(self, text: str | None, args: Mapping[str, Any], context: TaskContext) -> Any:
        """Call the function: the text as its first argument, if there is one, the others by name.

        Returns:
            What the function returns; of an async one a coroutine.

        Raises:
            InvalidArguments: they do not fit the function's parameters.
            BaseException: whatever the function raises.
        """
        bound = bind(self.name, self.function, text, args, {"context": context})
        return self.function(*bound.args, **bound.kwargs)

    def check_arguments(self, text: str | None, args: Mapping[str, Any]) -> None:
        """Raise InvalidArguments if they do not fit; the function is not called."""
        bind(self.name, self.function, text, args, {"context": None})


@dataclass(frozen=True, slots=True)
class TaskSource:
    """A registered generator of tasks.

    Attributes:
        name: the name that schedules call it by.
        function: returns an iterator of tasks: texts, or dicts of task, args, message_group
            and worker. An async generator will do.
        module: the top-level module of the task folder that registers it.
    """

    name: str
    function: Callable[..., Iterable[Any] | AsyncIterable[Any]]
    module: str = ""

    @property
    def accepts_cursor(self) -> bool:
        """True if it can go on in another invocation."""
        return "cursor" in signature_of(self.function).parameters

    def tasks_from(self, position: int, args: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Return the tasks from a position on, from 1.

        Args:
            position: the position of the first task that is wanted.
            args: the arguments of the schedule. Those that the function has a parameter for are
                given to it, converted as a task's are; the others concern its tasks alone.

        Raises:
            InvalidArguments: an argument is missing or cannot be converted.
        """
        bound = self._bind(args or {}, position - 1)
        tasks = self.function(*bound.args, **bound.kwargs)
        match tasks:
            case AsyncIterable():
                return _drive(aiter(tasks))
            case str() | bytes() | Mapping():
                raise InvalidTask(
                    f"@task_source({self.name!r}) returned a {type(tasks).__name__}: must yield "
                    "its tasks or return a list of them"
                )
        return iter(tasks)

    def check_arguments(self, args: Mapping[str, Any]) -> None:
        """Raise InvalidArguments if a schedule's args do not fit; the function is not called."""
        self._bind(args, 0)

    def _bind(self, args: Mapping[str, Any], cursor: int) -> inspect.BoundArguments:
        parameters = signature_of(self.function).parameters
        takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        given = {
            name: value
            for name, value in args.items()
            if name != "cursor" and (takes_all or name in parameters)
        }
        return bind(self.name, self.function, None, given, {"cursor": cursor})


def check_task(function: object, *, decorator: str) -> None:
    """Refuse what could be registered as a task and would never run.

    Args:
        function: what the decorator stands on.
        decorator: as it is written, such as "@task('report')".

    Raises:
        InvalidTask: it is a class, not callable or a generator; says what would be right.
    """
    _check_callable(function, decorator)
    called = _called(function)
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        raise InvalidTask(
            f"{decorator} {_name(function)} has a yield: as a task its code would never run. "
            "Take the yield out, or register a source of tasks with @task_source"
        )


def check_task_source(function: object, *, decorator: str) -> None:
    """Refuse what cannot be a source of tasks.

    Raises:
        InvalidTask: it is a class, not callable, or an async function without a yield.
    """
    _check_callable(function, decorator)
    if inspect.iscoroutinefunction(_called(function)):
        raise InvalidTask(
            f"{decorator} {_name(function)} is async and has no yield: it must yield its tasks, "
            "or return them from a function that is not async"
        )


def _check_callable(function: object, decorator: str) -> None:
    if isinstance(function, type):
        raise InvalidTask(
            f"{decorator} {_name(function)} is a class: must be a function, which may make an "
            "object of the class and call it"
        )
    if not callable(function):
        raise InvalidTask(f"{decorator} stands on a {type(function).__name__}: must be a function")


def _called(function: object) -> Any:
    """Return the function that runs when an object is called."""
    if inspect.isroutine(function) or hasattr(function, "func"):  # a partial has a func
        return function
    return getattr(type(function), "__call__", function)  # noqa: B004 - not whether, but which


def _name(function: object) -> str:
    return str(getattr(function, "__qualname__", None) or repr(function)[:80])


def _drive(tasks: AsyncIterator[Any]) -> Iterator[Any]:
    """Iterate an async generator, on an event loop of its own that ends with it."""
    import asyncio

    end = object()

    async def step() -> Any:
        return await anext(tasks, end)

    async def close() -> None:
        # one that was interrupted is cancelled with its loop
        if isinstance(tasks, AsyncGeneratorType) and not tasks.ag_running:
            await tasks.aclose()

    with asyncio.Runner() as runner:
        try:
            while (task := runner.run(step())) is not end:
                yield task
        finally:
            runner.run(close())
