"""Memory of a sandbox from batch to batch: SQS counts receives and nothing else."""

from __future__ import annotations

from collections import Counter
from threading import Thread

from task_scheduler.execution.result import Result

MAX_REMEMBERED = 1_000


class Sandbox:
    """The memory of a sandbox, by SQS's ids.

    Attributes:
        given_back: how often it gave a message back without an attempt.
        unsent: results of attempts whose dead letter could not be sent.
        given_up: threads of attempts that were given up.
    """

    def __init__(self) -> None:
        self.given_back: Counter[str] = Counter()
        self.unsent: dict[str, Result] = {}
        self.given_up: list[Thread] = []

    @property
    def is_stuck(self) -> bool:
        """True if attempts that were given up run still."""
        return any(thread.is_alive() for thread in self.given_up)

    def give_back(self, sqs_id: str) -> None:
        """Count a receive that was no attempt."""
        if len(self.given_back) >= MAX_REMEMBERED:
            self.given_back.clear()
        self.given_back[sqs_id] += 1

    def keep_unsent(self, sqs_id: str, result: Result) -> None:
        """Remember a result, so that its dead letter alone is tried again."""
        if len(self.unsent) >= MAX_REMEMBERED:
            self.unsent.clear()
        self.unsent[sqs_id] = result

    def forget(self, sqs_id: str) -> None:
        """Forget a message that has left the queue."""
        self.given_back.pop(sqs_id, None)
        self.unsent.pop(sqs_id, None)


SANDBOX = Sandbox()
"""This sandbox's."""
