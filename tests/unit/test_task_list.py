"""Task lists: every line is a task or is refused, alone and with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.errors import InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.task_list import Refused, TaskList


def _run(**attributes: Any) -> Run:
    return Run.from_event({"version": 1, "schedule": "s", **attributes}, request_id="r")


def _list(
    tmp_path: Path, name: str, content: str | bytes, **attributes: Any
) -> list[Message | Refused]:
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(data)
    listed = TaskList(_run(tasks_file=name, **attributes), tmp_path)
    return [place if isinstance(place, Refused) else place[0] for place in listed]


def _refused(places: list[Message | Refused]) -> list[tuple[int, str]]:
    return [(place.number, place.reason) for place in places if isinstance(place, Refused)]


def _ids(places: list[Message | Refused]) -> list[str]:
    return [place.id for place in places if isinstance(place, Message)]


def test_inline_tasks_are_texts_with_the_schedules_settings(tmp_path: Path) -> None:
    run = _run(tasks=["a", "b"], task="t", args={"k": "v"}, retries=5, max_age=60)

    messages = [place[0] for place in TaskList(run, tmp_path) if not isinstance(place, Refused)]

    assert messages[1] == Message(
        id="s@r#2", schedule="s", task="t", text="b", args={"k": "v"}, retries=5, max_age=60
    )
    assert len(messages) == 2


def test_a_list_that_was_not_begun_goes_on_where_it_is_to(tmp_path: Path) -> None:
    cursor = Cursor(line=7, offset=99, header=["a"], etag='"e"')
    run = replace(_run(tasks_file="list.csv"), cursor=cursor)

    assert TaskList(run, tmp_path).cursor == cursor


def test_a_task_without_a_list_that_cannot_be_sent_is_refused_without_a_line(
    tmp_path: Path,
) -> None:
    [place] = TaskList(_run(task="t", args={"a": "x" * 250_000}), tmp_path)

    assert isinstance(place, Refused)
    assert (place.number, place.data) == (1, b"")
    assert place.reason.startswith("makes a message of 2500")


def test_without_a_list_the_function_runs_once(tmp_path: Path) -> None:
    [place] = TaskList(_run(task="t", args={"a": "1"}), tmp_path)

    assert not isinstance(place, Refused)
    assert place[0] == Message(id="s@r#1", schedule="s", task="t", args={"a": "1"})


def test_a_txt_line_is_a_text_whatever_its_line_end_and_blank_lines_are_none(
    tmp_path: Path,
) -> None:
    places = _list(tmp_path, "t.txt", "\ufeffone\r\n\n  \ntwo\u2028\n{}\nlast")

    assert [(place.id, place.text) for place in places if isinstance(place, Message)] == [
        ("s@r#1", "one"), ("s@r#4", "two\u2028"), ("s@r#5", "{}"), ("s@r#6", "last"),
    ]  # fmt: skip


def test_a_line_that_is_not_utf8_or_too_long_is_refused_alone(tmp_path: Path) -> None:
    places = _list(tmp_path, "t.txt", b"a\n\xff\n" + b"x" * 1_000_000 + b"\nb")

    assert _ids(places) == ["s@r#1", "s@r#4"]
    (two, utf8), (three, long) = _refused(places)
    assert (two, three) == (2, 3)
    assert "not UTF-8" in utf8
    assert "1000001 bytes" in long


def test_a_jsonl_line_is_a_string_or_names_its_task(tmp_path: Path) -> None:
    lines = [
        '"a text"',
        '{"task": "t", "args": {"n": 1}, "message_group": "g"}',
        '{"args": {"n": 2}}',
    ]

    places = _list(tmp_path, "t.jsonl", "\n".join(lines), task="usual")

    assert places == [
        Message(id="s@r#1", schedule="s", task="usual", text="a text"),
        Message(id="s@r#2", schedule="s", task="t", args={"n": 1}, message_group="g"),
        Message(id="s@r#3", schedule="s", task="usual", args={"n": 2}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "no JSON"),
        ("[1]", "a list: must be a text, or an object of task and args"),
        ("7", "a int"),
        ('{"args": {}}', "names no task, and neither does its schedule"),
        ('{"task": "t", "retries": 1}', "'retries': no such attribute; known are task, args"),
        ('{"task": 1}', "task is a int"),
        ('{"task": "t", "message_group": "a b"}', "message_group 'a b'"),
        ('{"task": "t", "args": {"a": NaN}}', "not JSON compliant"),
        ("[" * 50_000, "no JSON"),
        ('{"task": "t", "args": {"a": "' + "é" * 125_000 + '"}}', "bytes"),
    ],
)
def test_a_jsonl_line_that_is_no_task_is_refused_alone(
    tmp_path: Path, line: str, reason: str
) -> None:
    places = _list(tmp_path, "t.jsonl", f'"first"\n{line}\n"last"\n')

    assert _ids(places) == ["s@r#1", "s@r#3"]
    [(number, given)] = _refused(places)
    assert number == 2
    assert reason in given


def test_a_csv_rows_columns_are_arguments_and_task_and_message_group_are_reserved(
    tmp_path: Path,
) -> None:
    content = (
        'task,city,message_group,note\r\nreport,Bern,,"two\r\nlines, ""quoted"""\r\n,Genf,g,\r\n'
    )

    places = _list(tmp_path, "t.csv", content, task="usual", args={"note": "x", "unit": "C"})

    assert places == [
        Message(
            id="s@r#2",
            schedule="s",
            task="report",
            args={"city": "Bern", "note": 'two\nlines, "quoted"', "unit": "C"},
        ),
        Message(
            id="s@r#4",
            schedule="s",
            task="usual",
            message_group="g",
            args={"city": "Genf", "note": "", "unit": "C"},
        ),
    ]


def test_a_csv_file_needs_no_reserved_columns(tmp_path: Path) -> None:
    assert _list(tmp_path, "t.csv", "city\nBern\n", task="usual") == [
        Message(id="s@r#2", schedule="s", task="usual", args={"city": "Bern"})
    ]


def test_an_empty_csv_file_is_an_empty_list(tmp_path: Path) -> None:
    assert _list(tmp_path, "t.csv", "", task="usual") == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("only one", "1 fields, where the header has 2"),
        ("a,b,c", "3 fields"),
        ('"never closed,b', "a quote that is not closed"),
        ('5" pipe,b', "a quote that is not closed"),
        ('"a"b,c', "no CSV row"),
    ],
)
def test_a_csv_row_that_is_none_spoils_its_own_line_alone(
    tmp_path: Path, row: str, reason: str
) -> None:
    after = "".join(f"x,{number}\n" for number in range(4, 300))

    places = _list(tmp_path, "t.csv", f"a,b\n1,2\n{row}\n{after}", task="t")

    assert _ids(places) == ["s@r#2", *(f"s@r#{number}" for number in range(4, 300))]
    [(number, given)] = _refused(places)
    assert number == 3
    assert reason in given


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("a,a", "'a, a': each column needs a name of its own"),
        ("a,", "'a, ': each column"),
        (",", "', ': each column"),
        ("", "'': each column"),
        ('"a', "a quote that is not closed"),
    ],
)
def test_a_csv_file_without_a_usable_header_fails_the_run(
    tmp_path: Path, header: str, reason: str
) -> None:
    with pytest.raises(InvalidRun, match=rf"t\.csv': the header: {reason}"):
        _list(tmp_path, "t.csv", f"{header}\n1,2\n", task="t")


@pytest.mark.parametrize("name", ["missing.txt", "tasks.yaml"])
def test_a_file_that_is_missing_or_of_an_unknown_kind_fails_the_run(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidRun, match=name):
        list(TaskList(_run(tasks_file=name), tmp_path))


def test_a_list_is_streamed(tmp_path: Path) -> None:
    lines = (json.dumps({"task": "t", "args": {"n": n}}) for n in range(3))
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    iterator = iter(TaskList(_run(tasks_file="t.jsonl"), tmp_path))
    next(iterator)

    (tmp_path / "t.jsonl").unlink()

    assert len(list(iterator)) == 2
