"""Edits of the files that a session was made of."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from task_scheduler_local.dev.root import Root
from task_scheduler_local.dev.watch import is_watched, watching

_CONFIGURATION = (".tf", ".tfvars", ".tf.json", ".tfvars.json", ".tofu")


@dataclass(frozen=True)
class Edit:
    """Files that were changed.

    Attributes:
        paths: the paths of the files.
        is_code: true for files of a task folder, false for what Terraform reads.
    """

    paths: frozenset[Path]
    is_code: bool


class Edits:
    """Watches the files of a session.

    Args:
        root: what Terraform applies.
        folder: the user's root.
        tfvars: the file of values that was named; None for none.
        on_edit: called with each edit, in a thread.

    Attributes:
        task_folders: the folders of task code.
    """

    def __init__(
        self, root: Root, folder: Path, tfvars: Path | None, on_edit: Callable[[Edit], None]
    ) -> None:
        self.task_folders: frozenset[Path] = frozenset()
        self._root = root
        self._folder = folder
        self._tfvars = tfvars
        self._on_edit = on_edit
        self._watched: dict[bool, list[Path]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the folders that there are now, for the length of the block."""
        self._watched = self._folders()
        with ExitStack() as watches:
            for is_code, folders in self._watched.items():
                changed = self._changed_code if is_code else self._changed_configuration
                watches.enter_context(watching(folders, changed, recursive=is_code))
            yield

    @property
    def is_up_to_date(self) -> bool:
        """True if the folders that are watched are those that are to be watched."""
        return self._watched == self._folders()

    def catch_up(self, since: float) -> None:
        """Take note of what was changed while other folders were watched.

        Args:
            since: seconds since 1970.
        """
        for is_code, folders in self._watched.items():
            paths = {
                path
                for folder in folders
                for path in folder.glob("**/*" if is_code else "*")
                if is_watched(path, folders) and path.is_file() and path.stat().st_mtime >= since
            }
            if paths:
                (self._changed_code if is_code else self._changed_configuration)(paths)

    def _folders(self) -> dict[bool, list[Path]]:
        """Return the folders to be watched: with all in them, and without their folders."""
        sources = self._root.sources()
        runtimes = [path for path in sources if path.name == "lambda_src"]
        flat = {self._folder, *(path for path in sources if path not in runtimes)}
        if self._tfvars:
            flat.add(self._tfvars.parent)
        return {True: sorted(self.task_folders | set(runtimes)), False: sorted(flat)}

    def _changed_code(self, paths: set[Path]) -> None:
        is_code = any(self._is_task_code(path) for path in paths)
        self._on_edit(Edit(frozenset(paths), is_code))

    def _changed_configuration(self, paths: set[Path]) -> None:
        found = frozenset(path for path in paths if path.name.endswith(_CONFIGURATION))
        if self._tfvars in paths:
            found |= {self._tfvars}
        if found:
            self._on_edit(Edit(found, is_code=False))

    def _is_task_code(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self.task_folders)


def names(edits: Iterable[Edit], folder: Path) -> str:
    """Return the names of the files, from a folder: three of them, and how many more."""
    paths = sorted({path for edit in edits for path in edit.paths})
    found = [os.path.relpath(path, folder) for path in paths]
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def newest(edits: Iterable[Edit]) -> float:
    """Return the time at which the last of the files was changed; of one that was deleted, now."""
    times = []
    for path in {path for edit in edits for path in edit.paths}:
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            times.append(time.time())
    return max(times, default=time.time())
