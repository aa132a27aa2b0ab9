"""Our errors: one base class, a right builtin each, and what they mean for an attempt."""

from __future__ import annotations

import inspect

import pytest

from task_scheduler import errors
from task_scheduler.errors import Retry, TaskSchedulerError, TaskTimeout, UnknownTask

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BaseException)
]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_the_one_base_class_but_what_a_task_must_not_catch(
    kind: type[BaseException],
) -> None:
    if kind is TaskTimeout:
        assert not issubclass(kind, Exception)
    else:
        assert issubclass(kind, TaskSchedulerError)


@pytest.mark.parametrize(
    "kind", [kind for kind in ALL if kind not in (TaskSchedulerError, Retry, TaskTimeout)]
)
def test_every_error_is_one_of_pythons_too(kind: type[BaseException]) -> None:
    assert any(base.__module__ == "builtins" for base in kind.__bases__)


def test_whether_an_error_is_retried_or_has_a_traceback_is_said_by_its_class() -> None:
    assert not errors.is_retried(UnknownTask())
    assert not errors.has_traceback(UnknownTask())
    assert errors.is_retried(Retry())
    assert not errors.has_traceback(Retry())
    assert errors.is_retried(ValueError())
    assert errors.has_traceback(ValueError())
