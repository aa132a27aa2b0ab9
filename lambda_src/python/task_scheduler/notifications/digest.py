"""The message of a run: its counts, its duration, its failures by reason, and what to do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.observability.log import truncate
from task_scheduler.outcome import NotifyEvent

MAX_GROUPS = 5
MAX_PLACES = 8
MAX_REASON = 200
MAX_BODY = 1_700
"""Characters; with the title they stay below the 2,000 of Discord."""

_SIGNS = {NotifyEvent.FAILURE: "✗", NotifyEvent.RECOVERY: "↻", NotifyEvent.SUCCESS: "✓"}
_KINDS = {
    NotifyEvent.FAILURE: "failure", NotifyEvent.RECOVERY: "success", NotifyEvent.SUCCESS: "success",
}  # fmt: skip
_VARYING = re.compile(r"\d+|0x[0-9a-f]+|'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnd:
    """A task's end as the ledger keeps it.

    Attributes:
        position: of the task in its list.
        text: its result, or the reason why it failed; several lines stay several lines.
    """

    position: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What there is to say of a run.

    Attributes:
        schedule: its name.
        event: why people are notified.
        due: when it was due or started, seconds since 1970.
        timezone: of the schedule.
        seconds: from its beginning to its close.
        usual_seconds: the median of its last runs; None while there are too few.
        total, failed: tasks.
        missing: tasks that have no end.
        streak: runs of the schedule that failed before this one, in a row.
        last_success: when the last run that succeeded was due; None if none did.
        failures: those that are kept.
        results: of a run of few tasks.
        reason: why its list was not sent whole.
        retry: the command that runs its failed tasks again.
    """

    schedule: str
    event: NotifyEvent
    due: int
    timezone: str = "UTC"
    seconds: int = 0
    usual_seconds: float | None = None
    total: int = 0
    failed: int = 0
    missing: int = 0
    streak: int = 0
    last_success: int | None = None
    failures: Sequence[TaskEnd] = ()
    results: Sequence[TaskEnd] = ()
    reason: str | None = None
    retry: str | None = None


def compose_digest(digest: Digest) -> ChatMessage:
    """Write the message of a run."""
    lines = [_when(digest)]
    if digest.streak and digest.event is NotifyEvent.FAILURE:
        lines.append(_still_failing(digest))
    if digest.reason:
        lines.append(truncate(digest.reason, MAX_REASON))
    if digest.missing:
        lines.append(f"{digest.missing} tasks have no end")
    lines += _groups(digest.failures)
    lines += [f"#{end.position}: {end.text}" for end in digest.results]
    if digest.failed and digest.retry:
        lines.append(f"run them again: {digest.retry}")
    return ChatMessage(
        title=f"{_SIGNS[digest.event]} {digest.schedule}: {_summary(digest)}",
        body=_fit("\n".join(lines)),
        kind=_KINDS[digest.event],
    )


def _summary(digest: Digest) -> str:
    if digest.event is NotifyEvent.FAILURE:
        return f"{digest.failed} of {digest.total} failed" if digest.failed else "not complete"
    tasks = "1 task" if digest.total == 1 else f"{digest.total} tasks"
    if digest.event is NotifyEvent.RECOVERY:
        runs = "1 failed run" if digest.streak == 1 else f"{digest.streak} failed runs"
        return f"recovered after {runs}, {tasks}"
    return f"{tasks} succeeded"


def _when(digest: Digest) -> str:
    took = f"took {_duration(digest.seconds)}"
    if digest.usual_seconds is not None:
        took += f", usually {_duration(digest.usual_seconds)}"
    return f"due {_local(digest.due, digest.timezone)}; {took}"


def _still_failing(digest: Digest) -> str:
    last = ""
    if digest.last_success is not None:
        last = f", last success {_local(digest.last_success, digest.timezone)}"
    return f"still failing, {_ordinal(digest.streak + 1)} time{last}"


def _groups(failures: Sequence[TaskEnd]) -> list[str]:
    """Group failures whose reasons differ in numbers and quoted texts alone."""
    groups: dict[str, list[TaskEnd]] = defaultdict(list)
    for failure in failures:
        groups[_VARYING.sub("…", failure.text)].append(failure)
    largest = sorted(groups.values(), key=len, reverse=True)
    lines = [_group(group) for group in largest[:MAX_GROUPS]]
    if len(largest) > MAX_GROUPS:
        lines.append(f"... and {len(largest) - MAX_GROUPS} other reasons")
    return lines


def _group(group: Sequence[TaskEnd]) -> str:
    places = ", ".join(f"#{failure.position}" for failure in group[:MAX_PLACES])
    if len(group) > MAX_PLACES:
        places += f" and {len(group) - MAX_PLACES} more"
    reason = truncate(" ".join(group[0].text.split()), MAX_REASON)
    return f"{places}: {reason}"


def _local(moment: int, timezone: str) -> str:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return f"{datetime.fromtimestamp(moment, UTC):%a %Y-%m-%d %H:%M} UTC"
    return f"{datetime.fromtimestamp(moment, zone):%a %Y-%m-%d %H:%M} {timezone}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 * (number % 100 not in (11, 12, 13)), "th")
    return f"{number}{suffix}"


def _fit(text: str) -> str:
    return text if len(text) <= MAX_BODY else f"{text[: MAX_BODY - 20].rstrip()}\n... (cut)"
