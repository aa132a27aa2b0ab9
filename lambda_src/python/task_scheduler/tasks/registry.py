"""Registered functions by name; the file that registers a name is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from task_scheduler.errors import BrokenTaskFile, DuplicateTask, UnknownTask
from task_scheduler.tasks.registered import Task, TaskSource
from task_scheduler.tasks.registrations import Registrations
from task_scheduler.tasks.secrets import forget_failed_secrets, load_secrets
from task_scheduler.tasks.task_files import IMPORT_SECONDS, TaskFiles, deadline_in

Registered = TypeVar("Registered", Task, TaskSource)


class _Table(dict[str, list[Registered]]):
    """Registered functions of one decorator by name; several of a name are a mistake."""

    def __init__(self, decorator: str) -> None:
        self.decorator = decorator

    def add(self, registered: Registered) -> None:
        self.setdefault(registered.name, []).append(registered)

    def forget(self, module: str) -> None:
        for name, several in list(self.items()):
            self[name] = [found for found in several if found.module != module]
            if not self[name]:
                del self[name]

    def find(self, name: str, folder: Path, seconds: float | None) -> Registered | None:
        """Return the function of a name; None if no file registers it, and no broken one may."""
        left = deadline_in(_at_most(seconds))
        files: dict[str, Registrations] = _files.registrations(folder)
        sure = [file for file in files if files[file].registers(self.decorator, name)]
        for module in sure:
            _files.load(module, folder, left())
        self._check(name, folder, sure)
        if name not in self:
            likely: list[str] = [
                file for file in files if files[file].may_register(self.decorator, name)
            ]
            for module in _files.in_order([*likely, *files]):
                _files.load(module, folder, left() / 2)  # the next one is left as much
                if name in self:
                    break
            else:
                self._check(name, folder, likely)
        return self.only(name, folder)

    def unknown(self, name: str, folder: Path) -> Exception:
        """Return the error for a name that has no function."""
        wanted = f"no @{self.decorator}({name!r})"
        if _files.failures:
            reasons = _reasons(sorted(_files.failures), folder)
            return _broken(f"{wanted}, and these files do not import: {reasons}")
        known = ", ".join(sorted(self)) or "none"
        return UnknownTask(
            f"{wanted} in a file at the top of the task folder (registered are: {known})"
        )

    def _check(self, name: str, folder: Path, modules: list[str]) -> None:
        """Refuse to go on without files that would register the name: nothing stands in."""
        if failed := [module for module in modules if module in _files.failures]:
            raise _broken(f"@{self.decorator}({name!r}): {_reasons(failed, folder)}", failed[0])

    def only(self, name: str, folder: Path) -> Registered | None:
        """Return the function of a name among those that are registered by now."""
        several = self.get(name, [])
        if len(several) > 1:
            files = sorted({_files.path(found.module, folder) for found in several})
            place = "in" if len(files) > 1 else "twice in"
            written = f"@{self.decorator}({name!r})"
            raise DuplicateTask(
                f"{written} stands {place} {' and '.join(files)}: rename one of them"
            )
        return several[0] if several else None


def _reasons(modules: list[str], folder: Path) -> str:
    return "; ".join(
        f"{_files.path(module, folder)} does not import: {_files.reason(module, folder)}"
        for module in modules
    )


def _broken(message: str, module: str | None = None) -> BrokenTaskFile:
    error = BrokenTaskFile(message)
    error.__cause__ = _files.failures[module or min(_files.failures)]
    return error


def _forget(module: str) -> None:
    _tasks.forget(module)
    _task_sources.forget(module)


_tasks: _Table[Task] = _Table("task")
_task_sources: _Table[TaskSource] = _Table("task_source")
_files = TaskFiles(_forget)


def add_task(registered: Task) -> None:
    """Register a task."""
    _tasks.add(registered)


def add_task_source(registered: TaskSource) -> None:
    """Register a source of tasks."""
    _task_sources.add(registered)


def find_task(name: str, folder: Path, *, seconds: float | None = None) -> Task:
    """Return the task that a name stands for; imports the file that registers it, if need be.

    The function's secrets are in the environment before that.

    A name that stands in no file as a text may be made by running one: the files are imported one
    by one until one of them has registered it. If none does, it may be a built-in task.

    Args:
        name: the name of the task.
        folder: the task folder, which is on Python's path.
        seconds: the seconds that the imports may take, at most IMPORT_SECONDS. There is no limit
            outside of the main thread.

    Raises:
        UnknownTask: no file registers the name; lists those that are registered.
        BrokenTaskFile: a file does not import that registers the name, or may; says which, why and
            where. It is not imported again before forget_failures.
        DuplicateTask: more than one function is registered; names the files.
        SecretUnavailable: a secret of the function cannot be read.
    """
    load_secrets(seconds)
    if found := _tasks.find(name, folder, seconds):
        return found
    from task_scheduler.tasks.builtin import BUILTIN_TASKS

    if name in BUILTIN_TASKS:
        return BUILTIN_TASKS[name]
    raise _tasks.unknown(name, folder)


def find_task_source(name: str, folder: Path, *, seconds: float | None = None) -> TaskSource:
    """Return the source of tasks that a name stands for; arguments and errors as of find_task."""
    load_secrets(seconds)
    if found := _task_sources.find(name, folder, seconds):
        return found
    raise _task_sources.unknown(name, folder)


def registered_tasks() -> list[Task]:
    """Return the tasks that files imported so far have registered."""
    return [task for several in _tasks.values() for task in several]


def find_problems(
    folder: Path,
    *,
    seconds: float | None = None,
    importing: Callable[[str], None] = lambda _file: None,
) -> list[str]:
    """Import every file of the task folder and report what is wrong with them.

    Args:
        folder: the task folder, which is on Python's path.
        seconds: the seconds that the import of each file may take, at most IMPORT_SECONDS.
        importing: called with the name of a file before it is imported, so that who waits for
            another process to do this knows which file it hangs in.

    Returns:
        A sentence for each file that does not import and for each name that is registered twice.
    """
    for module in _files.registrations(folder):
        importing(_files.path(module, folder))
        _files.load(module, folder, _at_most(seconds))
    problems = [_reasons([module], folder) for module in sorted(_files.failures)]
    for table in (_tasks, _task_sources):
        for name in sorted(table):
            try:
                table.only(name, folder)
            except DuplicateTask as error:
                problems.append(str(error))
    return problems


def forget_failures() -> None:
    """Begin an invocation: files that did not import, and secrets, are tried again."""
    _files.failures.clear()
    forget_failed_secrets()


def clear() -> None:
    """Forget all that was registered and imported, for tests."""
    _tasks.clear()
    _task_sources.clear()
    _files.clear()


def _at_most(seconds: float | None) -> float:
    return IMPORT_SECONDS if seconds is None else min(seconds, IMPORT_SECONDS)
