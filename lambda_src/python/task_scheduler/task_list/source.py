"""A source of tasks, as a task list reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from task_scheduler.runs.run import Cursor
from task_scheduler.task_list.listed import Listed
from task_scheduler.task_list.out_of_time import IsTimeUp


class Source(Protocol):
    """A source of the tasks of a run.

    Attributes:
        watches_time: whether it asks is_time_up itself for each entry.
    """

    watches_time: bool

    def read(self, cursor: Cursor, is_time_up: IsTimeUp) -> Iterator[Listed]:
        """Read the entries from a cursor on.

        Args:
            cursor: made by `cursor_at`, perhaps in another process.
            is_time_up: asked where reading may take long without an entry.

        Raises:
            OutOfTime: the time was up before the next entry.
            IncompleteRun: the source is not what it was when the cursor was made, or broke.
            InvalidRun: it cannot be read.
        """

    def cursor_at(self, number: int, offset: int) -> Cursor:
        """Return the cursor at an entry, with what pins the source to what was read until there.

        Raises:
            IncompleteRun: it cannot be read from there on.
        """
