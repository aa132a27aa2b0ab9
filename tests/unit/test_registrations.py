"""Registrations of a file, read from its text."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from task_scheduler.tasks.registrations import Registrations, read_registrations

IMPORT = "from task_scheduler import task, task_source\n"
DEF = "\ndef f(): ..."


class Case(NamedTuple):
    """A text, and what is read from it."""

    text: str
    tasks: str = ""
    sources: str = ""
    unread: bool = False
    mentioned: str = ""


CASES = [
    Case("x = 1"),
    Case(f"{IMPORT}@task('a'){DEF}", tasks="a"),
    Case(f"{IMPORT}@task_source('a'){DEF}", sources="a"),
    Case(f"{IMPORT}@task('a')\n@task('b')\nasync def f(): ...", tasks="ab"),
    Case(f"{IMPORT}@task('a', name='b', timeout=3){DEF}", tasks="a"),
    Case(f"{IMPORT}@task(timeout=3, name='b'){DEF}", tasks="b"),
    Case(f"{IMPORT}@task(timeout=3){DEF}", unread=True),
    Case(f"{IMPORT}@task(){DEF}", unread=True),
    Case(f"{IMPORT}@task(3){DEF}", unread=True),
    Case(f"{IMPORT}@task(f'a{{1}}'){DEF}", unread=True),
    Case(f"{IMPORT}task('a')(task('b')(print))", tasks="ab"),
    Case(f"{IMPORT}task(make(task_source('b')), timeout=task('c'))", "c", "b", unread=True),
    Case(f"{IMPORT}print(task('a')(print), end=task('b'))", tasks="ab"),
    # names in variables
    Case(f"{IMPORT}N = 'a'\n@task(N){DEF}", tasks="a"),
    Case(f"{IMPORT}N: str = 'a'\n@task(name=N){DEF}", tasks="a"),
    Case(f"{IMPORT}N = M = 'a'\n@task(N){DEF}", unread=True),
    Case(f"{IMPORT}N = 'a'\n@task(N){DEF}\nN = 'b'", unread=True),
    Case(f"{IMPORT}N = 'a'\n@task(N){DEF}\ndef g():\n for N in 'bc': ...", unread=True),
    Case(f"{IMPORT}N = 3\n@task(N){DEF}", unread=True),
    Case(f"{IMPORT}def g():\n N = 'a'\n@task(N){DEF}", unread=True),
    # how the decorators are imported
    Case(f"from task_scheduler import task as job\n@job('a'){DEF}", tasks="a"),
    Case("from task_scheduler import *\ntask('a')\ntask_source('b')", "a", "b"),
    Case(f"import task_scheduler\n@task_scheduler.task('a'){DEF}", tasks="a"),
    Case(f"import task_scheduler as ts\n@ts.task_source('a'){DEF}", sources="a"),
    Case("import os, task_scheduler.tasks as t\nt.decorators.task('a')", tasks="a"),
    Case("from task_scheduler.tasks import decorators\ndecorators.task('a')", tasks="a"),
    Case("from task_scheduler import tasks as t\nt.decorators.task('a')", tasks="a"),
    Case("from task_scheduler.tasks.decorators import task_source as s\ns('a')", sources="a"),
    Case("from task_scheduler import secret\nsecret('a')"),
    # what only looks like them
    Case(f"@task('a'){DEF}", mentioned="a"),
    Case(f"from . import task\n@task('a'){DEF}", mentioned="a"),
    Case(f"from .task_scheduler import task\n@task('a'){DEF}", mentioned="a"),
    Case(f"from task_schedulers import task\n@task('a'){DEF}", mentioned="a"),
    Case(f"import task_schedulers as ts\n@ts.task('a'){DEF}", mentioned="a"),
    Case(f"import task_scheduler\n@other.task('a'){DEF}", mentioned="a"),
    Case("import other\nother.task('a')(print)"),
    Case(f"{IMPORT}@job('a', tags=['b', 3]){DEF}", mentioned="ab"),
    Case(f"{IMPORT}@job('a')\nasync def f(): ...", mentioned="a"),
    Case(f"{IMPORT}@job('a')\nclass C:\n @job('b')\n def f(): ...", mentioned="ab"),
    Case(f"{IMPORT}@job{DEF}"),
    Case(f"{IMPORT}@job('a')\n@task('b'){DEF}", tasks="b", mentioned="a"),
    # passed on, so that only running it tells
    Case(f"{IMPORT}register = task", unread=True),
    Case(f"{IMPORT}map(task, 'ab')", unread=True),
    Case(f"{IMPORT}@task{DEF}", unread=True),
    Case("import task_scheduler\nrun(task_scheduler)", unread=True),
    Case("import task_scheduler\nregister = task_scheduler.task", unread=True),
    Case("import task_scheduler\n(lambda d: d('a'))(task_scheduler.task_source)", unread=True),
    Case("import task_scheduler\nraise task_scheduler.Retry('a')"),
    Case(f"{IMPORT}task = 3"),
    Case(f"{IMPORT}print(other.task, other.name)"),
    Case(f"{IMPORT}print([task][0].x)", unread=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text.replace(IMPORT, ""))
def test_a_text_shows_what_it_registers(case: Case) -> None:
    assert read_registrations(case.text.encode()) == Registrations(
        names={"task": set(case.tasks), "task_source": set(case.sources)},
        has_unread_names=case.unread,
        mentioned=set(case.mentioned),
    )


@pytest.mark.parametrize(
    ("source", "mentioned"),
    [
        (b"@task('a')\ndef (", {"a"}),
        (b'@ job( name = "a b" )\n@x.y("c")\n(', {"a b", "c"}),
        (b"@task('a\xff', 'b')\ndef f(): ...", {"a\ufffd"}),
        (b"@task(a)\n(", set()),
    ],
)
def test_of_what_is_not_python_the_texts_of_decorators_are_read(
    source: bytes, mentioned: set[str]
) -> None:
    assert read_registrations(source) == Registrations(mentioned=mentioned)


def test_a_text_that_is_nested_too_deep_may_register_any_name() -> None:
    read = read_registrations(f"{IMPORT}task('a')\nx = a{'.b' * 2_000}".encode())

    assert read.names["task"] == {"a"}
    assert read.may_register("task", "anything")
    assert not read.registers("task", "anything")


def test_a_name_is_of_one_decorator_and_a_mentioned_one_of_both() -> None:
    read = read_registrations(f"{IMPORT}task('a')\n@job('b'){DEF}".encode())

    assert [read.registers(each, "a") for each in ("task", "task_source")] == [True, False]
    assert [read.may_register(each, "a") for each in ("task", "task_source")] == [True, False]
    assert [read.may_register(each, "b") for each in ("task", "task_source")] == [True, True]
    assert not read.registers("task", "b")


def test_files_of_a_package_are_read_together() -> None:
    whole = Registrations()
    for text in (f"{IMPORT}task('a')", f"{IMPORT}task_source('b')\n@job('c'){DEF}"):
        whole.add(read_registrations(text.encode()))
    assert whole == Registrations({"task": {"a"}, "task_source": {"b"}}, mentioned={"c"})

    for text in (f"{IMPORT}task()", f"{IMPORT}task('d')"):
        whole.add(read_registrations(text.encode()))
    assert whole == Registrations({"task": {"a", "d"}, "task_source": {"b"}}, True, {"c"})
