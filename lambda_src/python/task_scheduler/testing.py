"""Tests of task code: an attempt of a task as run_task makes it, without AWS or environment.

    from task_scheduler.testing import run_task

    def test_a_city_is_greeted() -> None:
        ran = run_task("greet", "Oslo", args={"times": "2"})
        assert (ran.outcome, ran.result) == ("success", "Hello, Oslo! Hello, Oslo!")

The arguments travel as a message and are converted, the time is limited, and exceptions become
outcomes by the code that does so on Lambda. What comes before and after an attempt (lists, the
queue, dead letters, notifications) is not imitated here: `taskctl dev` runs all of it.
"""

from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from task_scheduler.config import Settings
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.history import History
from task_scheduler.execution.reading import Unrunnable, read
from task_scheduler.execution.result import Ended
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import DEFAULT_RETRIES, Message
from task_scheduler.queue.record import Record
from task_scheduler.queue.task_id import scheduled_time_of
from task_scheduler.runs.chunk import Chunk, Mark, Marks, Position
from task_scheduler.tasks.context import ParentRun, TaskContext
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.registry import registered_tasks
from task_scheduler.tasks.task_files import IMPORT_SECONDS

__all__ = ["ParentRun", "TaskResult", "attempt_task", "make_context", "run_task"]

RUN_TASK_TIMEOUT = 60.0
"""Seconds of run_task where tfvars have no run_task_timeout."""

_SCHEDULE = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """The result of an attempt.

    Attributes:
        outcome: success, retry or failed, as the log has it.
        result: what the function returned, as chat and log show it; None for nothing.
        error: what it raised, or why it was not called; None if it succeeded.
        output: what it printed and logged.
        would_retry_in: seconds until the next attempt, some of them random; None without one.
        seconds: the seconds that the function took.
    """

    outcome: Outcome
    result: str | None
    error: BaseException | None
    output: str
    would_retry_in: float | None
    seconds: float


def run_task(
    task: str | Callable[..., Any],
    text: str | None = None,
    *,
    args: Mapping[str, Any] | None = None,
    attempt: int = 1,
    retries: int = DEFAULT_RETRIES,
    timeout: float = RUN_TASK_TIMEOUT,
    schedule: str = _SCHEDULE,
    scheduled_time: str | None = None,
    parents: Sequence[ParentRun] = (),
    folder: str | Path = "tasks",
) -> TaskResult:
    """Make one attempt of a task, the way run_task does.

    Args:
        task: the name in @task(...), or the decorated function itself.
        text: a task's text, the function's first argument.
        args: the function's other arguments; texts are converted as those of tfvars are.
        attempt: its number, from 1 to 1 + retries; after the last there is no `retry`.
        retries: the retries of the schedule.
        timeout: seconds that the function run_task has, a part of which it keeps for its reports.
        schedule: name of the schedule, for the context.
        scheduled_time: when the run was due, RFC 3339 UTC; None for now.
        parents: the runs that it follows, for `context.parents`.
        folder: the task folder (task_code_dir), looked for from the current folder on.

    Raises:
        ValueError: there is no such attempt.
        InvalidLine: send_task would refuse the task: its arguments cannot travel in a message.
        LookupError: the function is not decorated with @task.
        FileNotFoundError: there is no such folder.
    """
    if not 1 <= attempt <= retries + 1:
        raise ValueError(f"attempt={attempt}: must be from 1 to {retries + 1} with {retries=}")
    place = _use(Path(folder))
    registered = _registered(task, place)
    message = Message(
        id=f"{schedule}@test#1",
        schedule=schedule,
        scheduled_time=scheduled_time or scheduled_time_of(time.time()),
        task=registered.name if registered else str(task),
        text=text,
        args=args or {},
        retries=retries,
    )
    with _captured() as output:
        ended = attempt_task(
            message,
            place,
            timeout=timeout,
            attempt=attempt,
            registered=registered,
            parents=parents,
        )
    sys.stdout.write(output.getvalue())  # pytest shows it where the test fails
    result = ended.result
    return TaskResult(
        outcome=result.outcome,
        result=result.preview,
        error=result.error,
        output=output.getvalue(),
        would_retry_in=result.retry_after,
        seconds=result.seconds,
    )


def make_context(
    *,
    attempt: int = 1,
    timeout: float = RUN_TASK_TIMEOUT,
    schedule: str = _SCHEDULE,
    scheduled_time: str | None = None,
    parents: Sequence[ParentRun] = (),
) -> TaskContext:
    """Return a context, for a test that calls a task's function itself.

    Args:
        attempt: number of the attempt.
        timeout: seconds that are left.
        schedule: name of the schedule.
        scheduled_time: when the run was due, RFC 3339 UTC; None for now.
        parents: the runs that it follows.
    """
    return TaskContext(
        schedule=schedule,
        scheduled_time=scheduled_time or scheduled_time_of(time.time()),
        attempt=attempt,
        deadline=time.monotonic() + timeout,
        read_parents=lambda: tuple(parents),
    )


def attempt_task(
    message: Message,
    folder: Path,
    *,
    timeout: float = RUN_TASK_TIMEOUT,
    attempt: int = 1,
    registered: Task | None = None,
    parents: Sequence[ParentRun] = (),
) -> Ended:
    """Make one attempt of a message, as if those before it had failed.

    Args:
        message: the task.
        folder: the task folder, absolute, on Python's path.
        timeout: seconds of run_task.
        attempt: its number, from 1.
        registered: the task's function; None to look it up by the message's name.
        parents: the runs that its run follows.

    Raises:
        InvalidLine: send_task would refuse the task.
    """
    record = _record(message, attempt)
    made: Attempt | Unrunnable
    if registered is not None:
        received = Message.decode(record.body, sqs_id=record.sqs_id)
        made = Attempt(Delivery(record, received, used=attempt - 1), received, registered)
    else:
        made = read(
            record,
            Settings(task_folder=folder),
            History.of(record, _failed_attempts(record)),
            seconds=IMPORT_SECONDS,
            read_kept=lambda place: None,
        )
    if isinstance(made, Unrunnable):
        return Ended(made.delivery, made.result)
    budget = TimeBudget(lambda: timeout)
    context = made.context(budget.limit(made.task.timeout))
    return Ended(made.delivery, made.run(replace(context, read_parents=lambda: tuple(parents))))


def _failed_attempts(record: Record) -> Chunk:
    """Return what the ledger would have of the attempts before this one."""
    marks = Marks()
    for receive in range(1, record.receives):
        marks.add(Mark.TRIED, Position.of(record.counted_at), receives=receive)
    return Chunk(marks={mark: frozenset(numbers) for mark, numbers in marks.sets.items()})


def _record(message: Message, receives: int) -> Record:
    now = time.time()
    return Record(
        sqs_id=message.id,
        receipt_handle="",
        body=message.encode(),
        receives=receives,
        sent=now,
        first_received=now,
        message_group=None,
        deduplication_id=None,
    )


def _use(folder: Path) -> Path:
    """Make the files of the task folder importable, as they are on Lambda."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; folder= must be that of task_code_dir")
    folder = folder.resolve()
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return folder


def _registered(task: str | Callable[..., Any], folder: Path) -> Task | None:
    """Return the task of a function, or of a name that a file of the folder has registered.

    A test may have imported the file under another name, such as tasks.report: looking the name up
    would import it a second time.
    """
    if not isinstance(task, str):
        for known in registered_tasks():
            if known.function is task:
                return known
        name = getattr(task, "__qualname__", repr(task))
        raise LookupError(f"{name} is not a task: must be decorated with @task(...), outermost")
    own = [known for known in registered_tasks() if known.name == task and _is_in(known, folder)]
    return own[0] if len(own) == 1 else None


def _is_in(task: Task, folder: Path) -> bool:
    code = getattr(task.function, "__code__", None)
    return code is not None and Path(code.co_filename).is_relative_to(folder)


@contextmanager
def _captured() -> Iterator[io.StringIO]:
    """Catch what is printed, and what is logged at INFO and above."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    try:
        with redirect_stdout(output), redirect_stderr(output):
            yield output
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
