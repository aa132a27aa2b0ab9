"""What chat gets: one message about the tasks that came to their end in an invocation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from task_scheduler.observability.log import truncate
from task_scheduler.outcome import NotifyEvent

MAX_TITLE = 150
MAX_BODY = 1_800
"""Characters; both together stay below the 2,000 of Discord, which of the common services takes
the least."""

MAX_TEXT = 60
MAX_WORDS = 300

_SIGNS = {NotifyEvent.FAILURE: "✗", NotifyEvent.RECOVERY: "↻", NotifyEvent.SUCCESS: "✓"}
"""In the order in which they are told."""
_IN_WORDS = {
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

# The words of a task must not ring anybody's bell, as these do at Discord, Mattermost and others.
_MENTION = re.compile(r"@(?=everyone|here|channel|all\b|[!&\d])")
_ZERO_WIDTH_SPACE = "\u200b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The end of one task.

    Attributes:
        event: why it is told.
        schedule, scheduled_time: of its run.
        position: its place in the run's list.
        task: the function's name; None for a text that was printed.
        text: the task's text.
        detail: its result in short form, or the reason why it failed.
        attempt: the last one, from 1.
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
        title, body: its texts.
        kind: one of Apprise's: failure, warning or success.
    """

    title: str
    body: str
    kind: str


def compose(
    notifications: Sequence[Notification],
    ended: Iterable[Notification],
    untold: Mapping[NotifyEvent, int],
) -> ChatMessage:
    """The message about what happened in an invocation; what failed comes first.

    Args:
        notifications: what is told, at least one.
        ended: all tasks of the invocation that came to their end, told or not.
        untold: how many had no notification since the last message.
    """
    counts: dict[str, Counter[NotifyEvent]] = {
        notification.schedule: Counter() for notification in notifications
    }
    for end in ended:
        if end.schedule in counts:
            counts[end.schedule][end.event] += 1
    has_several = len(counts) > 1
    lines = [f"{name}: {_count(counts[name])}" for name in counts] if has_several else []
    times = {notification.scheduled_time for notification in notifications} - {None}
    if len(times) == 1:
        lines.append(f"due {times.pop()}")
    notifications = sorted(notifications, key=lambda notification: _ORDER.index(notification.event))
    lines += [_line(notification, names_schedule=has_several) for notification in notifications]
    last = f"Not told one by one: {_count(untold)}; see the log." if any(untold.values()) else None
    subject = f"{len(counts)} schedules" if has_several else notifications[0].schedule
    total = sum(counts.values(), Counter[NotifyEvent]())
    return ChatMessage(
        title=truncate(_harmless(f"{subject}: {_count(total)}"), MAX_TITLE - 30),
        body=_fit([_harmless(line) for line in lines], last),
        kind=_KINDS[notifications[0].event],
    )


def _line(notification: Notification, *, names_schedule: bool) -> str:
    text = notification.text and truncate(" ".join(notification.text.split()), MAX_TEXT)
    parts = [
        _SIGNS[notification.event],
        f"{notification.schedule if names_schedule else ''}#{notification.position}",
        notification.task,
        f"“{text}”" if text and notification.task else text,
    ]
    line = " ".join(part for part in parts if part)
    if notification.detail:
        line += f": {truncate(' '.join(notification.detail.split()), MAX_WORDS)}"
    return line + (f" (attempt {notification.attempt})" if notification.attempt > 1 else "")


def _count(counts: Mapping[NotifyEvent, int]) -> str:
    return ", ".join(f"{counts[what]} {_IN_WORDS[what]}" for what in _ORDER if counts.get(what))


def _fit(lines: list[str], last: str | None) -> str:
    """As many lines as there is room for, how many more there are, and the last line."""
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


def _harmless(text: str) -> str:
    return _MENTION.sub(f"@{_ZERO_WIDTH_SPACE}", text)
