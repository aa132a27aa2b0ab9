"""The message of a schedule that has not run, or whose run has not ended, in time."""

from __future__ import annotations

from collections.abc import Sequence

from task_scheduler.outcome import NotifyEvent

_OVER = "nothing of it is overdue any more"
"""Services take no message without a text."""


def notify_of_watch(
    schedule: str,
    *,
    headline: str,
    reason: str | None,
    notify_on: Sequence[str],
    notify_to: Sequence[str] | None,
    mention: str | None,
    streak: int,
    seconds: float,
) -> bool:
    """Notify people of a problem with a schedule, or of its end.

    Args:
        schedule: its name.
        headline: in a few words.
        reason: in a sentence; None for the problem's end.
        notify_on: the events on which people are notified.
        notify_to: the names of the targets; None for all of them.
        mention: whom a failure mentions.
        streak: how many of its runs failed in a row: if any did, an incident stays open.
        seconds: the seconds that it may take.

    Returns:
        Whether nothing is left to do.
    """
    # Apprise and what it needs take a while to import
    from task_scheduler.notifications.digest import Digest
    from task_scheduler.notifications.notifier import NOTIFIER

    event = NotifyEvent.RECOVERY if reason is None else NotifyEvent.FAILURE
    digest = Digest(
        key=schedule,
        schedule=schedule,
        event=event,
        due=0,
        headline=headline,
        reason=_OVER if reason is None else reason,
        is_wanted=event in notify_on
        or (event is NotifyEvent.RECOVERY and NotifyEvent.SUCCESS in notify_on),
        is_failing=reason is not None or streak > 0,
        notify_to=notify_to,
        mention=mention,
    )
    return NOTIFIER.send(digest, seconds=seconds).is_done
