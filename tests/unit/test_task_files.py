"""Files of a task folder by themselves: read once, imported once, and forgotten alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from task_scheduler.tasks.task_files import TaskFiles

Write = Callable[..., Path]

COUNTING = "import sys\nsys.imports = getattr(sys, 'imports', 0) + 1\n"


@pytest.fixture
def forgotten() -> list[str]:
    return []


@pytest.fixture
def files(forgotten: list[str]) -> TaskFiles:
    return TaskFiles(forgotten.append)


def test_a_file_is_not_imported_again_though_python_has_forgotten_it(
    files: TaskFiles, write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "imports", 0, raising=False)
    folder = write_tasks(counting=COUNTING)

    files.load("counting", folder, 30.0)
    del sys.modules["counting"]
    files.load("counting", folder, 30.0)

    assert sys.imports == 1  # type: ignore[attr-defined]


def test_without_time_a_file_is_not_imported_and_is_tried_again(
    files: TaskFiles, forgotten: list[str], write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "imports", 0, raising=False)
    folder = write_tasks(counting=COUNTING)

    files.load("counting", folder, 0.0)
    assert files.reason("counting", folder) == "there was no time left to import it"
    assert (sys.imports, forgotten) == (0, ["counting"])  # type: ignore[attr-defined]

    files.load("counting", folder, 30.0)
    assert sys.imports == 1  # type: ignore[attr-defined]
    assert files.failures == {}


def test_a_file_that_hangs_is_told_with_the_time_that_it_had(
    files: TaskFiles, write_tasks: Write
) -> None:
    folder = write_tasks(hanging="import time\ntime.sleep(30)\n")

    files.load("hanging", folder, 0.123)

    assert files.reason("hanging", folder) == (
        "TimeoutError: its import had not ended after 0.1 s (hanging.py, line 2)"
    )
    assert files.in_order(["hanging", "b", "a", "b"]) == ["b", "a", "hanging"]


def test_a_file_that_does_not_import_takes_no_other_along(
    files: TaskFiles, forgotten: list[str], write_tasks: Write
) -> None:
    folder = write_tasks(good="X = 1\n", broken="import good\n1 / 0\n")

    files.load("good", folder, 30.0)
    files.load("broken", folder, 30.0)

    assert "good" in sys.modules
    assert forgotten == ["broken"]


def test_a_package_registers_what_its_parts_do_and_what_is_no_source_may_register_more(
    files: TaskFiles, write_tasks: Write
) -> None:
    folder = write_tasks(plain="from task_scheduler import task\ntask('a')\n")
    (folder / "package" / "deep").mkdir(parents=True)
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "deep" / "part.py").write_text(
        "from task_scheduler import task, task_source\ntask('b')\ntask_source('c')\n"
    )
    (folder / "package" / "notes.txt").write_text("from task_scheduler import task\ntask('d')\n")
    (folder / "compiled.pyc").write_bytes(b"")

    read = files.registrations(folder)

    assert read["plain"].names == {"task": {"a"}, "task_source": set()}
    assert read["package"].names == {"task": {"b"}, "task_source": {"c"}}
    assert [read[name].has_unread_names for name in sorted(read)] == [True, False, False]
    assert files.registrations(folder) is read
