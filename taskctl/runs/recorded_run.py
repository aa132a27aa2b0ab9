"""Runs as the ledger has them."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.table import Item

OPEN = (RunState.RUNNING, RunState.WAITING)
"""The states of a run that goes on."""

_STATES = frozenset(RunState)
_IN_KEY = re.compile(r"R#(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_MOMENTS = ("due_time", "began", "closed", "cancelled")
_NUMBERS = (*_MOMENTS, "total", "ended", "failed", "missing", "not_run")
_LAST_MOMENT = 253_402_300_799
"""The end of the year 9999, behind which Python has no time."""
_END_TEXTS = ("id", "task", "reason", "error", "result")
_TEXTS = (
    "timezone", "reason", "started_by", "why", "cancelled_by", "redriven_by", "redriven_why",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run's item; what cannot be read of it is None.

    Attributes:
        schedule: its schedule's name.
        key: the run's key.
        state: a value of RunState, or what a newer release wrote.
        due_time: when it was due, or began where it was not due, seconds since 1970.
        timezone: its schedule's.
        began, closed: seconds since 1970.
        total: tasks and refused lines; None while they are being sent.
        ended, failed: how many of them have ended, and how many are dead letters and have not
            succeeded since.
        missing: how many have no end, in a run that was closed all the same.
        not_run: how many were cancelled.
        reason: why it was skipped, incomplete or cancelled.
        started_by, why: who started it by hand, and what for.
        cancelled: when it was asked to end, seconds since 1970.
        cancelled_by: who asked.
        parents: the keys of the runs that it follows, one of each schedule of its `after`.
        redriven_by, redriven_why: who last redrove its dead letters, and what for.
        odd: what is wrong with the item, a sentence each.
    """

    schedule: str
    key: str
    state: str
    due_time: int | None = None
    timezone: str | None = None
    began: int | None = None
    closed: int | None = None
    total: int | None = None
    ended: int | None = None
    failed: int | None = None
    missing: int | None = None
    not_run: int | None = None
    reason: str | None = None
    started_by: str | None = None
    why: str | None = None
    cancelled: int | None = None
    cancelled_by: str | None = None
    redriven_by: str | None = None
    redriven_why: str | None = None
    parents: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read a run's item, whoever wrote it."""
        odd: list[str] = []
        read: dict[str, Any] = {name: _whole(item, name, odd) for name in _NUMBERS if name in item}
        read |= {name: _moment(read[name], name, odd) for name in _MOMENTS if name in read}
        read |= {name: _text(item, name, odd) for name in _TEXTS if name in item}
        state = _text(item, "state", odd) or "unknown"
        if state not in _STATES:
            odd.append(f"state {state!r} is not one that this taskctl knows")
        if read.get("due_time") is None:
            read["due_time"] = _time_in_key(item["sk"]) or read.get("began")
        id_ = RunId.of_item(item["pk"], item["sk"])
        return cls(
            schedule=id_.schedule,
            key=id_.key,
            state=state,
            parents=_texts(item, "parents", odd),
            odd=tuple(odd),
            **read,
        )

    @property
    def id(self) -> RunId:
        """Its identity in the ledger."""
        return RunId(schedule=self.schedule, key=self.key)

    @property
    def due(self) -> datetime | None:
        """The time at which it was due, UTC; None if nobody knows."""
        return _time(self.due_time)

    @property
    def zone(self) -> tzinfo:
        """Its schedule's time zone; UTC where it has none, or none that there is."""
        try:
            return ZoneInfo(self.timezone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC

    @property
    def is_over(self) -> bool:
        """True if it does not go on."""
        return self.state not in OPEN

    @property
    def has_failed(self) -> bool:
        """True if a task failed, or its list was not sent whole."""
        return self.state in (RunState.FAILED, RunState.INCOMPLETE) or bool(self.failed)

    @property
    def seconds(self) -> float | None:
        """Its duration, or the time for which it has been running."""
        if self.began is None or self.state in (RunState.WAITING, RunState.SKIPPED):
            return None
        return max((time.time() if self.closed is None else self.closed) - self.began, 0)

    def as_json(self) -> dict[str, Any]:
        """Return the run for --json; times in RFC 3339."""
        return {
            "run": self.key,
            "schedule": self.schedule,
            "state": self.state,
            "due": self.due,
            "began": _time(self.began),
            "closed": _time(self.closed),
            "seconds": self.seconds,
            "total": self.total,
            "ended": self.ended,
            "failed": self.failed,
            "missing": self.missing,
            "not_run": self.not_run,
            "reason": self.reason,
            "started_by": self.started_by,
            "why": self.why,
            "cancelled": _time(self.cancelled),
            "cancelled_by": self.cancelled_by,
            "redriven_by": self.redriven_by,
            "redriven_why": self.redriven_why,
            "parents": list(self.parents),
            "odd": list(self.odd),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEnd:
    """The end of a task, of those that the ledger keeps.

    Attributes:
        number: the task's, from 1, over tasks and refused lines; 0 if it cannot be read.
        id: the task's id, or the place of a line that was refused.
        task: the name of its function.
        attempt: in which it ended.
        reason, error: why it failed, and the class of what it raised; None if it succeeded.
        result: what it returned, truncated.
    """

    number: int
    id: str | None = None
    task: str | None = None
    attempt: int | None = None
    reason: str | None = None
    error: str | None = None
    result: str | None = None

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item, whoever wrote it."""
        nothing: list[str] = []
        sort_key = item["sk"]
        return cls(
            number=int(sort_key) if sort_key.isdecimal() and len(sort_key) < 19 else 0,
            attempt=_whole(item, "attempt", nothing),
            **{name: _text(item, name, nothing) for name in _END_TEXTS},
        )

    @property
    def has_failed(self) -> bool:
        """True if the task is a dead letter, or the line was refused."""
        return self.reason is not None or self.error is not None

    def as_json(self) -> dict[str, Any]:
        """Return it for --json."""
        return {name: getattr(self, name) for name in self.__slots__}


def _time_in_key(sort_key: str) -> int | None:
    found = _IN_KEY.match(sort_key)
    try:
        return int(datetime.fromisoformat(found[1]).timestamp()) if found else None
    except ValueError:
        return None


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _moment(seconds: int | None, name: str, odd: list[str]) -> int | None:
    if seconds is None or 0 <= seconds <= _LAST_MOMENT:
        return seconds
    odd.append(f"{name} is {str(seconds)[:20]}: must be seconds since 1970")
    return None


def _whole(item: Mapping[str, Any], name: str, odd: list[str]) -> int | None:
    value = item.get(name)
    if value is None or type(value) is int:
        return value
    odd.append(f"{name} is {str(value)[:40]!r}: must be a whole number")
    return None


def _text(item: Mapping[str, Any], name: str, odd: list[str]) -> str | None:
    value = item.get(name)
    if value is None or isinstance(value, str):
        return value
    odd.append(f"{name} is {str(value)[:40]!r}: must be a text")
    return None


def _texts(item: Mapping[str, Any], name: str, odd: list[str]) -> tuple[str, ...]:
    value = item.get(name) or []
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    odd.append(f"{name} is {str(value)[:40]!r}: must be a list of texts")
    return ()
