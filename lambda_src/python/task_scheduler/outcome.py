"""The words for what came of a task, and for when somebody is told."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What came of a message that was received; the values stand in logs and dead letters."""

    SUCCESS = "success"
    """The task returned."""
    RETRY = "retry"
    """The attempt failed and another one follows."""
    FAILED = "failed"
    """Failed for good: out of retries, never to be retried, or never started."""
    EXPIRED = "expired"
    """Older than its max_age before it was started."""
    DUPLICATE = "duplicate"
    """Had come to its end before: the message was delivered, or sent, twice."""
    UNREADABLE = "unreadable"
    """The body is no message."""

    @property
    def is_final(self) -> bool:
        """Whether the message leaves the queue."""
        return self is not Outcome.RETRY

    @property
    def is_dead(self) -> bool:
        """Whether the message becomes a dead letter."""
        return self in (Outcome.FAILED, Outcome.EXPIRED, Outcome.UNREADABLE)


class NotifyEvent(StrEnum):
    """When a task's end is told; a schedule's notify_on lists those that it wants."""

    SUCCESS = "success"
    """It succeeded."""
    FAILURE = "failure"
    """It became a dead letter: failed for good, expired."""
    RECOVERY = "recovery"
    """It succeeded after an attempt that had failed."""
