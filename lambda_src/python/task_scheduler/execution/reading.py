"""From a record to an attempt, or to the reason why there is none."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import NamedTuple

from task_scheduler.config import Settings
from task_scheduler.errors import InvalidMessage, LedgerUnavailable
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.checks import ReadKept, check
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.history import History
from task_scheduler.execution.result import Result, failure, postponement
from task_scheduler.outcome import Outcome
from task_scheduler.queue.fifo import is_fifo
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Position
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.registry import find_task


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
        check(
            delivery,
            message,
            chunk,
            read_kept=read_kept,
            is_fifo=is_fifo(settings.queue_url),
            is_cancelled=is_cancelled,
        )
        task = PRINT
        if message.task is not None:
            task = find_task(message.task, settings.task_folder, seconds=seconds)
    except LedgerUnavailable as error:
        return Unrunnable(delivery, postponement(delivery, error))
    # whatever is wrong with a message or its task file does not harm its neighbours
    except Exception as error:
        return Unrunnable(delivery, failure(delivery, error))
    return Attempt(delivery, message, task)


def _duplicate(delivery: Delivery) -> Unrunnable:
    record = delivery.record
    with suppress(InvalidMessage):
        delivery = delivery._replace(message=Message.decode(record.body, sqs_id=record.sqs_id))
    return Unrunnable(delivery, Result(outcome=Outcome.DUPLICATE, attempt=delivery.number))


def print_text(text: str) -> None:
    """Print the text of a message that names no function."""
    sys.stdout.write(f"{text}\n")


PRINT = Task("print", print_text)
"""The task of a message that names no function."""
