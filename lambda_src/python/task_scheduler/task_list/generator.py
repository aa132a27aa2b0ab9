"""The tasks that a generator of the task folder yields."""

from __future__ import annotations

import copy
import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from task_scheduler.errors import IncompleteRun, NotSerializable
from task_scheduler.observability.log import reason_of
from task_scheduler.queue import serialization
from task_scheduler.runs.run import Cursor
from task_scheduler.task_list.hanging import Hanging, hanging_calls
from task_scheduler.task_list.listed import Listed, Refused, quote, read_value
from task_scheduler.task_list.out_of_time import IsTimeUp, OutOfTime
from task_scheduler.tasks.registered import TaskSource
from task_scheduler.tasks.registry import find_task_source

COMPARED = 1
"""Tasks before the cursor that a generator is asked for once more, to be compared. One that yields
in another order than before would skip some of its tasks and repeat others. Each costs what its
generator takes for it."""


class GeneratedTasks:
    """A generator's tasks, which must be the same each time that it is asked.

    Args:
        name: the name that the generator is registered under.
        task_folder: where task code lies.
        args: the arguments of the schedule.

    Raises:
        LookupError, ImportError: there is no such generator; says why.
        InvalidArguments: the arguments do not fit it.
    """

    watches_time = True

    def __init__(self, name: str, task_folder: Path, args: Mapping[str, Any]) -> None:
        self._source: TaskSource = find_task_source(name, task_folder)
        self._source.check_arguments(args)
        self._args = args
        self._last: deque[Listed] = deque(maxlen=COMPARED + 1)

    def read(self, cursor: Cursor, is_time_up: IsTimeUp) -> Iterator[Listed]:
        """Read the tasks from a cursor on, after a look at the ones before it."""
        before = cursor.checksums or []
        first = cursor.line - len(before)
        number = first - 1
        goes_on = self._source.accepts_cursor
        try:
            for number, value in enumerate(self._values_from(first, is_time_up), start=first):
                listed = _listed(value, number)
                if number < cursor.line:
                    self._compare(listed, before[number - first])
                self._last.append(listed)
                if number < cursor.line:
                    continue
                if not goes_on and is_time_up():
                    raise OutOfTime(number, 0)
                yield listed
                # before the generator takes time for another one: each invocation sends one
                if goes_on and is_time_up():
                    raise OutOfTime(number + 1, 0)
        except Hanging:
            raise OutOfTime(max(number + 1, cursor.line), 0) from None
        except _Raised as raised:
            sent = max(number, cursor.line - 1)
            raise IncompleteRun(
                f"{self._name} raised after {sent} tasks: {raised}",
                goes_on_at=sent + 1 if goes_on else None,
            ) from raised.__cause__
        if number < cursor.line - 1:
            raise IncompleteRun(
                f"{self._name} yields fewer than the {cursor.line - 1} tasks that were sent: "
                f"{_MUST_BE_STABLE}"
            )

    def cursor_at(self, number: int, offset: int) -> Cursor:
        """Return the cursor at a task, with checksums of the tasks before it.

        Raises:
            IncompleteRun: the generator accepts no cursor.
        """
        if not self._source.accepts_cursor:
            raise IncompleteRun(
                f"no time for more than {number - 1} tasks: raise send_task_timeout, or "
                f"let {self._name} accept a cursor"
            )
        before = [_checksum(listed) for listed in self._last if listed.number < number]
        return Cursor(line=number, offset=offset, checksums=before[-COMPARED:] or None)

    def _values_from(self, position: int, is_time_up: IsTimeUp) -> Iterator[object]:
        """Yield what the generator does, and end where it calls sys.exit(0).

        Raises:
            Hanging: it did not come to its next task in time.
            _Raised: from whatever it raised.
        """
        end = object()
        with hanging_calls(is_time_up) as call:
            values: Iterator[object] | None = None
            while True:
                try:
                    values = values or call(partial(self._begin, position))
                    value = call(partial(next, values, end))
                except (KeyboardInterrupt, Hanging):
                    raise
                except SystemExit as error:
                    if error.code in (None, 0):
                        return
                    raise _Raised(f"called sys.exit({error.code!r})") from error
                except BaseException as error:  # a cancelled request, too: the list is not whole
                    raise _Raised(f"{type(error).__name__}: {reason_of(error)}") from error
                if value is end:
                    return
                yield value

    def _begin(self, position: int) -> Iterator[object]:
        return self._source.tasks_from(position, self._args)

    def _compare(self, listed: Listed, expected: str) -> None:
        if _checksum(listed) != expected:
            raise IncompleteRun(
                f"{self._name} yields another task at position {listed.number} than before: "
                f"{_MUST_BE_STABLE}"
            )

    @property
    def _name(self) -> str:
        return f"@task_source({self._source.name!r})"


class _Raised(Exception):
    """A generator raised; the message says what."""


_MUST_BE_STABLE = "a source must yield the same tasks in the same order whenever a run is sent"


def _listed(value: object, number: int) -> Listed:
    try:
        # a generator may change what it has yielded, and yield it again
        value = value if isinstance(value, str) else copy.deepcopy(value)
    except Exception as error:
        return Refused(number, f"cannot be copied: {reason_of(error)}", quote(value))
    return read_value(value, number, 0, value)


def _checksum(listed: Listed) -> str:
    try:
        content = (
            listed.reason if isinstance(listed, Refused) else serialization.to_json(listed.identity)
        )
    except NotSerializable:
        content = "not serializable"
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]
