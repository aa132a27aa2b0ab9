"""The functions that task code registered, found by importing the files of the task folder."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import TypeVar

from task_scheduler.errors import BrokenTaskFile, DuplicateTask, UnknownTask
from task_scheduler.observability.log import reason_of
from task_scheduler.tasks.registered import Task, TaskSource

Registered = TypeVar("Registered", Task, TaskSource)


class _Table(dict[str, list[Registered]]):
    """What one decorator registered, by name; a name has several functions only by mistake."""

    def __init__(self, decorator: str) -> None:
        self.decorator = decorator

    def add(self, registered: Registered) -> None:
        self.setdefault(registered.name, []).append(registered)

    def forget(self, module: str) -> None:
        for name, several in list(self.items()):
            self[name] = [found for found in several if found.module != module]
            if not self[name]:
                del self[name]

    def find(self, name: str, folder: Path) -> Registered:
        _import_files(folder)
        wanted = f"@{self.decorator}({name!r})"
        match self.get(name, []):
            case [found]:
                return found
            case []:
                if _broken:
                    reasons = "; ".join(f"{module}: {why}" for module, why in _broken.items())
                    raise BrokenTaskFile(f"no {wanted}, and these files do not import: {reasons}")
                known = ", ".join(sorted(self)) or "none"
                raise UnknownTask(
                    f"no {wanted} in a file at the top of the task folder (registered are: {known})"
                )
            case several:
                files = " and ".join(sorted(f"{found.module}.py" for found in several))
                raise DuplicateTask(f"{wanted} stands in {files}: rename one of them")


_tasks: _Table[Task] = _Table("task")
_task_sources: _Table[TaskSource] = _Table("task_source")
_broken: dict[str, str] = {}
_imported: set[str] = set()


def add_task(registered: Task) -> None:
    """Register a task."""
    _tasks.add(registered)


def add_task_source(registered: TaskSource) -> None:
    """Register a source of tasks."""
    _task_sources.add(registered)


def find_task(name: str, folder: Path) -> Task:
    """The task that a name stands for; imports the files of the task folder when first called.

    One of the built-in tasks, if no file registers the name.

    Raises:
        UnknownTask: no file registers it; names those that are.
        BrokenTaskFile: no file registers it, and some do not import; names them and why. They are
            imported again at the next call.
        DuplicateTask: more than one function is registered; names the files.
    """
    try:
        return _tasks.find(name, folder)
    except (UnknownTask, BrokenTaskFile):
        from task_scheduler.tasks.builtin import BUILTIN_TASKS

        if name in BUILTIN_TASKS:
            return BUILTIN_TASKS[name]
        raise


def find_task_source(name: str, folder: Path) -> TaskSource:
    """The generator that a name stands for; raises what find_task raises."""
    return _task_sources.find(name, folder)


def find_problems(folder: Path) -> list[str]:
    """What is wrong with the files of the task folder, before a message asks for any of them.

    Returns:
        A sentence for each file that does not import and for each name that is registered twice.
    """
    _import_files(folder)
    problems = [f"{module}.py does not import: {why}" for module, why in sorted(_broken.items())]
    for table in (_tasks, _task_sources):
        for name in sorted(table):
            try:
                table.find(name, folder)
            except DuplicateTask as error:
                problems.append(str(error))
    return problems


def _import_files(folder: Path) -> None:
    for module in pkgutil.iter_modules([str(folder)]):
        if module.name not in _imported:
            _import_file(module.name, folder)


def _import_file(module: str, folder: Path) -> None:
    try:
        found = getattr(importlib.import_module(module), "__file__", None)
        if found is None or not Path(found).is_relative_to(folder):
            raise ImportError(
                f"{found or 'a module of Python'} is imported in its place: rename it"
            )
    # whatever a file does at import, exiting included, breaks its own tasks only
    except (Exception, SystemExit) as error:
        _broken[module] = f"{type(error).__name__}: {reason_of(error)}"
        _tasks.forget(module)
        _task_sources.forget(module)
    else:
        _broken.pop(module, None)
        _imported.add(module)
