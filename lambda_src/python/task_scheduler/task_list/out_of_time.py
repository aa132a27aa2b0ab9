"""The end of an invocation's time in the middle of a list."""

from __future__ import annotations

from collections.abc import Callable

IsTimeUp = Callable[[], bool]


class OutOfTime(Exception):
    """There is no time to read on.

    Args:
        number: the number of the line that another invocation has to begin with.
        offset: the offset of that line, in bytes.
    """

    def __init__(self, number: int, offset: int) -> None:
        super().__init__(f"no time to reach line {number}")
        self.number = number
        self.offset = offset
