"""Run keys and task ids that taskctl makes: by hand, and sent again."""

from __future__ import annotations

from uuid import uuid4

from task_scheduler.queue.task_id import TaskId

BY_HAND = "+run-"
"""Follows schedule and scheduled time in the key of a run that `taskctl run` made."""
AGAIN = "+again-"
"""Follows a run's key in the id of a task that `taskctl redrive` sent again."""


def key_by_hand(schedule: str, time: str) -> str:
    """Return the key of a new run that is started by hand.

    Args:
        schedule: its name.
        time: the time that it is for, RFC 3339 UTC.
    """
    return f"{schedule}@{time}{BY_HAND}{uuid4().hex[:8]}"


def sent_again(task_id: TaskId, dead_letter: str) -> TaskId:
    """Return the id under which a dead letter's task is sent again, the same each time.

    Args:
        task_id: the id that the task had.
        dead_letter: the short id of the dead letter.
    """
    return TaskId(f"{first_run(task_id.run)}{AGAIN}{dead_letter}", task_id.position)


def first_run(key: str) -> str:
    """Return the key of the run that a task belongs to, however often it was sent again."""
    return key.partition(AGAIN)[0]


def describe_origin(key: str) -> str:
    """Return " (by hand)" or " (sent again)" for the key of such a run, otherwise nothing."""
    if AGAIN in key:  # perhaps of a run by hand
        return " (sent again)"
    return " (by hand)" if BY_HAND in key else ""
