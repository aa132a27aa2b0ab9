"""A message as it was received this time: which attempt it is, and whether others may follow."""

from __future__ import annotations

import time
from math import inf
from typing import Any, NamedTuple

from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record

MARGIN_SHARE = 0.1
MAX_MARGIN_SECONDS = 300.0
"""Time between the last attempt, which may start late, and the end of a message's retention."""


class Delivery(NamedTuple):
    """One delivery of a message.

    Attributes:
        record: the message as it was received.
        message: the contents; None if they cannot be read.
        max_receives: the receive after which SQS itself dead-letters the message.
        retention: seconds on the queue after which SQS drops the message.
        used: attempts that it has used before.
    """

    record: Record
    message: Message | None
    max_receives: float = inf
    retention: float = inf
    used: int = 0

    @property
    def number(self) -> int:
        """Number of the attempt, from 1 to 1 + retries."""
        return min(self.used, self.message.retries) + 1 if self.message else 1

    @property
    def is_last(self) -> bool:
        """True if no run follows this one: the last permitted receive is for the dead letter."""
        return self.record.receives >= self.max_receives - 1

    @property
    def is_out_of_retries(self) -> bool:
        """True if no attempt follows this one."""
        return self.is_last or (self.message is not None and self.used >= self.message.retries)

    @property
    def has_no_attempt_left(self) -> bool:
        """True if every attempt was used before."""
        return self.message is not None and self.used > self.message.retries

    @property
    def is_out_of_receives(self) -> bool:
        """True if SQS would not hand the message over once more."""
        return self.record.receives >= self.max_receives

    def is_in_time(self, wait: float) -> bool:
        """Return True if an attempt after so many seconds is due before SQS drops the message."""
        margin = min(MAX_MARGIN_SECONDS, self.retention * MARGIN_SHARE)
        return time.time() + wait <= self.record.sent + self.retention - margin

    @property
    def log_fields(self) -> dict[str, Any]:
        """The fields of a log line that say which attempt of which task it is about."""
        fields: dict[str, Any] = {"id": self.record.sqs_id}
        if self.message is not None:
            fields = {
                "id": self.message.id,
                "schedule": self.message.schedule,
                "scheduled_time": self.message.scheduled_time,
                "task": self.message.task,
            }
        fields["attempt"] = self.number
        return {name: value for name, value in fields.items() if value is not None}
