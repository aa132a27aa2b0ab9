"""Task lists: each line is a task, or is refused with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.errors import InvalidRun
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Run
from task_scheduler.task_list.listed import Refused
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.task_list.text_lines import MAX_LINE_BYTES
from tests.unit.conftest import read_list


def _run(**attributes: Any) -> Run:
    return Run.from_event({"version": 1, "schedule": "s", **attributes}, request_id="r")


def _list(
    tmp_path: Path, name: str, content: str | bytes, **attributes: Any
) -> list[Message | Refused]:
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(data)
    return read_list(_run(tasks_file=name, **attributes), tmp_path).entries


def _refused(places: list[Message | Refused]) -> list[tuple[int, str]]:
    return [(place.number, place.reason) for place in places if isinstance(place, Refused)]


def _ids(places: list[Message | Refused]) -> list[str]:
    return [place.id for place in places if isinstance(place, Message)]


def test_inline_tasks_are_texts_with_the_schedules_settings(tmp_path: Path) -> None:
    run = _run(tasks=["a", "b"], task="t", args={"k": "v"}, retries=5, max_age=60)

    messages = read_list(run, tmp_path).entries

    assert messages[1] == Message(
        id="s@request-r#2", schedule="s", task="t", text="b", args={"k": "v"}, retries=5, max_age=60
    )
    assert len(messages) == 2


def test_a_task_without_a_list_that_cannot_be_sent_is_refused_without_a_line(
    tmp_path: Path,
) -> None:
    [place] = read_list(_run(task="t", args={"a": "x" * 250_000}), tmp_path).entries

    assert isinstance(place, Refused)
    assert (place.number, place.data) == (1, b"")
    assert place.reason.startswith("makes a message of 2500")


def test_without_a_list_the_function_runs_once(tmp_path: Path) -> None:
    [place] = read_list(_run(task="t", args={"a": "1"}), tmp_path).entries

    assert place == Message(id="s@request-r#1", schedule="s", task="t", args={"a": "1"})


def test_each_line_of_a_text_file_that_is_not_blank_is_a_task(tmp_path: Path) -> None:
    places = _list(tmp_path, "t.txt", "\ufeffone\r\n\n  \ntwo\u2028\n{}\nlast")

    assert [(place.id, place.text) for place in places if isinstance(place, Message)] == [
        ("s@request-r#1", "one"), ("s@request-r#4", "two\u2028"),
        ("s@request-r#5", "{}"), ("s@request-r#6", "last"),
    ]  # fmt: skip


def test_a_line_that_is_not_utf8_or_too_long_is_refused_alone(tmp_path: Path) -> None:
    places = _list(tmp_path, "t.txt", b"a\n\xff\n" + b"x" * 1_000_000 + b"\nb")

    assert _ids(places) == ["s@request-r#1", "s@request-r#4"]
    (two, utf8), (three, long) = _refused(places)
    assert (two, three) == (2, 3)
    assert "not UTF-8" in utf8
    assert "1000001 bytes" in long


def test_a_json_line_is_a_string_or_names_its_task(tmp_path: Path) -> None:
    lines = [
        '"a text"',
        '{"task": "t", "args": {"n": 1}, "message_group": "g"}',
        '{"args": {"n": 2}}',
    ]

    places = _list(tmp_path, "t.jsonl", "\n".join(lines), task="usual")

    assert places == [
        Message(id="s@request-r#1", schedule="s", task="usual", text="a text"),
        Message(id="s@request-r#2", schedule="s", task="t", args={"n": 1}, message_group="g"),
        Message(id="s@request-r#3", schedule="s", task="usual", args={"n": 2}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "invalid JSON"),
        ("[1]", "must be a string or an object of task and args, not a list"),
        ("7", "not an int"),
        ('{"args": {}}', "names no task, and neither does its schedule"),
        ('{"task": "t", "retries": 1}', "'retries': no such attribute; known are task, args"),
        ('{"task": 1}', "task is a int"),
        ('{"task": "t", "message_group": "a b"}', "message_group 'a b'"),
        ('{"task": "t", "args": {"a": NaN}}', "not JSON compliant"),
        ("[" * 50_000, "invalid JSON"),
        ('{"task": "t", "task": "u"}', "'task' stands in one object twice"),
        ('{"retries": 1, "task": "t", "task": "u"}', "'task' stands in one object twice"),
        ('{"args": {"a": {"n": 1, "m": 2, "n": 3}}}', "'n' stands in one object twice"),
        ('{"task": "t", "args": {"a": "' + "é" * 125_000 + '"}}', "bytes"),
    ],
)
def test_a_json_line_that_is_not_a_task_is_refused_alone(
    tmp_path: Path, line: str, reason: str
) -> None:
    places = _list(tmp_path, "t.jsonl", f'"first"\n{line}\n"last"\n')

    assert _ids(places) == ["s@request-r#1", "s@request-r#3"]
    [(number, given)] = _refused(places)
    assert number == 2
    assert reason in given
    [refused] = [entry for entry in places if isinstance(entry, Refused)]
    assert (refused.offset, refused.data) == (8, line.encode()[:MAX_LINE_BYTES])


def test_csv_columns_are_arguments_but_for_task_and_message_group(
    tmp_path: Path,
) -> None:
    content = (
        'task,city,message_group,note\r\nreport,Bern,,"two\r\nlines, ""quoted"""\r\n,Genf,g,\r\n'
    )

    places = _list(tmp_path, "t.csv", content, task="usual", args={"note": "x", "unit": "C"})

    assert places == [
        Message(
            id="s@request-r#2",
            schedule="s",
            task="report",
            args={"city": "Bern", "note": 'two\nlines, "quoted"', "unit": "C"},
        ),
        Message(
            id="s@request-r#4",
            schedule="s",
            task="usual",
            message_group="g",
            args={"city": "Genf", "note": "x", "unit": "C"},
        ),
    ]


def test_a_csv_file_needs_no_reserved_columns(tmp_path: Path) -> None:
    assert _list(tmp_path, "t.csv", "city\nBern\n", task="usual") == [
        Message(id="s@request-r#2", schedule="s", task="usual", args={"city": "Bern"})
    ]


def test_an_empty_csv_file_is_an_empty_list(tmp_path: Path) -> None:
    assert _list(tmp_path, "t.csv", "", task="usual") == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("only one", "1 fields, where the header has 2"),
        ("a,b,c", "3 fields"),
        ('"never closed,b', "a quote that is not closed"),
        ('"a"b,c', "malformed CSV row"),
        ("a,b,,c", "4 fields, where the header has 2"),
    ],
)
def test_a_malformed_csv_row_spoils_its_own_line_alone(
    tmp_path: Path, row: str, reason: str
) -> None:
    after = "".join(f"x,{number}\n" for number in range(4, 300))

    places = _list(tmp_path, "t.csv", f"a,b\n1,2\n{row}\n{after}", task="t")

    assert _ids(places) == ["s@request-r#2", *(f"s@request-r#{number}" for number in range(4, 300))]
    [(number, given)] = _refused(places)
    assert number == 3
    assert reason in given
    [refused] = [entry for entry in places if isinstance(entry, Refused)]
    assert (refused.offset, refused.data) == (8, row.encode())


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("a,a", "'a,a': each column must have a name of its own"),
        ("a,,b", "'a,,b': each column"),
        (",", "',': each column"),
        ("", "'': each column"),
        ("a;b,c", "'a;b,c': both a comma and a semicolon separate columns"),
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


def test_rows_of_which_all_cells_are_empty_are_passed_over(tmp_path: Path) -> None:
    places = _list(tmp_path, "t.csv", 'a,b\n,\n1,2\n"",""\n , \n,,,\n\n', task="t")

    assert _ids(places) == ["s@request-r#3"]
    assert len(places) == 1


def test_an_empty_cell_leaves_its_argument_out_so_that_a_default_applies(tmp_path: Path) -> None:
    [place] = _list(tmp_path, "t.csv", "n,city,note\n,Bern, \n", task="t", args={"n": "7"})

    assert isinstance(place, Message)
    assert place.args == {"n": "7", "city": "Bern"}


def test_empty_columns_at_the_end_of_the_header_are_ignored(tmp_path: Path) -> None:
    places = _list(tmp_path, "t.csv", "a,b,,\n1,2,,\n3,4\n5,6,,x\n", task="t")

    assert [place.args for place in places if isinstance(place, Message)] == [
        {"a": "1", "b": "2"}, {"a": "3", "b": "4"},
    ]  # fmt: skip
    assert _refused(places) == [(4, "4 fields, where the header has 2")]


@pytest.mark.parametrize("name", ["t.txt", "t.jsonl", "t.csv"])
def test_a_mark_in_the_middle_is_none_of_its_line(tmp_path: Path, name: str) -> None:
    """Files that were put together, such as by `copy a+b`, have one there."""
    quoted = {"t.txt": "one", "t.jsonl": '"one"', "t.csv": "one,two"}[name]
    header = "\ufefftask,b\n" if name == "t.csv" else ""

    places = _list(tmp_path, name, f"{header}{quoted}\n\ufeff{quoted}\n", task="t")

    first, second = [
        (place.text, place.task, place.args) for place in places if isinstance(place, Message)
    ]
    assert first == second


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_columns_may_be_separated_by_a_semicolon_a_tab_or_a_bar(
    tmp_path: Path, separator: str
) -> None:
    content = 'name;qty\nAda;"1;2"\nGrace, B.;2\n'.replace(";", separator)

    places = _list(tmp_path, "t.csv", content, task="t")

    assert [place.args for place in places if isinstance(place, Message)] == [
        {"name": "Ada", "qty": f"1{separator}2"}, {"name": "Grace, B.", "qty": "2"},
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"]
)
def test_a_list_is_read_in_any_line_end_and_in_any_encoding_with_a_mark(
    tmp_path: Path, name: str, end: str, encoding: str
) -> None:
    text = "".join(f"{line}{end}" for line in ["größe", "Ada,1", "", "Grace\u2028,2"])
    mark = "\ufeff" if encoding.endswith("be") else ""

    places = _list(tmp_path, name, (mark + text).encode(encoding), task="t")

    if name == "t.csv":
        places = _list(
            tmp_path, name, (mark + text.replace("größe", "name,größe")).encode(encoding), task="t"
        )
        assert [place.args for place in places if isinstance(place, Message)] == [
            {"name": "Ada", "größe": "1"}, {"name": "Grace\u2028", "größe": "2"},
        ]  # fmt: skip
    else:
        assert [place.text for place in places if isinstance(place, Message)] == [
            "größe", "Ada,1", "Grace\u2028,2",
        ]  # fmt: skip
    assert _refused(places) == []


def test_a_list_of_inch_marks_loses_no_row(tmp_path: Path) -> None:
    places = _list(tmp_path, "t.csv", 'name,size\nmonitor,24"\nlaptop,14"\n', task="t")

    assert [place.args for place in places if isinstance(place, Message)] == [
        {"name": "monitor", "size": '24"'}, {"name": "laptop", "size": '14"'},
    ]  # fmt: skip


def test_a_list_is_streamed(tmp_path: Path) -> None:
    lines = (json.dumps({"task": "t", "args": {"n": n}}) for n in range(3))
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    iterator = iter(TaskList(_run(tasks_file="t.jsonl"), tmp_path))
    next(iterator)

    (tmp_path / "t.jsonl").unlink()

    assert len(list(iterator)) == 2
