"""Outcomes of tasks and notification events."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a message that was received; its value stands in logs and dead letters."""

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
    """The body is not a message."""
    CANCELLED = "cancelled"
    """Its run was cancelled before it was started."""

    @property
    def is_final(self) -> bool:
        """True if the message leaves the queue."""
        return self is not Outcome.RETRY

    @property
    def is_dead(self) -> bool:
        """True if the message becomes a dead letter."""
        return self in (Outcome.FAILED, Outcome.EXPIRED, Outcome.UNREADABLE)


class NotifyEvent(StrEnum):
    """An end of a run that people may be notified of; a schedule's notify_on lists those."""

    SUCCESS = "success"
    """All its tasks succeeded."""
    FAILURE = "failure"
    """A task of it is a dead letter, or its list was not sent whole."""
    RECOVERY = "recovery"
    """It succeeded after the run before it, or after some of its own tasks, had failed."""
