"""Places: which end of which run a message is for; an attribute of the message.

It is beside the body, so that a body that cannot be read has its end counted as well.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from task_scheduler.queue.task_id import TaskId

PLACE = "place"
"""The attribute with the run's key and the task's number."""

REDRIVE = "redrive"
"""The attribute that says how often a task was sent again from a dead letter."""

RESENT = "resent"
"""The attribute of what was sent after its sender had died: another message may be the same."""

MAX_REDRIVES = 63


class Place(NamedTuple):
    """A task's place in its run.

    Attributes:
        run: the run's key; of a message typed by hand, SQS's id.
        number: from 1, dense over the tasks and the refused lines of the list, unlike a position.
        redrive: how often it was sent again from a dead letter, 0 to MAX_REDRIVES.
    """

    run: str
    number: int = 1
    redrive: int = 0

    @classmethod
    def parse(cls, text: str, redrive: str = "") -> Self | None:
        """Parse the attributes of a message; None if they are not what send_task writes."""
        run, number = TaskId.parse(text)
        if number is None:
            return None
        times = int(redrive) if redrive.isascii() and redrive.isdecimal() else 0
        return cls(run, number, min(times, MAX_REDRIVES))

    def __str__(self) -> str:
        return str(TaskId(self.run, self.number))
