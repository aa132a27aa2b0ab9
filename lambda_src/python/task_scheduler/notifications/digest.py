"""The message of a run: its counts, its duration, its failures by reason, and what to do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.harmless import harmless, harmless_lines, is_harmless_command
from task_scheduler.notifications.markup import MARKDOWN, PLAIN, Markup
from task_scheduler.observability.log import logger, truncate
from task_scheduler.outcome import NotifyEvent

MAX_TITLE = 150
MAX_BODY = 1_680
MAX_MENTION = 120
"""Characters. Together they stay below the 2,000 of Discord, the lowest limit of the common
services."""

MAX_KEY = 255
"""Characters of PagerDuty's deduplication key; Opsgenie takes 512."""

MAX_GROUPS = 5
MAX_PLACES = 8
MAX_NAME = 60
MAX_REASON = 200
MAX_RESULTS = 1_000
"""Characters of all results together, of which each has MIN_RESULT at least."""
MIN_RESULT = 160
MAX_LINES = 20
"""Lines of a result."""

_WEEK_SECONDS = 6 * 86_400
_SIGNS = {NotifyEvent.FAILURE: "✗", NotifyEvent.RECOVERY: "↻", NotifyEvent.SUCCESS: "✓"}
_STATES = {"cancelled": "cancelled", "incomplete": "its list was not sent whole"}
_VARYING = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnd:
    """A task's end as the ledger keeps it.

    Attributes:
        position: the position of the task in its list.
        text: its result, or the reason why it failed; several lines stay several lines.
        task: the function's name, if the message shows it.
    """

    position: str
    text: str
    task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The content of a run's message.

    Attributes:
        key: the key of the run.
        schedule: its name.
        event: why people are notified.
        state: the state in which the run was closed.
        headline: what stands in place of the counts, where it is about no run that was closed.
        is_early: the run is still open: what is said is its first failure.
        is_wanted: its notify_on lists the event; if not, incident services alone are notified, so
            that an incident ends with its cause.
        is_failing: the last run of the schedule failed, whatever this one did; None if this one is
            the last.
        notify_to: the targets by their names; None for all of them.
        mention: whom a failure mentions, as the chat service writes it.
        due: when it was due or started, seconds since 1970.
        timezone: the time zone of the schedule.
        seconds: from its beginning to its close, or until now.
        usual_seconds: the median of its last runs; None while there are too few.
        total, failed: tasks.
        missing: tasks that have no end.
        streak: runs of the schedule that failed before this one, in a row.
        last_success: when the last run that succeeded was due; None if none did.
        failures: those that are kept.
        results: the results of a run of few tasks.
        reason: why its list was not sent whole, or who cancelled it.
        log_link: the address of the run's lines in the log.
        retry: the command that runs its failed tasks again.
    """

    key: str
    schedule: str
    event: NotifyEvent
    due: int
    state: str = ""
    headline: str | None = None
    is_early: bool = False
    is_wanted: bool = True
    is_failing: bool | None = None
    notify_to: Sequence[str] | None = None
    mention: str | None = None
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
    log_link: str | None = None
    retry: str | None = None


def compose_digest(digest: Digest) -> ChatMessage:
    """Write the message of a run."""
    is_failure = digest.event is NotifyEvent.FAILURE
    name = harmless(digest.schedule, MAX_NAME)
    mention = " ".join((digest.mention or "").split())[:MAX_MENTION] if is_failure else ""
    return ChatMessage(
        title=truncate(f"{_SIGNS[digest.event]} {name}: {_summary(digest)}", MAX_TITLE - 30),
        text=_body(digest, PLAIN),
        markdown=_body(digest, MARKDOWN),
        is_failure=is_failure,
        mention=mention,
        incident=f"{logger.service}/{digest.schedule}"[:MAX_KEY],
        is_failing=is_failure if digest.is_failing is None else digest.is_failing,
        link=digest.log_link,
    )


def _summary(digest: Digest) -> str:
    if digest.headline:
        return digest.headline
    if digest.is_early:
        return "first failure, still running"
    if digest.event is NotifyEvent.FAILURE:
        parts = [_STATES[digest.state]] if digest.state in _STATES else []
        if digest.failed or not parts:
            parts.append(f"{_of_total(digest)}failed")
        return ", ".join(parts)
    tasks = "" if digest.total == 1 else f"{digest.total} tasks "
    if digest.event is NotifyEvent.SUCCESS:
        return f"{tasks}succeeded"
    if not digest.streak:
        return "recovered"
    return f"recovered after {_counted(digest.streak, 'failed run')}"


def _of_total(digest: Digest) -> str:
    return "" if digest.total == 1 else f"{digest.failed} of {digest.total} "


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _body(digest: Digest, markup: Markup) -> str:
    """Write the lines below the title; what has no room in the middle is counted."""
    head = [] if digest.headline else [_when(digest)]
    if digest.streak and digest.event is NotifyEvent.FAILURE:
        head.append(_still_failing(digest))
    if digest.reason:
        head.append(markup.code(harmless(digest.reason, MAX_REASON)))
    if digest.missing:
        head.append(f"Without an end: {_counted(digest.missing, 'task')}")
    tail = [markup.link("Log of the run", digest.log_link)] if digest.log_link else []
    if digest.failed and digest.retry and is_harmless_command(digest.retry):
        tail.append(f"Run them again: {markup.code(digest.retry)}")
    room = MAX_BODY - sum(len(line) + 1 for line in head + tail)
    middle = _fit([*_groups(digest, markup), *_results(digest, markup)], room)
    return "\n".join([*head, *middle, *tail])


def _when(digest: Digest) -> str:
    usual = "" if digest.usual_seconds is None else f", usually {_duration(digest.usual_seconds)}"
    took = f"{'running for' if digest.is_early else 'took'} {_duration(digest.seconds)}{usual}"
    return f"Due {_local(digest.due, digest.timezone)}; {took}"


def _still_failing(digest: Digest) -> str:
    last = ""
    if digest.last_success is not None:
        is_recent = 0 <= digest.due - digest.last_success < _WEEK_SECONDS
        when = _local(digest.last_success, digest.timezone, is_short=is_recent)
        last = f", last success {when}"
    return f"Still failing, {_ordinal(digest.streak + 1)} time{last}"


def group_failures(failures: Iterable[TaskEnd]) -> list[list[TaskEnd]]:
    """Group failures whose reasons differ in numbers and quoted texts alone, the largest first."""
    groups: dict[str, list[TaskEnd]] = defaultdict(list)
    for failure in failures:
        groups[_VARYING.sub("…", failure.text[:MAX_REASON])].append(failure)
    return sorted(groups.values(), key=len, reverse=True)


def _groups(digest: Digest, markup: Markup) -> list[str]:
    largest = group_failures(digest.failures)
    is_only = digest.total == 1
    lines = [_group(group, markup, is_only=is_only) for group in largest[:MAX_GROUPS]]
    if lines and digest.failed > len(digest.failures):
        kept = _counted(len(digest.failures), "failure")
        lines.insert(0, f"Of the {kept} whose reasons are kept:")
    if len(largest) > MAX_GROUPS:
        lines.append(f"... and {_counted(len(largest) - MAX_GROUPS, 'other reason')}")
    return lines


def _group(group: Sequence[TaskEnd], markup: Markup, *, is_only: bool) -> str:
    reason = markup.code(harmless(group[0].text, MAX_REASON))
    if is_only:
        return reason
    places = ", ".join(_place(failure) for failure in group[:MAX_PLACES])
    if len(group) > MAX_PLACES:
        places += f" and {len(group) - MAX_PLACES} more"
    times = f"{len(group)} times " if len(group) > 1 else ""
    return f"{times}{reason} ({places})"


def _results(digest: Digest, markup: Markup) -> list[str]:
    limit = max(MIN_RESULT, MAX_RESULTS // max(1, len(digest.results)))
    shown = []
    for end in digest.results:
        label = "" if digest.total == 1 else f"{_place(end)}:"
        lines = harmless_lines(end.text, limit, MAX_LINES)
        if len(lines) > 1:
            shown.append(f"{label}\n{markup.block(lines)}".lstrip("\n"))
        else:
            shown.append(f"{label} {markup.code(''.join(lines))}".strip())
    return shown


def _place(end: TaskEnd) -> str:
    task = f" {harmless(end.task, MAX_NAME)}" if end.task else ""
    return f"#{harmless(end.position, MAX_NAME)}{task}"


def _fit(parts: Sequence[str], room: int) -> list[str]:
    """Return as many parts as there is room for, and how many more there are."""
    fitting: list[str] = []
    room -= 20
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            return [*fitting, f"... and {len(parts) - len(fitting)} more"]
        fitting.append(part)
    return fitting


def _local(moment: int, timezone: str, *, is_short: bool = False) -> str:
    zone: tzinfo
    try:
        name, zone = timezone, ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        name, zone = "UTC", UTC
    try:
        time = datetime.fromtimestamp(moment, zone)
    except (ValueError, OverflowError, OSError):  # edited by hand
        return f"{str(moment)[:30]} s after 1970"
    return f"{time:%a %H:%M}" if is_short else f"{time:%a %Y-%m-%d %H:%M} {name}"


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
