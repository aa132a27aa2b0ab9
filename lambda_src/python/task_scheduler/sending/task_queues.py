"""The task queues of a stack, one for each worker, and a sender for each that tasks are sent to."""

from __future__ import annotations

from contextlib import ExitStack

from task_scheduler import aws
from task_scheduler.config import Settings
from task_scheduler.queue.message import DEFAULT_WORKER, worker_problem
from task_scheduler.queue.sending import Entry, Sender

IN_FLIGHT = 16
"""Requests under way at once; one client serves them all. A FIFO queue gets one after the other."""


class TaskQueues(ExitStack):
    """Senders by worker, each made when its first message comes; a context manager, as they are.

    Args:
        settings: the settings of the function.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._urls = {DEFAULT_WORKER: settings.queue_url, **(settings.worker_queues or {})}
        self._senders: dict[str, Sender] = {}

    @property
    def entries(self) -> int:
        """Messages that were put."""
        return sum(sender.entries for sender in self._senders.values())

    @property
    def requests(self) -> int:
        """Requests that SQS answered."""
        return sum(sender.requests for sender in self._senders.values())

    def problem(self, worker: str | None) -> str | None:
        """Return why there is no such worker; None if there is."""
        return worker_problem(worker, self._urls)

    def url(self, worker: str | None) -> str:
        """Return the URL of a worker's queue."""
        return self._urls[worker or DEFAULT_WORKER]

    def put(self, worker: str | None, entry: Entry) -> None:
        """Send a message to a worker; raises what Sender.put raises."""
        name = worker or DEFAULT_WORKER
        if name not in self._senders:
            sender = Sender(aws.sqs(), self._urls[name], in_flight=IN_FLIGHT)
            self._senders[name] = self.enter_context(sender)
        self._senders[name].put(entry)
