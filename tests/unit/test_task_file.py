"""Files of tasks that are read in pieces: what is before the cursor, and what the cursor keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.runs.run import Cursor
from task_scheduler.task_list.folder_file import FolderFile
from task_scheduler.task_list.out_of_time import OutOfTime
from task_scheduler.task_list.task_file import FileTasks, _skip

PIECES = [b"abc", b"def", b"ghi"]


@pytest.mark.parametrize(
    ("offset", "rest"), [(1, b"bcdefghi"), (3, b"defghi"), (4, b"efghi"), (9, b""), (12, b"")]
)
def test_what_is_before_the_cursor_is_passed_over(offset: int, rest: bytes) -> None:
    cursor = Cursor(line=2, offset=offset)

    assert b"".join(_skip(iter(PIECES), cursor, lambda: False)) == rest


def test_where_the_time_ends_before_the_cursor_is_reached_it_stays_where_it_is() -> None:
    looks = iter([False, True])

    with pytest.raises(OutOfTime) as stopped:
        list(_skip(iter(PIECES), Cursor(line=7, offset=100), lambda: next(looks)))
    assert (stopped.value.number, stopped.value.offset) == (7, 100)


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("t.csv", b"a;b\n1;2\n3;4\n", {"header": ["a", "b"], "separator": ";"}),
        ("t.csv", b"a,b\n1,2\n3,4\n", {"header": ["a", "b"], "separator": ","}),
        ("t.txt", "one\ntwo\n".encode("utf-16"), {"encoding": "utf-16-le"}),
        ("t.txt", b"one\ntwo\n", {}),
    ],
)
def test_a_cursor_keeps_what_was_read_of_the_file_that_is_not_read_again(
    tmp_path: Path, name: str, data: bytes, kept: dict[str, Any]
) -> None:
    (tmp_path / name).write_bytes(data)
    tasks = FileTasks(name, FolderFile(name, tmp_path, fingerprint=None))
    whole = list(tasks.read(Cursor(line=1), lambda: False))

    cursor = tasks.cursor_at(whole[1].number, whole[1].offset)

    assert replace(cursor, fingerprint=None) == Cursor(
        line=whole[1].number, offset=whole[1].offset, **kept
    )
    again = FileTasks(name, FolderFile(name, tmp_path, fingerprint=cursor.fingerprint))
    assert list(again.read(cursor, lambda: False)) == whole[1:]
