"""Run keys and message ids, taken apart and extended."""

from __future__ import annotations

import re
from dataclasses import dataclass

BY_HAND = "+run-"
"""Follows schedule and scheduled time in the key of a run that `taskctl run` made."""
AGAIN = "+again-"
"""Follows a run's key in the id of a task that `taskctl redrive` sent again."""

_MESSAGE_ID = re.compile(r"(.+)#([0-9]{1,18})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MessageId:
    """The id of a task's message.

    Attributes:
        run: the key of its run; the whole id of a message that was typed by hand.
        position: its place in the run's list, from 1; None for a message typed by hand.
    """

    run: str
    position: int | None = None

    @classmethod
    def parse(cls, text: str) -> MessageId:
        """Split an id at its position."""
        found = _MESSAGE_ID.fullmatch(text)
        return cls(found[1], int(found[2])) if found else cls(text)

    def __str__(self) -> str:
        return self.run if self.position is None else f"{self.run}#{self.position}"

    def sent_again(self, dead_letter: str) -> MessageId:
        """Return the id under which a dead letter's task is sent again, the same each time.

        Args:
            dead_letter: the short id of the dead letter.
        """
        return MessageId(f"{self.run.partition(AGAIN)[0]}{AGAIN}{dead_letter}", self.position)


def describe_origin(key: str) -> str:
    """Return " (by hand)" or " (sent again)" for the key of such a run, otherwise nothing."""
    if AGAIN in key:  # perhaps of a run by hand
        return " (sent again)"
    return " (by hand)" if BY_HAND in key else ""
