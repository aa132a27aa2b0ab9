"""A file of the task folder, which stays the one that a run was begun with."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from task_scheduler.errors import IncompleteRun
from task_scheduler.runs.run import Cursor


class FolderFile:
    """Opens a file of the task folder, pinned by its content.

    Args:
        name: the schedule's `tasks_file`.
        folder: the task folder.
        fingerprint: the SHA-256 of the file that the list was begun with; None at the beginning,
            and in cursors of 0.1.0.
    """

    def __init__(self, name: str, folder: Path, *, fingerprint: str | None) -> None:
        self.label = f"tasks_file {name!r}"
        self._path = folder / name
        self._fingerprint = fingerprint

    def open(self, offset: int) -> BinaryIO:
        """Open the file at an offset in bytes.

        Raises:
            IncompleteRun: it is another file by now: task code was deployed meanwhile.
            OSError: it cannot be read.
        """
        if self._fingerprint is not None and self._fingerprint != self._compute_fingerprint():
            raise IncompleteRun(
                f"{self.label}: was replaced, by a deployment, while its tasks were being sent"
            )
        stream = self._path.open("rb")
        stream.seek(offset)
        return stream

    def pin(self, cursor: Cursor) -> Cursor:
        """Add the file's fingerprint to a cursor."""
        if self._fingerprint is None:
            self._fingerprint = self._compute_fingerprint()
        return replace(cursor, fingerprint=self._fingerprint)

    def _compute_fingerprint(self) -> str:
        with self._path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
