"""Messages of listed tasks."""

from __future__ import annotations

from typing import NamedTuple

from task_scheduler.errors import InvalidLine
from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Run
from task_scheduler.task_list.listed import ListedTask, Refused


class EncodedMessage(NamedTuple):
    """A message, and the body that it has on the queue."""

    message: Message
    body: str


def make_message(run: Run, task: ListedTask) -> EncodedMessage | Refused:
    """Make the message of a task, or say why it cannot be sent."""
    message = run.message(
        task.number,
        text=task.text,
        task=task.task,
        args=task.args,
        message_group=task.message_group,
        worker=task.worker,
    )
    try:
        if message.task is None and message.text is None:
            raise InvalidLine("names no task, and neither does its schedule")
        return EncodedMessage(message, message.encode())
    except InvalidLine as refused:
        return task.refused(str(refused))
