"""The texts of a schedule's `tasks`, or its one task without a list."""

from __future__ import annotations

from collections.abc import Iterator

from task_scheduler.runs.run import Cursor
from task_scheduler.task_list.listed import Listed, ListedTask
from task_scheduler.task_list.out_of_time import IsTimeUp


class InlineTasks:
    """A list that travels in the event itself, and so stays what it is."""

    watches_time = False

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    def read(self, cursor: Cursor, is_time_up: IsTimeUp) -> Iterator[Listed]:
        """Read the texts from a cursor on."""
        for number in range(cursor.line, len(self._texts) + 1):
            text = self._texts[number - 1]
            yield ListedTask(number, 0, text, text)

    def cursor_at(self, number: int, offset: int) -> Cursor:
        """Return the cursor at a text."""
        return Cursor(line=number, offset=offset)


class OneTask:
    """The task of a schedule without a list: its function, called once."""

    watches_time = False

    def read(self, cursor: Cursor, is_time_up: IsTimeUp) -> Iterator[Listed]:
        """Read the one task."""
        yield ListedTask(1, 0, b"")

    def cursor_at(self, number: int, offset: int) -> Cursor:
        """Return the cursor at the one task."""
        return Cursor(line=number, offset=offset)
