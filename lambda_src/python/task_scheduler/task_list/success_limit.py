"""Successes are told of short lists only, so the first messages wait until the end is in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.message import Message
from task_scheduler.task_list.task_list import TaskList


class SuccessLimit:
    """What messages go through from a list to the queue.

    Those of a run that wants its successes told are held, at most `limit` of them. Once one
    more comes, no success is told and nothing is held any longer.

    Args:
        task_list: that the messages come from.
        send: puts a message and its body onto the queue.
        limit: the most tasks whose successes are told.
    """

    def __init__(
        self, task_list: TaskList, send: Callable[[Message, str], None], *, limit: int
    ) -> None:
        self._list = task_list
        self._send = send
        self._limit = limit
        self._held: list[tuple[Message, str]] = []
        self._is_open = NotifyEvent.SUCCESS not in (task_list.run.notify_on or [])

    def put(self, message: Message, body: str) -> None:
        """Sends the message, or holds it."""
        if self._is_open:
            self._send(message, body)
            return
        self._held.append((message, body))
        if len(self._held) > self._limit:
            self.end(is_whole=False)

    def end(self, *, is_whole: bool) -> None:
        """Sends what is held.

        Args:
            is_whole: whether that is all of the list.
        """
        if not self._is_open and not is_whole:
            self._list.run = self._list.run.without_successes()
        for message, body in self._held:
            if is_whole:
                self._send(message, body)
            else:
                quieter = replace(message, notify_on=self._list.run.notify_on)
                self._send(quieter, quieter.encode())
        self._held.clear()
        self._is_open = True
