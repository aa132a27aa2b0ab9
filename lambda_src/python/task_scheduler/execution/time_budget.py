"""Starts a task only if the invocation's remaining time is enough for it."""

from __future__ import annotations

from collections.abc import Callable

RESERVE_SHARE = 0.2
MAX_RESERVE_SECONDS = 5.0


class TimeBudget:
    """Shares out one invocation's time.

    A fifth of it, at most 5 seconds, is kept for reporting what came of the batch: at 128 MB
    importing botocore for the first report takes about as long.

    Args:
        remaining: returns the seconds until the function is ended.

    Attributes:
        total: the seconds that there were at the beginning.
    """

    def __init__(self, remaining: Callable[[], float]) -> None:
        self.total = remaining()
        self._remaining = remaining
        self._reserve = min(MAX_RESERVE_SECONDS, self.total * RESERVE_SHARE)
        self._longest: float | None = None

    def allows(self, timeout: float | None) -> bool:
        """Whether a task may start: always while none has ended, later if it should fit.

        Args:
            timeout: seconds that the task declares; one that declares none is taken to need as
                long as the longest task so far.
        """
        if self._longest is None:
            return True
        return self._remaining() - self._reserve >= (timeout or self._longest)

    def limit(self, timeout: float | None) -> float:
        """Seconds that a task which starts now may take: its timeout, or what is left."""
        left = max(0.01, self._remaining() - self._reserve)
        return left if timeout is None else min(left, timeout)

    def left_for_dead_letter(self) -> float:
        """Seconds that sending a dead letter may take now."""
        return max(0.01, self._remaining() - self._reserve / 2)

    def left_for_report(self) -> float:
        """Seconds that telling SQS what became of a message may take now."""
        return max(0.01, self._remaining() - self._reserve / 4)

    def ended(self, seconds: float) -> None:
        """Takes note of how long a task took."""
        self._longest = max(self._longest or 0.0, seconds)
