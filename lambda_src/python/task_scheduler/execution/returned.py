"""The value of a task: what its function returns is awaited, and must be something that has run."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

from task_scheduler.errors import ResultNotRun
from task_scheduler.tasks.context import TaskContext
from task_scheduler.time_limit import TimeLimit, grace_of

MAX_ITEMS = 1_000
"""Items of a returned collection that are looked at."""

_AWAIT = "await it"
_CALL = "call it, and look for parentheses missing after a decorator"
_ENTER = "enter it by `with`, or take the decorator off that makes it a context manager"
_LIST = "return list(...) of it"


def value_of(returned: Any, context: TaskContext, limit: TimeLimit, allowed: float) -> Any:
    """Return the value that a task ends with, once whatever it returned has run.

    Args:
        returned: by the task's function. What can be awaited is awaited, and a future of
            concurrent.futures waited for.
        context: the context of the task, with the time that is left.
        limit: the limit of the task, which is extended by the time that a cancelled coroutine has
            to end.
        allowed: seconds that the task was allowed as a whole.

    Raises:
        ResultNotRun: it stands for code that has not run, such as a generator or a function.
        BaseException: whatever it raises.
    """
    if returned is None:
        return None
    if inspect.isawaitable(returned):
        # the loop cancels it first; what it does without awaiting is interrupted after
        limit.extend(grace_of(allowed))
    while inspect.isawaitable(returned):
        from task_scheduler.execution.event_loop import wait_for

        returned = wait_for(returned, max(0.01, context.remaining), allowed)
    if _is_future(returned):
        returned = returned.result(max(0.01, context.remaining))
    _check_has_run(returned)
    return returned


def _is_future(value: Any) -> bool:
    module = sys.modules.get("concurrent.futures")
    return module is not None and isinstance(value, module.Future)


def _check_has_run(value: Any) -> None:
    for is_kind, kind, cure in (*_LAZY, *_CALLABLE):
        if is_kind(value):
            raise ResultNotRun(kind, cure)
    for item in islice(_items(value), MAX_ITEMS):
        for is_kind, kind, cure in _LAZY:
            if is_kind(item):
                raise ResultNotRun(f"a {type(value).__name__} with {kind}", cure)


def _items(value: Any) -> Iterable[Any]:
    if type(value) is dict:
        return value.values()
    return value if type(value) in (list, tuple, set, frozenset) else ()


def _is_iterator_of_pythons_own(value: Any) -> bool:
    kind = type(value)
    return kind in (map, filter, zip, enumerate) or kind.__module__ == "itertools"


def _is_context_manager(value: Any) -> bool:
    kind = type(value)
    return kind.__module__ == "contextlib" and kind.__name__.endswith("GeneratorContextManager")


_Kind = tuple[Callable[[Any], bool], str, str]

_LAZY: tuple[_Kind, ...] = (
    (inspect.isgenerator, "a generator", ""),
    (inspect.isasyncgen, "an async generator", ""),
    (inspect.iscoroutine, "a coroutine", _AWAIT),
    (_is_iterator_of_pythons_own, "an iterator", _LIST),
    (_is_context_manager, "a context manager", _ENTER),
)

_CALLABLE: tuple[_Kind, ...] = (
    (inspect.isroutine, "a function", _CALL),
    (lambda value: isinstance(value, partial), "a function", _CALL),
)
