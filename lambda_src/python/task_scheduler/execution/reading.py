"""From a record to an attempt, or to the reason why there is none."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple

from task_scheduler.config import Settings
from task_scheduler.errors import Expired, OutOfReceives
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Result, failure
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.registry import find_task


class Unrunnable(NamedTuple):
    """A delivery that no task is run for.

    Attributes:
        delivery: of the message, which may be unreadable.
        result: what comes of it.
    """

    delivery: Delivery
    result: Result


def read(
    record: Record,
    settings: Settings,
    sandbox: Sandbox,
    *,
    seconds: float,
    runs_last_receive: bool = False,
) -> Attempt | Unrunnable:
    """Read a message and find its task.

    Args:
        record: what was received.
        settings: of the function.
        sandbox: what it remembers of the message.
        seconds: that importing the task's file may take.
        runs_last_receive: whether the task is run even if SQS would not hand it over once more;
            otherwise its dead letter is written instead, since a task that kills the function
            would leave none.
    """
    message = None
    try:
        message = Message.decode(record.body, sqs_id=record.sqs_id)
        delivery = _deliver(record, message, settings, sandbox)
        if result := sandbox.unsent.get(record.sqs_id):
            return Unrunnable(delivery, result)
        _check_age(message, record)
        task = _find(message.task, settings.task_folder, seconds)
        if delivery.is_out_of_receives and not runs_last_receive:
            raise OutOfReceives(
                f"received {record.receives} times, as often as the queue allows, and no attempt "
                "came to an end: its function was killed each time, or there was no time for it"
            )
    # whatever is wrong with a message or its task file is no harm to its neighbours
    except Exception as error:
        delivery = _deliver(record, message, settings, sandbox)
        return Unrunnable(delivery, failure(delivery, error))
    return Attempt(delivery, message, task)


def _deliver(
    record: Record, message: Message | None, settings: Settings, sandbox: Sandbox
) -> Delivery:
    return Delivery(
        record=record,
        message=message,
        max_receives=settings.max_receive_count,
        retention=settings.message_retention,
        given_back=sandbox.given_back[record.sqs_id],
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
