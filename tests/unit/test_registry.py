"""Task code: what a file registers is found by name, and a broken file breaks only itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from task_scheduler.errors import BrokenTaskFile, DuplicateTask, InvalidArguments, UnknownTask
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registry import find_problems, find_task, find_task_source

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


def test_a_broken_file_takes_nothing_along_that_another_file_registered(
    write_tasks: Write,
) -> None:
    folder = write_tasks(another=GOOD + "\n    1 / 0\n", good=GOOD)

    assert find_task("good", folder).module == "good"


def test_a_package_of_the_task_folder_is_one_file_among_others(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD)
    (folder / "reports").mkdir()
    (folder / "reports" / "__init__.py").write_text("from reports import daily\n1 / 0\n")
    (folder / "reports" / "daily.py").write_text(dedent(GOOD))

    assert find_task("good", folder).module == "good"
    assert find_problems(folder) == [
        "reports.py does not import: ZeroDivisionError: division by zero"
    ]


def test_problems_are_found_before_a_message_asks_for_a_task(write_tasks: Write) -> None:
    source = 'from task_scheduler import task_source\n@task_source("list")\ndef tasks(): ...\n'
    folder = write_tasks(
        good=GOOD, other=GOOD, first=source, second=source, broken="1 / 0", alone="import nowhere"
    )

    assert find_problems(folder) == [
        "alone.py does not import: ModuleNotFoundError: No module named 'nowhere'",
        "broken.py does not import: ZeroDivisionError: division by zero",
        "@task('good') stands in good.py and other.py: rename one of them",
        "@task_source('list') stands in first.py and second.py: rename one of them",
    ]


def test_a_file_that_python_has_a_module_of_is_told_to_be_renamed(write_tasks: Write) -> None:
    folder = write_tasks(json=GOOD, time=GOOD)

    for _ in range(2):  # the first time leaves everybody's module alone
        assert find_problems(folder) == [
            f"{name}.py does not import: ImportError: {found} is imported in its place: rename it"
            for name, found in [("json", json.__file__), ("time", "a module of Python")]
        ]
        assert sys.modules["json"] is json


def test_a_broken_file_registers_no_generator_either(write_tasks: Write) -> None:
    source = 'from task_scheduler import task_source\n@task_source("list")\ndef tasks(): ...\n'
    folder = write_tasks(broken=source + "1 / 0\n")

    with pytest.raises(BrokenTaskFile, match=r"no @task_source\('list'\)"):
        find_task_source("list", folder)


def test_a_whole_task_folder_has_no_problems(write_tasks: Write) -> None:
    assert find_problems(write_tasks(good=GOOD)) == []


@pytest.mark.parametrize(
    ("text", "args", "problem"),
    [
        (None, {}, "was given nothing: missing a required argument: 'first'"),
        ("a", {"first": "b"}, "was given a text, first: multiple values for argument 'first'"),
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

    with pytest.raises(InvalidArguments, match=problem):
        found.run(text, args, CONTEXT)
