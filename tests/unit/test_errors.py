"""Our errors: one base class, a right builtin each, and what they mean for an attempt."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

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


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: errors.ResultNotRun("a generator"),
            "returned a generator, whose body has not run: return list(...) of it, "
            "or register what makes it with @task_source",
        ),
        (lambda: errors.TaskExited(3), "called sys.exit(3)"),
        (lambda: TaskTimeout(0.25), "ran for more than 0.25 s"),
        (lambda: TaskTimeout(29.8765), "ran for more than 29.88 s"),
        (lambda: Retry(), "the task asked to be run again"),
        (lambda: Retry("busy", after=5), "busy"),
        (lambda: errors.IncompleteRun("it broke off", goes_on_at=3), "it broke off"),
        (lambda: errors.SecretUnavailable("no access", is_refusal=True), "no access"),
        (lambda: errors.FailedBefore("no luck", "ValueError"), "no luck"),
    ],
)
def test_an_error_says_what_happened_and_the_cure(
    make: Callable[[], BaseException], sentence: str
) -> None:
    assert str(make()) == sentence


def test_an_error_keeps_what_caused_it() -> None:
    assert errors.IncompleteRun("why", goes_on_at=3).goes_on_at == 3
    assert errors.IncompleteRun("why").goes_on_at is None
    assert errors.FailedBefore("why", "ValueError").error == "ValueError"
    assert errors.SecretUnavailable("why", is_refusal=True).is_refusal
    assert not errors.SecretUnavailable("why").is_refusal
    assert (Retry(after=0).after, Retry(after=43_200).after, Retry().after) == (0, 43_200, None)


@pytest.mark.parametrize("after", [-1, 43_201, float("nan")])
def test_a_time_that_no_queue_can_keep_is_refused_with_the_limits(after: float) -> None:
    with pytest.raises(ValueError, match=re.escape(
        f"Retry(after={after!r}): must be 0 to 43200 seconds (12 hours)"
    )):  # fmt: skip
        Retry(after=after)
