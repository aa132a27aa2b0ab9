"""The message in chat about the tasks that ended in an invocation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from task_scheduler.notifications.harmless import harmless
from task_scheduler.observability.log import truncate
from task_scheduler.outcome import NotifyEvent

MAX_TITLE = 150
MAX_BODY = 1_800
"""Characters. Both together stay below the 2,000 of Discord, the lowest limit of the common
services."""

MAX_NAME = 60
MAX_DETAIL = 360
"""As long as a preview is, with what it says of the rest."""

_SIGNS = {NotifyEvent.FAILURE: "✗", NotifyEvent.RECOVERY: "↻", NotifyEvent.SUCCESS: "✓"}
"""In the order in which a message lists them."""
_VERBS = {
    NotifyEvent.FAILURE: "failed",
    NotifyEvent.RECOVERY: "recovered",
    NotifyEvent.SUCCESS: "succeeded",
}
_KINDS = {
    NotifyEvent.FAILURE: "failure",
    NotifyEvent.RECOVERY: "warning",
    NotifyEvent.SUCCESS: "success",
}
_ORDER = list(_SIGNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The end of one task.

    Attributes:
        event: how it ended.
        schedule: the name of its schedule.
        scheduled_time: the time of its run.
        position: its place in the run's list.
        task: the function's name; None for a text that was printed.
        text: the task's text.
        detail: the preview of its result, or the reason why it failed.
        attempt: the number of its last attempt, from 1.
    """

    event: NotifyEvent
    schedule: str
    scheduled_time: str | None = None
    position: str
    task: str | None = None
    text: str | None = None
    detail: str | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message.

    Attributes:
        title: its title, one line.
        body: its lines.
        kind: one of Apprise's: failure, warning or success.
    """

    title: str
    body: str
    kind: str


def compose(
    notifications: Sequence[Notification],
    ended: Iterable[Notification],
    undelivered: Mapping[NotifyEvent, int],
) -> ChatMessage:
    """Make the message about what happened in an invocation; failures come first.

    Args:
        notifications: the ends that are listed, at least one.
        ended: all ends of the invocation; those of the schedules above are counted.
        undelivered: how many ends were not listed in any message before.
    """
    counts: dict[str, Counter[NotifyEvent]] = {
        notification.schedule: Counter() for notification in notifications
    }
    for end in ended:
        if end.schedule in counts:
            counts[end.schedule][end.event] += 1
    names = {schedule: harmless(schedule, MAX_NAME) for schedule in counts}
    has_several = len(counts) > 1
    lines = [f"{names[one]}: {_count(counts[one])}" for one in counts] if has_several else []
    times = {notification.scheduled_time for notification in notifications} - {None}
    if len(times) == 1:
        lines.append(f"due {harmless(str(times.pop()), MAX_NAME)}")
    notifications = sorted(notifications, key=lambda notification: _ORDER.index(notification.event))
    lines += [_line(notification, names_schedule=has_several) for notification in notifications]
    last = f"Not listed: {_count(undelivered)}; see the log." if any(undelivered.values()) else None
    subject = f"{len(counts)} schedules" if has_several else names[notifications[0].schedule]
    total = sum(counts.values(), Counter[NotifyEvent]())
    return ChatMessage(
        title=truncate(f"{subject}: {_count(total)}", MAX_TITLE - 30),
        body=_fit(lines, last),
        kind=_KINDS[notifications[0].event],
    )


def _line(notification: Notification, *, names_schedule: bool) -> str:
    name, task, text = (
        harmless(part or "", MAX_NAME)
        for part in (notification.schedule, notification.task, notification.text)
    )
    parts = [
        _SIGNS[notification.event],
        f"{name if names_schedule else ''}#{harmless(notification.position, MAX_NAME)}",
        task,
        f"“{text}”" if text and task else text,
    ]
    line = " ".join(part for part in parts if part)
    if notification.detail:
        line += f": {harmless(notification.detail, MAX_DETAIL)}"
    return line + (f" (attempt {notification.attempt})" if notification.attempt > 1 else "")


def _count(counts: Mapping[NotifyEvent, int]) -> str:
    return ", ".join(f"{counts[event]} {_VERBS[event]}" for event in _ORDER if counts.get(event))


def _fit(lines: list[str], last: str | None) -> str:
    """Return as many lines as there is room for, how many more there are, and the last line."""
    room = MAX_BODY - len(last or "") - 30
    fitting: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        fitting.append(line)
    if len(fitting) < len(lines):
        fitting.append(f"... and {len(lines) - len(fitting)} more")
    return "\n".join([*fitting, *([last] if last else [])])
