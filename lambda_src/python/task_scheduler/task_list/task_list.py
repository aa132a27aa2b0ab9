"""The tasks of a run, read one at a time from wherever its schedule says that they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from task_scheduler.errors import IncompleteRun
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.folder_file import FolderFile
from task_scheduler.task_list.generator import GeneratedTasks
from task_scheduler.task_list.inline import InlineTasks, OneTask
from task_scheduler.task_list.listed import Listed
from task_scheduler.task_list.out_of_time import IsTimeUp, OutOfTime
from task_scheduler.task_list.s3_object import S3File
from task_scheduler.task_list.source import Source
from task_scheduler.task_list.task_file import FileTasks


class TaskList:
    """Every entry of a run's list from the run's cursor on, in the list's order.

    Iteration ends with the list, when the time is up, or when the list turns out to be broken or
    changed; the attributes say which.

    Args:
        run: the run whose list it is.
        task_folder: where task code and task files lie.
        is_time_up: asked before each entry, and where reading takes long without one.

    Attributes:
        rest: where another invocation goes on once the time is up; None otherwise.
        incomplete: why there is more of the list that cannot be read; None otherwise.

    Iterating raises:
        InvalidRun: the list cannot be read, is of an unknown kind, or has no usable header.
        LookupError, ImportError: there is no such generator; says why.
    """

    def __init__(self, run: Run, task_folder: Path, is_time_up: IsTimeUp = lambda: False) -> None:
        self.rest: Cursor | None = None
        self.incomplete: IncompleteRun | None = None
        self._run = run
        self._folder = task_folder
        self._is_time_up = is_time_up

    def __iter__(self) -> Iterator[Listed]:
        try:
            source = _source(self._run, self._folder)
            try:
                yield from self._read(source)
            except OutOfTime as error:
                self.rest = source.cursor_at(error.number, error.offset)
        except IncompleteRun as error:
            self.incomplete = error

    def _read(self, source: Source) -> Iterator[Listed]:
        only = self._run.only
        for listed in source.read(self._run.cursor, self._is_time_up):
            if only is not None and listed.number > only:
                return
            if not source.watches_time and self._is_time_up():
                raise OutOfTime(listed.number, listed.offset)
            if only is None or listed.number == only:
                yield listed


def _source(run: Run, folder: Path) -> Source:
    if run.tasks is not None:
        return InlineTasks(run.tasks)
    if run.tasks_source is not None:
        return GeneratedTasks(run.tasks_source, folder, run.args)
    if run.tasks_file is not None:
        file = FolderFile(run.tasks_file, folder, fingerprint=run.cursor.fingerprint)
        return FileTasks(run.tasks_file, file)
    if run.tasks_s3_uri is not None:
        return FileTasks(run.tasks_s3_uri, S3File(run.tasks_s3_uri, etag=run.cursor.etag))
    return OneTask()
