"""Start a task only if the invocation's remaining time is enough for it."""

from __future__ import annotations

from collections.abc import Callable

RESERVE_SHARE = 0.2
MAX_RESERVE_SECONDS = 5.0

MARGIN_SHARE = 0.25
MAX_MARGIN_SECONDS = 1.0
"""Time between the end of the process, by itself, and the function's end."""

REPORT_SHARE = 0.2
MAX_REPORT_SECONDS = 1.0
"""The least time between a task's end and the process's."""

MAX_FLUSH_SECONDS = 3.0
"""Longer than this no task of a batch waits for a report on those before it."""


class TimeBudget:
    """Shares out one invocation's time.

    A fifth of it, at most 5 seconds, is kept for reports on the batch: at 128 MB importing
    botocore for the first report takes about as long. The last second of it is kept for nothing:
    there the process has ended itself (watchdog.py).

    Args:
        remaining: returns the seconds until the function is ended.

    Attributes:
        remaining: returns the seconds until the function is ended.
        total: the seconds that there were at the beginning.
        margin: seconds before the function's end at which the process ends itself.
        longest: seconds that the longest task took so far; 0 before one has ended.
    """

    def __init__(self, remaining: Callable[[], float]) -> None:
        self.total = remaining()
        self.margin = min(MAX_MARGIN_SECONDS, self.total * MARGIN_SHARE)
        self.longest = 0.0
        self.remaining = remaining
        self._report = max(
            min(MAX_RESERVE_SECONDS, self.total * RESERVE_SHARE) - self.margin,
            min(MAX_REPORT_SECONDS, self.total * REPORT_SHARE),
        )
        self._has_ended_one = False

    def allows(self, timeout: float | None) -> bool:
        """Return True if a task may start: always while none has ended, later if it should fit.

        Args:
            timeout: seconds that the task declares; one that declares none is taken to need as
                long as the longest task so far.
        """
        if not self._has_ended_one:
            return True
        return self._left - self._report >= (timeout or self.longest)

    def limit(self, timeout: float | None) -> float:
        """Seconds that a task which starts now may take: its timeout, or what is left."""
        left = max(0.01, self._left - self._report)
        return left if timeout is None else min(left, timeout)

    def left_for_dead_letter(self) -> float:
        """Seconds that sending a dead letter may take now."""
        return max(0.01, self._left - self._report / 2)

    def left_for_report(self) -> float:
        """Seconds that a report to SQS or to chat may take now."""
        return max(0.01, self._left - self._report / 4)

    def left_for_flush(self) -> float:
        """Seconds that a report to SQS may take while tasks wait for it."""
        return min(MAX_FLUSH_SECONDS, self.left_for_report())

    def ended(self, seconds: float) -> None:
        """Take note of how long a task took."""
        self._has_ended_one = True
        self.longest = max(self.longest, seconds)

    @property
    def _left(self) -> float:
        """Seconds until the process ends itself."""
        return self.remaining() - self.margin
