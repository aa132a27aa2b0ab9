"""What task code registers: a function that runs a task, a generator that makes a list of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from task_scheduler.tasks.arguments import bind
from task_scheduler.tasks.context import TaskContext


@dataclass(frozen=True, slots=True)
class Task:
    """A registered function.

    Attributes:
        name: that messages call it by.
        function: what runs.
        timeout: seconds that it may take; None for as long as the invocation lasts.
        never_retry: exceptions after which another attempt is pointless.
    """

    name: str
    function: Callable[..., Any]
    timeout: float | None = None
    never_retry: tuple[type[BaseException], ...] = ()

    @property
    def module(self) -> str:
        """The top-level module of the task folder that the function stands in."""
        return _top_module(self.function)

    def run(self, text: str | None, args: Mapping[str, Any], context: TaskContext) -> Any:
        """Calls the function: the text as its first argument, if there is one, the others by name.

        Raises:
            BadArguments: they do not fit its parameters. And whatever the function raises.
        """
        bound = bind(self.name, self.function, text, args, context)
        return self.function(*bound.args, **bound.kwargs)


@dataclass(frozen=True, slots=True)
class TaskSource:
    """A registered generator of tasks.

    Attributes:
        name: that schedules call it by.
        function: returns an iterator of tasks: texts, or dicts of task, args and message_group.
    """

    name: str
    function: Callable[..., Iterable[Any]]

    @property
    def module(self) -> str:
        """The top-level module of the task folder that the function stands in."""
        return _top_module(self.function)

    @property
    def accepts_cursor(self) -> bool:
        """Whether it can go on in another invocation."""
        return "cursor" in inspect.signature(self.function).parameters

    def tasks_from(self, position: int) -> Iterator[Any]:
        """The tasks from a position on, from 1."""
        return iter(self.function(**({"cursor": position - 1} if self.accepts_cursor else {})))


def _top_module(function: Callable[..., Any]) -> str:
    return function.__module__.partition(".")[0]
