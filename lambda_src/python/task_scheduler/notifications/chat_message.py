"""What chat gets: one message about the tasks that came to their end in an invocation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from task_scheduler.observability.log import shorten
from task_scheduler.outcome import Occasion

MAX_TITLE = 150
MAX_BODY = 1_800
"""Characters; both together stay below the 2,000 of Discord, which of the common services takes
the least."""

MAX_TEXT = 60
MAX_WORDS = 300

_SIGNS = {Occasion.FAILURE: "✗", Occasion.RECOVERED: "↻", Occasion.SUCCESS: "✓"}
"""In the order in which they are told."""
_IN_WORDS = {
    Occasion.FAILURE: "failed",
    Occasion.RECOVERED: "recovered",
    Occasion.SUCCESS: "succeeded",
}
_KINDS = {
    Occasion.FAILURE: "failure",
    Occasion.RECOVERED: "warning",
    Occasion.SUCCESS: "success",
}
_ORDER = list(_SIGNS)

# The words of a task must not ring anybody's bell, as these do at Discord, Mattermost and others.
_MENTION = re.compile(r"@(?=everyone|here|channel|all\b|[!&\d])")
_ZERO_WIDTH_SPACE = "\u200b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The end of one task.

    Attributes:
        occasion: why it is told.
        schedule, scheduled_time: of its firing.
        position: its place in the firing's list.
        task: the function's name; None for a text that was printed.
        text: the task's text.
        words: its result in short form, or the reason why it failed.
        attempt: the last one, from 1.
    """

    occasion: Occasion
    schedule: str
    scheduled_time: str | None = None
    position: str
    task: str | None = None
    text: str | None = None
    words: str | None = None
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
    notices: Sequence[Notice],
    ended: Iterable[Notice],
    untold: Mapping[Occasion, int],
) -> ChatMessage:
    """The message about what happened in an invocation; what failed comes first.

    Args:
        notices: what is told, at least one.
        ended: all tasks of the invocation that came to their end, told or not.
        untold: how many had no notice since the last message.
    """
    counts: dict[str, Counter[Occasion]] = {notice.schedule: Counter() for notice in notices}
    for end in ended:
        if end.schedule in counts:
            counts[end.schedule][end.occasion] += 1
    has_several = len(counts) > 1
    lines = [f"{name}: {_count(counts[name])}" for name in counts] if has_several else []
    times = {notice.scheduled_time for notice in notices} - {None}
    if len(times) == 1:
        lines.append(f"due {times.pop()}")
    notices = sorted(notices, key=lambda notice: _ORDER.index(notice.occasion))
    lines += [_line(notice, names_schedule=has_several) for notice in notices]
    last = f"Not told one by one: {_count(untold)}; see the log." if any(untold.values()) else None
    subject = f"{len(counts)} schedules" if has_several else notices[0].schedule
    total = sum(counts.values(), Counter[Occasion]())
    return ChatMessage(
        title=shorten(_harmless(f"{subject}: {_count(total)}"), MAX_TITLE - 30),
        body=_fit([_harmless(line) for line in lines], last),
        kind=_KINDS[notices[0].occasion],
    )


def _line(notice: Notice, *, names_schedule: bool) -> str:
    text = notice.text and shorten(" ".join(notice.text.split()), MAX_TEXT)
    parts = [
        _SIGNS[notice.occasion],
        f"{notice.schedule if names_schedule else ''}#{notice.position}",
        notice.task,
        f"“{text}”" if text and notice.task else text,
    ]
    line = " ".join(part for part in parts if part)
    if notice.words:
        line += f": {shorten(' '.join(notice.words.split()), MAX_WORDS)}"
    return line + (f" (attempt {notice.attempt})" if notice.attempt > 1 else "")


def _count(counts: Mapping[Occasion, int]) -> str:
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
