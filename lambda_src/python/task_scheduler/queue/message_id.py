"""Message ids: the key of a run and a position in its list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

# a position is written in one way, so that an id that was parsed is written as it was
_OF_A_RUN = re.compile(r"(.+)#([1-9][0-9]{0,17})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MessageId:
    """The id of a message, the same however often and by whomever the task is sent.

    Attributes:
        run: the run's key; the whole id of a message that was typed by hand.
        position: the task's place in the run's list, from 1; None for one typed by hand.
    """

    run: str
    position: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse "nightly@2026-11-23T02:00:00Z#17". Any other text is an id typed by hand."""
        match = _OF_A_RUN.fullmatch(text)
        return cls(match[1], int(match[2])) if match else cls(text)

    def __str__(self) -> str:
        return self.run if self.position is None else f"{self.run}#{self.position}"
