"""From a record to an attempt, or to the reason why there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from task_scheduler.config import Settings
from task_scheduler.errors import (
    Expired,
    FailedBefore,
    InvalidMessage,
    LedgerUnavailable,
    OutOfAttempts,
    OutOfReceives,
    RunCancelled,
)
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.history import History
from task_scheduler.execution.result import Result, failure, postponement
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import OUTAGE_CAP_SECONDS, compute_backoff
from task_scheduler.queue.fifo import is_fifo
from task_scheduler.queue.message import Message
from task_scheduler.queue.place import Place
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Chunk, Position
from task_scheduler.runs.kept_ends import KeptEnd
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.registry import find_task

ReadKept = Callable[[Place], KeptEnd | None]
"""Reads what is kept of a task's end; raises LedgerUnavailable."""


class Unrunnable(NamedTuple):
    """A delivery that no task is run for.

    Attributes:
        delivery: the delivery of the message, which may be unreadable.
        result: what comes of it.
    """

    delivery: Delivery
    result: Result


def read(
    record: Record,
    settings: Settings,
    history: History,
    *,
    seconds: float,
    read_kept: ReadKept,
    is_cancelled: bool = False,
) -> Attempt | Unrunnable:
    """Read a message and find its task.

    Args:
        record: what was received.
        settings: the settings of the function.
        history: the history of its earlier receives.
        seconds: the seconds that importing the task's file may take.
        read_kept: reads why a task failed that failed before.
        is_cancelled: whether its run was cancelled.
    """
    delivery = Delivery(
        record=record,
        message=None,
        max_receives=settings.max_receive_count,
        retention=settings.message_retention,
    )
    try:
        chunk, position = history.chunk_of(record), Position.of(record.counted_at)
        delivery = delivery._replace(used=chunk.attempts(position))
        if chunk.has_ended(position):
            return _duplicate(delivery)
        message = Message.decode(record.body, sqs_id=record.sqs_id)
        delivery = delivery._replace(message=message)
        _check_may_run(delivery, chunk, position, read_kept)
        _check_receives(delivery, is_fifo=is_fifo(settings.queue_url))
        if is_cancelled:
            raise RunCancelled("its run was cancelled before it was started")
        _check_age(message, record)
        task = _find(message.task, settings.task_folder, seconds)
    except LedgerUnavailable as error:
        wait = compute_backoff(record.receives, cap=OUTAGE_CAP_SECONDS)
        return Unrunnable(delivery, postponement(delivery, error, wait))
    # whatever is wrong with a message or its task file does not harm its neighbours
    except Exception as error:
        return Unrunnable(delivery, failure(delivery, error))
    return Attempt(delivery, message, task)


def _duplicate(delivery: Delivery) -> Unrunnable:
    record = delivery.record
    with suppress(InvalidMessage):
        delivery = delivery._replace(message=Message.decode(record.body, sqs_id=record.sqs_id))
    return Unrunnable(delivery, Result(outcome=Outcome.DUPLICATE, attempt=delivery.number))


def _check_may_run(
    delivery: Delivery, chunk: Chunk, position: Position, read_kept: ReadKept
) -> None:
    """Raise why a task must not be run once more."""
    if chunk.is_final(position) or delivery.has_no_attempt_left:
        kept = read_kept(delivery.record.counted_at)
        if kept is not None and kept.reason is not None:
            raise FailedBefore(kept.reason, kept.error or "Exception")
        raise OutOfAttempts(
            f"its function was killed at each of its {delivery.number} attempts, or before it "
            "could say how they ended"
        )


def _check_receives(delivery: Delivery, *, is_fifo: bool) -> None:
    """Raise why the dead letter of a message is written instead of a run.

    A task that kills the function at the last receive would leave none. In a FIFO queue one that
    was never begun alone may have stood behind such a task each time, and is run.
    """
    if delivery.is_out_of_receives and (delivery.used or not is_fifo):
        raise OutOfReceives(
            f"received {delivery.record.receives} times, as often as the queue allows, and no "
            "attempt succeeded"
        )


def _find(name: str | None, folder: Path, seconds: float) -> Task:
    return PRINT if name is None else find_task(name, folder, seconds=seconds)


def _check_age(message: Message, record: Record) -> None:
    age = time.time() - record.sent
    if message.max_age is not None and age > message.max_age:
        raise Expired(f"{age:.0f} s on the queue: max_age is {message.max_age} s")


def print_text(text: str) -> None:
    """Print the text of a message that names no function."""
    sys.stdout.write(f"{text}\n")


PRINT = Task("print", print_text)
"""The task of a message that names no function."""
