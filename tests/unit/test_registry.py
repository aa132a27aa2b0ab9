"""Task code: what a file registers is found by name, and a broken file breaks only itself."""

from __future__ import annotations

import json
import py_compile
import re
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.errors import (
    BatchFailed,
    BrokenTaskFile,
    DuplicateTask,
    InvalidArguments,
    UnknownTask,
)
from task_scheduler.queue.message import Message
from task_scheduler.tasks import registry
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registrations import read_registrations
from task_scheduler.tasks.registry import (
    find_problems,
    find_task,
    find_task_source,
    forget_failures,
)
from task_scheduler.tasks.task_files import TaskFiles
from tests.unit.conftest import Bench, Log, note

Write = Callable[..., Path]

CONTEXT = TaskContext(schedule="s", scheduled_time=None, attempt=2, deadline=0.0)

GOOD = """
    from task_scheduler import task

    @task("good", timeout=5, never_retry=(ValueError,))
    def good(first, *, second="2"):
        return [first, second]
"""

NAMED = 'from task_scheduler import task\n@task("bad")\ndef bad(): ...\n'


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
    ("failure", "reason"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere' (broken.py, line 4)"),
        ("1 / 0", "ZeroDivisionError: division by zero (broken.py, line 4)"),
        ("raise SystemExit(3)", "it calls sys.exit(3) (broken.py, line 4)"),
        ("raise GeneratorExit", "GeneratorExit:  (broken.py, line 4)"),
        ("def (", "SyntaxError: invalid syntax (broken.py, line 4)"),
    ],
)
def test_a_file_that_does_not_import_breaks_its_own_tasks_only(
    write_tasks: Write, failure: str, reason: str
) -> None:
    broken = f'from task_scheduler import task\n@task("bad")\ndef bad(): ...\n{failure}\n'
    folder = write_tasks(good=GOOD, broken=broken)

    assert find_task("good", folder).name == "good"
    with pytest.raises(BrokenTaskFile) as raised:
        find_task("bad", folder)
    assert str(raised.value) == f"@task('bad'): broken.py does not import: {reason}"


def test_the_traceback_of_a_file_that_does_not_import_begins_in_that_file(
    write_tasks: Write,
) -> None:
    with pytest.raises(BrokenTaskFile) as raised:
        find_task("bad", write_tasks(broken=f"{NAMED}import helper\n", helper="1 / 0"))

    cause = raised.value.__cause__
    frames = traceback.extract_tb(cause.__traceback__ if cause else None)
    assert isinstance(cause, ZeroDivisionError)
    assert [Path(frames[0].filename).name, Path(frames[-1].filename).name] == [
        "broken.py",
        "helper.py",
    ]
    assert str(raised.value).endswith(": division by zero (helper.py, line 1)")


def test_an_unknown_task_is_told_all_that_are_registered_or_that_none_is(
    write_tasks: Write,
) -> None:
    other = "from task_scheduler import task\n@task('other')\ndef other(): ...\n"

    with pytest.raises(UnknownTask, match=r"\(registered are: none\)$"):
        find_task("nope", write_tasks())
    registry.clear()
    with pytest.raises(UnknownTask, match=r"\(registered are: good, other\)$"):
        find_task("nope", write_tasks(good=GOOD, other=other))


def test_the_cause_is_of_the_file_that_registers_the_name(write_tasks: Write) -> None:
    folder = write_tasks(a="1 / 0", broken=f"{NAMED}import nowhere\n")
    with pytest.raises(BrokenTaskFile):
        find_task("nope", folder)

    with pytest.raises(BrokenTaskFile) as raised:
        find_task("bad", folder)

    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_several_broken_files_are_told_one_after_the_other(write_tasks: Write) -> None:
    with pytest.raises(BrokenTaskFile) as raised:
        find_task("nope", write_tasks(a="1 / 0", b="[][0]"))

    assert str(raised.value) == (
        "no @task('nope'), and these files do not import: "
        "a.py does not import: ZeroDivisionError: division by zero (a.py, line 1); "
        "b.py does not import: IndexError: list index out of range (b.py, line 1)"
    )


def test_a_name_that_changes_is_not_read() -> None:
    code = b"from task_scheduler import task\nN = 'x'\n@task(N)\ndef f(): ...\nN = 'y'\n"
    read = read_registrations(code)

    assert read.has_unread_names
    assert not read.registers("task", "x")
    assert not read.registers("task", "y")


@given(source=st.binary() | st.text().map(str.encode))
def test_any_file_is_read_without_being_run(source: bytes) -> None:
    read = read_registrations(source)

    assert not read.registers("task", "bad")


@pytest.mark.parametrize(
    "source", [b"(" * 100_000, b"x = " + b"-" * 100_000 + b"1", b"a\0b", b"\xff"]
)
def test_a_file_that_python_cannot_read_is_read_as_far_as_that_goes(source: bytes) -> None:
    read = read_registrations(b"@job('bad')\n" + source)

    assert read.may_register("task", "bad")
    assert not read.registers("task", "bad")


def test_only_the_file_that_says_the_name_is_imported(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD, another="raise AssertionError('imported')")

    assert find_task("good", folder).name == "good"
    assert "another" not in sys.modules
    assert registry._files.failures == {}


@pytest.mark.parametrize(
    "code",
    [
        "from task_scheduler import task as job\n@job('x')\ndef f(): ...",
        "import task_scheduler\n@task_scheduler.task('x', timeout=3)\ndef f(): ...",
        "import task_scheduler as ts\n@ts.task(name='x')\nasync def f(): ...",
        "from task_scheduler import *\n@task('x')\ndef f(): ...",
        "from task_scheduler.tasks.decorators import task\ntask('x')(print)",
        "from task_scheduler.tasks import decorators as d\nd.task('x')(print)",
        "import task_scheduler.tasks.decorators\ntask_scheduler.tasks.decorators.task('x')(print)",
        "from task_scheduler import task\nNAME = 'x'\n@task(NAME)\ndef f(): ...",
        "from task_scheduler import task\nfrom typing import Final\nNAME: Final = 'x'\n"
        "@task(NAME)\ndef f(): ...",
        "from task_scheduler import task\ndef outer(f): return f\n@task('x')\n@outer\ndef f(): ...",
        "def register():\n from task_scheduler import task\n task('x')(print)\nregister()",
    ],
)
def test_a_name_is_read_however_the_decorator_is_imported(write_tasks: Write, code: str) -> None:
    folder = write_tasks(good=code, another="raise AssertionError('imported')")

    assert find_task("x", folder).module == "good"
    assert "another" not in sys.modules
    assert registry._files.failures == {}


@pytest.mark.parametrize(
    "code",
    [
        "from task_scheduler import task\nfor n in 'xy':\n task(n)(print)",
        "from task_scheduler import task\n@task(f'{chr(120)}')\ndef f(): ...",
        "from task_scheduler import task\nN = 'y'\nN = 'x'\n@task(N)\ndef f(): ...",
        "from task_scheduler import task\njob = task\njob('x')(print)",
        "import task_scheduler\ngetattr(task_scheduler, 'task')('x')(print)",
        "import task_scheduler\n[t] = [task_scheduler.task]\nt('x')(print)",
        "from task_scheduler import task\ndef job(n): return task(n)\n@job('x')\ndef f(): ...",
        "from z_helper import job\n@job('x')\ndef f(): ...",
        "import z_helper\nz_helper.job('x')(print)",
        "from importlib import import_module\nimport_module('z_helper').job('x')(print)",
    ],
)
def test_a_name_that_only_running_tells_is_found_by_running(write_tasks: Write, code: str) -> None:
    helper = "import task_scheduler\ndef job(name): return task_scheduler.task(name)\n"
    folder = write_tasks(good=code, broken="1 / 0", z_helper=helper)

    assert find_task("x", folder).function.__name__ in ("f", "print")
    assert find_task("x", folder).module == "good"


def test_a_file_that_hangs_at_import_fails_its_own_task_and_no_other(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD, hangs=f"{NAMED}import time\ntime.sleep(3600)\n")

    with pytest.raises(BrokenTaskFile) as raised:
        find_task("bad", folder, seconds=0.2)
    assert str(raised.value) == (
        "@task('bad'): hangs.py does not import: "
        "TimeoutError: its import had not ended after 0.2 s (hangs.py, line 5)"
    )
    assert find_task("good", folder, seconds=0.2).name == "good"


def test_files_that_hang_leave_time_for_one_whose_names_have_to_be_found_by_running(
    write_tasks: Write,
) -> None:
    hangs = "import time\ntime.sleep(3600)\n"
    dynamic = "import task_scheduler\ngetattr(task_scheduler, 'ta' + 'sk')('x')(print)\n"
    folder = write_tasks(a=dynamic.replace("'x'", "'y'") + hangs, b=hangs, c=hangs, d=dynamic)

    begun = time.monotonic()
    assert find_task("x", folder, seconds=1.0).module == "d"
    assert time.monotonic() - begun < 1.0


def test_a_file_that_hangs_costs_a_batch_its_time_once_and_its_own_tasks_only(
    bench: Bench, write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "IMPORT_SECONDS", 0.5)
    write_tasks(hangs=f"{NAMED}import time\ntime.sleep(3600)\n")
    bad = [Message(id=f"s@t#{n}", schedule="s", task="bad") for n in range(4)]
    bench.put(*bad[:2], note("a"), *bad[2:], note("b"))

    begun = time.monotonic()
    kept = bench.run()

    assert time.monotonic() - begun < 1.9  # each time anew it would be 2
    assert sorted(bench.ran) == ["a", "b"]
    assert len(kept) == 4


def test_a_file_that_hangs_is_given_up_before_the_invocation_ends(
    bench: Bench, write_tasks: Write, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "IMPORT_SECONDS", 10.0)
    write_tasks(hangs=f"{NAMED}import time\ntime.sleep(3600)\n")
    bench.put(Message(id="s@t#1", schedule="s", task="bad"))

    with pytest.raises(BatchFailed):
        bench.run(2)

    [line] = log_lines()
    found = re.search(r"its import had not ended after ([0-9.]+) s", line["reason"])
    assert found is not None
    assert float(found[1]) < 2


def test_a_file_that_hung_is_tried_after_the_others_in_later_invocations(
    write_tasks: Write,
) -> None:
    dynamic = "from task_scheduler import task\nfor name in 'xyz'[{}]: task(name)(print)\n"
    folder = write_tasks(
        a=dynamic.format(2) + "import time\ntime.sleep(3600)", b=dynamic.format(0),
        c=dynamic.format(1),
    )  # fmt: skip
    assert find_task("x", folder, seconds=1.0).module == "b"

    forget_failures()
    begun = time.monotonic()
    assert find_task("y", folder, seconds=2.0).module == "c"
    assert time.monotonic() - begun < 0.8


def test_a_file_that_did_not_import_is_not_imported_again_in_the_same_invocation(
    write_tasks: Write,
) -> None:
    count = "import pathlib\nwith pathlib.Path(__file__).with_name('ran').open('a') as f:\n"
    folder = write_tasks(broken=f"{NAMED}{count} f.write('x')\n1 / 0\n")

    for _ in range(3):
        with pytest.raises(BrokenTaskFile, match=r"division by zero \(broken\.py, line 7\)"):
            find_task("bad", folder)
    assert (folder / "ran").read_text() == "x"

    forget_failures()
    with pytest.raises(BrokenTaskFile):
        find_task("bad", folder)
    assert (folder / "ran").read_text() == "xx"


def test_a_file_that_imports_in_a_later_invocation_is_whole_again(write_tasks: Write) -> None:
    flag = "import pathlib\nassert pathlib.Path(__file__).with_suffix('.flag').exists()\n"
    folder = write_tasks(broken=NAMED + flag)
    with pytest.raises(BrokenTaskFile):
        find_task("bad", folder)

    (folder / "broken.flag").touch()
    forget_failures()

    assert find_task("bad", folder).name == "bad"


def test_a_package_that_imports_in_a_later_invocation_registers_all_its_parts(
    write_tasks: Write,
) -> None:
    folder = write_tasks()
    (folder / "reports").mkdir()
    (folder / "reports" / "__init__.py").write_text(
        "import pathlib\nfrom reports import daily\n"
        "assert pathlib.Path(__file__).with_name('flag').exists()\n"
    )
    (folder / "reports" / "daily.py").write_text(dedent(GOOD))
    with pytest.raises(BrokenTaskFile, match=r"reports does not import: .*__init__\.py, line 3"):
        find_task("good", folder)

    (folder / "reports" / "flag").touch()
    forget_failures()

    assert find_task("good", folder).module == "reports"


def test_a_file_is_not_tried_without_time_and_is_with_time(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD)

    with pytest.raises(BrokenTaskFile, match="no time left to import it"):
        find_task("good", folder, seconds=0)
    assert find_task("good", folder).name == "good"


@pytest.mark.parametrize(
    "own",
    [
        "from task_scheduler import task\n@task('http')\ndef http(url): ...\n1 / 0\n",
        "1 / 0\nfrom task_scheduler import task\n@task('http')\ndef http(url): ...\n",
        "from task_scheduler import task\n@task('http')\ndef http(url): yield\n",
        "from task_scheduler import task\n@task('http')\ndef http(url): ...\nnot python\n",
        "import nowhere\n@nowhere.job('http')\ndef http(url): ...\n",
        "from task_scheduler import task\n1 / 0\nfor name in 'http', 'ftp': task(name)(print)\n",
    ],
)
def test_no_built_in_task_stands_in_for_a_broken_one_of_the_same_name(
    write_tasks: Write, own: str
) -> None:
    with pytest.raises(BrokenTaskFile, match=r"@task\('http'\): own\.py does not import: \w+"):
        find_task("http", write_tasks(own=own))


def test_a_function_of_the_task_folder_comes_before_a_built_in_one(write_tasks: Write) -> None:
    dynamic = "from task_scheduler import task\nfor n in 'http', 'x': task(n)(print)\n"

    assert find_task("http", write_tasks(own=dynamic)).function is print


def test_a_built_in_task_runs_beside_a_file_that_does_not_import(write_tasks: Write) -> None:
    folder = write_tasks(broken=f"{NAMED}1 / 0\n", other="import nowhere")

    assert find_task("ping", folder).module == ""


def test_a_file_named_like_a_module_of_python_must_be_renamed(write_tasks: Write) -> None:
    with pytest.raises(BrokenTaskFile, match=r"code\.py .*is imported in its place: rename it"):
        find_task("good", write_tasks(code=GOOD))


def test_two_tasks_of_one_name_are_refused_with_both_files(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD, other=GOOD)

    with pytest.raises(DuplicateTask, match=r"good\.py and other\.py"):
        find_task("good", folder)


def test_a_whole_file_does_not_stand_in_for_a_broken_one_of_the_same_name(
    write_tasks: Write,
) -> None:
    folder = write_tasks(another=GOOD + "\n    1 / 0\n", good=GOOD)

    with pytest.raises(BrokenTaskFile, match=r"another\.py does not import: ZeroDivisionError"):
        find_task("good", folder)


def test_a_package_of_the_task_folder_is_one_file_among_others(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD)
    (folder / "reports").mkdir()
    (folder / "reports" / "__init__.py").write_text("from reports import daily\n1 / 0\n")
    (folder / "reports" / "daily.py").write_text(f"{NAMED}")

    assert find_task("good", folder).module == "good"
    assert find_problems(folder) == [
        "reports does not import: ZeroDivisionError: division by zero (reports/__init__.py, line 2)"
    ]


def test_a_file_that_registers_a_name_twice_is_named_once(write_tasks: Write) -> None:
    folder = write_tasks(good=f"{GOOD}\n{GOOD}")

    assert find_problems(folder) == ["@task('good') stands twice in good.py: rename one of them"]


def test_problems_are_found_before_a_message_asks_for_a_task(write_tasks: Write) -> None:
    source = 'from task_scheduler import task_source\n@task_source("list")\ndef tasks(): ...\n'
    folder = write_tasks(
        good=GOOD, other=GOOD, first=source, second=source, broken="1 / 0", alone="import nowhere",
        hangs="import time\ntime.sleep(3600)",
    )  # fmt: skip
    imported: list[str] = []

    assert find_problems(folder, seconds=0.5, importing=imported.append) == [
        "alone.py does not import: "
        "ModuleNotFoundError: No module named 'nowhere' (alone.py, line 1)",
        "broken.py does not import: ZeroDivisionError: division by zero (broken.py, line 1)",
        "hangs.py does not import: "
        "TimeoutError: its import had not ended after 0.5 s (hangs.py, line 2)",
        "@task('good') stands in good.py and other.py: rename one of them",
        "@task_source('list') stands in first.py and second.py: rename one of them",
    ]
    assert imported == sorted(f"{path.stem}.py" for path in folder.glob("*.py"))


def test_a_file_that_python_has_a_module_of_must_be_renamed_and_leaves_that_alone(
    write_tasks: Write,
) -> None:
    folder = write_tasks(json=GOOD, time=GOOD)

    for _ in range(2):
        assert find_problems(folder) == [
            f"{name}.py does not import: ImportError: {found} is imported in its place: rename it"
            for name, found in [("json", json.__file__), ("time", "a module of Python")]
        ]
        assert sys.modules["json"] is json


def test_a_broken_file_registers_no_generator_either(write_tasks: Write) -> None:
    source = 'from task_scheduler import task_source\n@task_source("list")\ndef tasks(): ...\n'
    folder = write_tasks(broken=source + "1 / 0\n")

    with pytest.raises(BrokenTaskFile, match=r"@task_source\('list'\): broken\.py does not"):
        find_task_source("list", folder)


def test_an_unknown_task_beside_broken_files_may_be_in_one_of_them(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD, broken="1 / 0")

    with pytest.raises(
        BrokenTaskFile, match=r"no @task\('x'\), and these files do not import: broken\.py does"
    ):
        find_task("x", folder)
    with pytest.raises(BrokenTaskFile, match=r"no @task_source\('x'\), and these"):
        find_task_source("x", folder)


def test_what_is_not_source_is_found_by_running(write_tasks: Write) -> None:
    folder = write_tasks(good=GOOD)
    py_compile.compile(str(folder / "good.py"), cfile=str(folder / "good.pyc"))
    (folder / "good.py").unlink()

    assert find_task("good", folder).module == "good"


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
    with pytest.raises(InvalidArguments, match=problem):
        found.check_arguments(text, args)


def test_arguments_are_checked_without_a_call(write_tasks: Write) -> None:
    code = """
        from task_scheduler import task

        @task("t")
        def t(first, context, *, days: int = 1):
            raise AssertionError("called")
    """
    found = find_task("t", write_tasks(t=code))

    found.check_arguments("1", {"days": "2"})

    with pytest.raises(InvalidArguments, match="days"):
        found.check_arguments("1", {"days": "often"})


def test_what_a_file_registered_before_its_import_failed_is_to_be_forgotten(
    write_tasks: Write,
) -> None:
    forgotten: list[str] = []
    files = TaskFiles(forgotten.append)
    folder = write_tasks(broken=f"{NAMED}1 / 0", whole=NAMED)

    files.load("broken", folder, 30)
    files.load("whole", folder, 30)

    assert forgotten == ["broken"]
    assert list(files.failures) == ["broken"]
