"""Pace: the tasks of a run are spread over time where they are sent, by SQS's delays.

SQS delays a message by 15 minutes at most. What is due later is sent later: the cursor says when,
and keep_runs takes it up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil

from task_scheduler.errors import InvalidRun

MAX_DELAY_SECONDS = 900
"""SQS's limit."""

HORIZON_SECONDS = 880
"""Tasks of so many seconds are sent at once; the rest is for the time that sending them takes."""

AHEAD_SECONDS = 360
"""keep_runs is to go on so long before the first task that is not sent yet: it comes every five
minutes, and a start takes some seconds."""

RESERVE = 1.02
"""Delays are whole seconds, and requests take a while, so that tasks move by about a second: by so
much slower they are sent, and no minute has more than it may."""

_PACE = re.compile(r"0*([1-9][0-9]{0,6})/(minute|hour)")
_SECONDS = {"minute": 60, "hour": 3_600}


class Pacer:
    """The times of tasks that are sent one after the other.

    Args:
        pace: such as 300/minute.
        next_slot: when the first of them is due, in seconds since 1970; at once if that is past.
        clock: returns the time.

    Raises:
        InvalidRun: the pace is malformed.
    """

    def __init__(self, pace: str, next_slot: float | None, clock: Callable[[], float]) -> None:
        found = _PACE.fullmatch(pace)
        if found is None:
            raise InvalidRun(
                f"pace {pace!r}: must be a number from 1 and a unit, such as 300/minute or 100/hour"
            )
        self._clock = clock
        self._spacing = RESERVE * _SECONDS[found[2]] / int(found[1])
        # what a stall has held up does not come all at once
        self._start = max(next_slot or 0, clock())
        self._count = 0

    @property
    def next_slot(self) -> int:
        """The time of the next task, in seconds since 1970."""
        return ceil(self._start + self._count * self._spacing)

    @property
    def is_full(self) -> bool:
        """True if the next task cannot be delayed for long enough."""
        return self.next_slot > self._clock() + HORIZON_SECONDS

    @property
    def resume_seconds(self) -> int:
        """The seconds after which somebody has to go on."""
        return max(1, int(self.next_slot - AHEAD_SECONDS - self._clock()))

    def take(self) -> int:
        """Return the delay of the next task, in seconds, and go on to the one after it."""
        delay = max(0, ceil(self._start + self._count * self._spacing - self._clock()))
        self._count += 1
        return min(delay, MAX_DELAY_SECONDS)
