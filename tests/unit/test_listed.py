"""Entries of a list that comes with the run, and what is quoted of those that are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.runs.run import Cursor
from task_scheduler.task_list import csv_tasks, json_lines, text_lines
from task_scheduler.task_list.inline import InlineTasks, OneTask
from task_scheduler.task_list.listed import (
    MAX_QUOTED_CHARACTERS,
    ListedTask,
    Refused,
    quote,
    read_value,
)
from task_scheduler.task_list.text_lines import read_lines


def never() -> bool:
    return False


@given(st.lists(st.text(), max_size=6), st.data())
def test_inline_texts_are_read_at_their_positions_from_any_cursor_on(
    texts: list[str], data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(texts) + 1))
    tasks = InlineTasks(texts)

    found = list(tasks.read(tasks.cursor_at(number, 0), never))

    assert (
        found
        == [ListedTask(place, 0, text, text) for place, text in enumerate(texts, start=1)][
            number - 1 :
        ]
    )


def test_a_schedule_without_a_list_has_one_task_without_a_text() -> None:
    task = OneTask()
    assert list(task.read(Cursor(), never)) == [ListedTask(1, 0, b"")]
    assert task.cursor_at(1, 0) == Cursor(line=1, offset=0)


@pytest.mark.parametrize("tasks", [InlineTasks([]), OneTask()])
def test_whoever_reads_a_list_of_the_event_watches_the_time(
    tasks: InlineTasks | OneTask,
) -> None:
    assert not tasks.watches_time


@pytest.mark.parametrize(
    ("value", "kind"), [(1, "an int"), (1.5, "a float"), (["x"], "a list"), (None, "a NoneType")]
)
def test_a_value_that_is_no_task_is_refused_by_its_type(value: object, kind: str) -> None:
    assert read_value(value, 7, 30, value) == Refused(
        7,
        f"must be a string or an object of task and args, not {kind}",
        str(value).encode(),
        30,
    )


def test_an_object_is_a_task_with_what_it_names() -> None:
    value = {"task": "t", "args": {"x": 1}, "message_group": "g"}

    task = read_value(value, 7, 30, b"source")

    assert task == ListedTask(7, 30, b"source", None, "t", {"x": 1}, "g")
    assert isinstance(task, ListedTask)
    assert task.identity == {**value, "text": None}
    assert task.refused("why") == Refused(7, "why", b"source", 30)


def test_a_quote_is_the_beginning_whatever_is_quoted() -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError

    assert quote(b"\xff" * 9_999) == b"\xff" * 9_999  # the file's own bytes, cut elsewhere
    assert quote("x" * 9_999) == b"x" * MAX_QUOTED_CHARACTERS
    assert quote("a\ud800") == b"a\\ud800"
    assert quote(Hostile()) == b"<Hostile>"


def test_a_task_of_a_file_keeps_its_line_and_where_it_stands_to_be_quoted() -> None:
    rows = list(read_lines([b"city\nBern\nUri\n"]))
    quoted = list(read_lines([b'"Bern"\n"Uri"\n'], number=2, offset=5))
    header = csv_tasks.Header(["city"])

    for tasks in (
        text_lines.read_tasks(rows[1:]),
        json_lines.read_tasks(quoted),
        csv_tasks.read_tasks(iter(rows[1:]), header),
    ):
        refused = [task.refused("why") for task in tasks if isinstance(task, ListedTask)]
        places = [(one.number, one.data.strip(b'"')) for one in refused]
        assert places == [(2, b"Bern"), (3, b"Uri")]
        assert [one.offset for one in refused] == [5, 5 + len(refused[0].data) + 1]
