"""Registration refuses what would never run, with the function's name and the cure."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest

from task_scheduler import task, task_source
from task_scheduler.errors import BrokenTaskFile, InvalidArguments, InvalidTask
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registered import Task, TaskSource
from task_scheduler.tasks.registry import find_problems, find_task

Write = Callable[..., Path]

CONTEXT = TaskContext(schedule="s", scheduled_time=None, attempt=1, deadline=0.0)


@pytest.fixture(autouse=True)
def _no_other_tasks(write_tasks: Write) -> None:
    """The registry is empty before each test."""


def stray_yield() -> Iterator[int]:
    yield 1


async def stray_async_yield() -> AsyncIterator[int]:
    yield 1


class Report:
    def generate(self) -> Iterator[int]:
        yield 1

    def __call__(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (stray_yield, "stray_yield"),
        (stray_async_yield, "stray_async_yield"),
        (lambda: (yield), "<lambda>"),
        (partial(stray_yield), "functools.partial"),
        (Report().generate, "Report.generate"),
        (Report(), "Report object"),
    ],
)
def test_a_generator_is_refused_as_a_task_and_sent_to_task_source(
    function: Callable[..., Any], named: str
) -> None:
    with pytest.raises(InvalidTask, match=rf"@task\('t'\) .*{named}.* a yield: .*@task_source"):
        task("t")(function)


@pytest.mark.parametrize(
    ("decorator", "written"), [(task, r"@task\('t'\)"), (task_source, r"@task_source\('t'\)")]
)
def test_a_class_is_refused(decorator: Callable[..., Any], written: str) -> None:
    with pytest.raises(InvalidTask, match=f"{written} Report is a class: must be a function"):
        decorator("t")(Report)


@pytest.mark.parametrize("decorator", [task, task_source])
@pytest.mark.parametrize("thing", [None, "report", 3, property(len)])
def test_what_cannot_be_called_is_refused(decorator: Callable[..., Any], thing: object) -> None:
    with pytest.raises(InvalidTask, match=r"stands on a \w+: must be a function"):
        decorator("t")(thing)


async def numbered() -> AsyncIterator[object]:
    try:
        yield None
        yield "second"
    finally:
        ended.append(True)


ended: list[bool] = []


class Pages:
    """An async iterator that is no generator."""

    def __init__(self) -> None:
        self._left = [1, 2]

    def __aiter__(self) -> Pages:
        return self

    async def __anext__(self) -> int:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop(0)


def test_an_async_source_is_iterated_to_its_end_and_closed_where_it_is_left() -> None:
    ended.clear()
    assert list(TaskSource("s", numbered).tasks_from(1)) == [None, "second"]
    assert list(TaskSource("s", Pages).tasks_from(1)) == [1, 2]
    assert ended == [True]

    left = TaskSource("s", numbered).tasks_from(1)
    assert next(left) is None
    left.close()  # type: ignore[attr-defined]
    assert ended == [True, True]


def test_the_cursor_is_the_runtimes_own_whatever_a_schedule_says() -> None:
    def pages(cursor: int, size: int = 1) -> Iterator[tuple[int, int]]:
        yield cursor, size

    source = TaskSource("s", pages)

    assert list(source.tasks_from(3, {"cursor": 9, "size": "5", "unknown": 1})) == [(2, 5)]
    source.check_arguments({"cursor": 9})


@pytest.mark.parametrize(
    "never_retry",
    [ValueError, [ValueError], "ValueError", (ValueError, "KeyError"), (ValueError(),), (int,)],
)
def test_never_retry_must_be_a_tuple_of_exception_classes(never_retry: Any) -> None:
    with pytest.raises(InvalidTask, match=r"@task\('t', never_retry=.*as in never_retry=\(Value"):
        task("t", never_retry=never_retry)


@pytest.mark.parametrize("timeout", [0, -1, "5", True, float("nan"), float("inf"), [1]])
def test_a_timeout_must_be_a_number_of_seconds_above_0(timeout: Any) -> None:
    with pytest.raises(InvalidTask, match=r"@task\('t', timeout=.*must be a number of seconds"):
        task("t", timeout=timeout)


@pytest.mark.parametrize(("name", "shown"), [("", "''"), (print, "print"), (None, "None")])
def test_a_name_must_be_a_text(name: Any, shown: str) -> None:
    with pytest.raises(InvalidTask, match=rf"@task\({shown}\): must be a text, as in @task\('"):
        task(name)
    with pytest.raises(InvalidTask, match=rf"@task_source\({shown}\): must be a text"):
        task_source(name)


def test_an_async_function_without_a_yield_is_refused_as_a_source() -> None:
    async def tasks() -> list[str]:
        return []

    with pytest.raises(InvalidTask, match=r"tasks is async and has no yield"):
        task_source("t")(tasks)


@pytest.mark.parametrize(
    "mistake",
    ["def f():\n yield", "class f: ...", "f = task('t')(3)", "f = task('t', never_retry=KeyError)"],
)
def test_a_refused_registration_is_told_by_check_and_by_its_task(
    write_tasks: Write, mistake: str
) -> None:
    decorated = mistake if mistake.startswith("f =") else f"@task('t')\n{mistake}"
    folder = write_tasks(wrong=f"from task_scheduler import task\n{decorated}\n")

    [problem] = find_problems(folder)
    assert problem.startswith("wrong.py does not import: InvalidTask: @task('t'")
    with pytest.raises(BrokenTaskFile, match=r"wrong.*InvalidTask: @task\('t'"):
        find_task("t", folder)


async def awaited() -> int:
    await asyncio.sleep(0)
    return 1


class AsyncReport:
    async def __call__(self) -> int:
        return 1


@pytest.mark.parametrize("function", [awaited, partial(awaited), AsyncReport()])
def test_an_async_function_is_a_task_whose_call_must_be_awaited(function: Any) -> None:
    task("t")(function)
    registered = Task("t", function)

    assert asyncio.run(registered.run(None, {}, CONTEXT)) == 1


def test_a_plain_function_around_an_async_one_is_not_awaited() -> None:
    @wraps(awaited)
    def plain() -> int:
        return asyncio.run(awaited())

    assert Task("t", plain).run(None, {}, CONTEXT) == 1


def test_an_async_source_is_iterated_on_a_loop_of_its_own_and_closed() -> None:
    closed = []

    async def tasks(cursor: int) -> AsyncIterator[str]:
        try:
            for number in range(cursor, 5):
                await asyncio.sleep(0)
                yield f"task {number}"
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    task_source("t")(tasks)
    source = TaskSource("t", tasks)

    assert list(source.tasks_from(3)) == ["task 2", "task 3", "task 4"]
    assert closed == [True]

    unfinished = source.tasks_from(1)
    assert next(unfinished) == "task 0"
    del unfinished  # as when there is no time for the rest
    assert closed == [True, True]


def test_what_an_async_source_raises_is_raised() -> None:
    async def tasks() -> AsyncIterator[str]:
        yield "first"
        raise LookupError("no more")

    got = TaskSource("t", tasks).tasks_from(1)

    assert next(got) == "first"
    with pytest.raises(LookupError, match="no more"):
        next(got)


@pytest.mark.parametrize("returned", ["abc", b"abc", {"task": "a"}])
def test_a_source_that_returns_one_task_instead_of_several_is_refused(returned: Any) -> None:
    with pytest.raises(InvalidTask, match=r"@task_source\('t'\) returned a \w+: must yield its"):
        TaskSource("t", lambda: returned).tasks_from(1)


def test_a_source_gets_the_args_of_its_schedule_that_it_has_parameters_for() -> None:
    def tasks(days: int, cursor: int, dry_run: bool = False) -> Iterator[object]:
        yield days, cursor, dry_run

    source = TaskSource("t", tasks)

    assert list(source.tasks_from(3, {"days": "7", "dry_run": "true", "for_tasks": "x"})) == [
        (7, 2, True)
    ]
    with pytest.raises(InvalidArguments, match="t: days is 'x': must be an int"):
        source.check_arguments({"days": "x"})
    with pytest.raises(InvalidArguments, match="missing a required argument: 'days'"):
        source.tasks_from(1)


def test_a_source_that_takes_any_args_gets_all_of_them() -> None:
    def tasks(**args: object) -> Iterator[object]:
        yield args

    assert list(TaskSource("t", tasks).tasks_from(1, {"a": "1", "b": "2"})) == [
        {"a": "1", "b": "2"}
    ]


def test_a_function_belongs_to_the_file_that_registers_it(write_tasks: Write) -> None:
    code = """
        from functools import partial
        from task_scheduler import task
        task("t")(partial(print, "a"))
    """

    assert find_task("t", write_tasks(here=code)).module == "here"


async def waits() -> None:
    """Yields nothing."""


def rows() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("decorate", "function", "sentence"),
    [
        (
            task("t"),
            rows,
            "@task('t') rows has a yield: as a task its code would never run. "
            "Take the yield out, or register a source of tasks with @task_source",
        ),
        (
            task_source("t"),
            waits,
            "@task_source('t') waits is async and has no yield: it must yield its tasks, "
            "or return them from a function that is not async",
        ),
        (
            task("t"),
            dict,
            "@task('t') dict is a class: must be a function, which may make an object of the "
            "class and call it",
        ),
        (task_source("t"), 7, "@task_source('t') stands on a int: must be a function"),
    ],
)
def test_what_can_be_no_task_is_refused_with_the_cure(
    decorate: Callable[..., Any], function: Any, sentence: str
) -> None:
    with pytest.raises(InvalidTask, match=f"^{re.escape(sentence)}$"):
        decorate(function)


@pytest.mark.parametrize(("returned", "kind"), [("ab", "str"), (b"ab", "bytes"), ({}, "dict")])
def test_a_source_that_returns_no_list_is_named(returned: Any, kind: str) -> None:
    source = TaskSource("pages", lambda: returned)
    sentence = (
        f"@task_source('pages') returned a {kind}: must yield its tasks or return a list of them"
    )
    with pytest.raises(InvalidTask, match=f"^{re.escape(sentence)}$"):
        source.tasks_from(1)
