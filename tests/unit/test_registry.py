"""Task code: what a file registers is found by name, and a broken file breaks only itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from task_scheduler import task
from task_scheduler.errors import BadArguments, BrokenTaskFile, DuplicateTask, UnknownTask
from task_scheduler.registry import find_task
from task_scheduler.task_context import TaskContext

Write = Callable[..., Path]

CONTEXT = TaskContext(schedule="s", scheduled_time=None, attempt=2, deadline=0.0)

GOOD = """
    from task_scheduler import task

    @task("good", timeout=5, never_retry=(ValueError,))
    def good(first, *, second="2"):
        return [first, second]
"""


def test_a_function_is_found_by_its_name_with_its_settings(write_tasks: Write) -> None:
    found = find_task("good", write_tasks(good=GOOD))

    assert found.run("1", {}, CONTEXT) == ["1", "2"]
    assert found.run(None, {"first": "a", "second": "b"}, CONTEXT) == ["a", "b"]
    assert (found.timeout, found.never_retry) == (5, (ValueError,))


def test_a_function_that_asks_for_its_context_gets_it(write_tasks: Write) -> None:
    code = (
        'from task_scheduler import task\n@task("t")\ndef t(_, context):\n return context.attempt\n'
    )

    assert find_task("t", write_tasks(asks=code)).run("a", {}, CONTEXT) == 2


def test_an_unknown_task_is_told_what_is_registered_and_how_to_register(
    write_tasks: Write,
) -> None:
    with pytest.raises(
        UnknownTask, match=r"no @task\('nope'\) in a file at the top .*registered are: good\)"
    ):
        find_task("nope", write_tasks(good=GOOD))


@pytest.mark.parametrize(
    "failure", ["import nowhere_to_be_found", "1 / 0", "raise SystemExit(3)", "def ("]
)
def test_a_file_that_does_not_import_breaks_its_own_tasks_only(
    write_tasks: Write, failure: str
) -> None:
    broken = f'from task_scheduler import task\n@task("bad")\ndef bad(): ...\n{failure}\n'
    folder = write_tasks(good=GOOD, broken=broken)

    assert find_task("good", folder).name == "good"
    with pytest.raises(
        BrokenTaskFile, match=r"@task\('bad'\), and these files do not import: broken: \w+"
    ):
        find_task("bad", folder)


def test_a_file_that_imports_at_the_next_try_is_whole_again(write_tasks: Write) -> None:
    flag = "import pathlib\nassert pathlib.Path(__file__).with_suffix('.flag').exists()\n"
    folder = write_tasks(flaky=flag + 'from task_scheduler import task\n@task("t")\ndef t(): ...\n')
    with pytest.raises(BrokenTaskFile):
        find_task("t", folder)

    (folder / "flaky.flag").touch()

    assert find_task("t", folder).name == "t"


def test_a_file_named_like_a_module_of_python_is_told_so(write_tasks: Write) -> None:
    with pytest.raises(BrokenTaskFile, match=r"code: .*is imported in its place: rename it"):
        find_task("good", write_tasks(code=GOOD))


def test_two_tasks_of_one_name_are_refused_with_both_files(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD, other=GOOD)

    with pytest.raises(DuplicateTask, match=r"good\.py and other\.py"):
        find_task("good", folder)


@pytest.mark.parametrize(
    ("text", "args", "problem"),
    [
        (None, {}, "was given nothing: missing a required argument: 'first'"),
        ("a", {"first": "b"}, "multiple values for argument 'first'"),
        (
            "a",
            {"third": "b"},
            r"good\(first, \*, second='2'\).*unexpected keyword argument 'third'",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_told_with_the_signature(
    write_tasks: Write, text: str | None, args: dict[str, str], problem: str
) -> None:
    found = find_task("good", write_tasks(good=GOOD))

    with pytest.raises(BadArguments, match=problem):
        found.run(text, args, CONTEXT)


@pytest.mark.parametrize("arguments", [{"name": ""}, {"name": print}, {"name": "t", "timeout": 0}])
def test_a_wrong_decorator_is_told_at_import(arguments: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"@task\("):
        task(**arguments)  # type: ignore[arg-type]
