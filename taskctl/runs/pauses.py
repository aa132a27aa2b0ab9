"""Pauses of schedules, as the ledger has them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from task_scheduler.runs import control
from task_scheduler.runs.table import Item
from taskctl.runs.run_table import short_arn
from taskctl.stack.caller import caller
from taskctl.stack.ledger_table import writing
from taskctl.stack.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause of a schedule, or of all.

    Attributes:
        of: the schedule's name, or ALL_SCHEDULES.
        by: the ARN of whoever paused it.
        at: when, UTC.
        until: when it ends, UTC; None until it is resumed.
        note: for whoever wonders.
    """

    of: str
    by: str = "somebody"
    at: datetime | None = None
    until: datetime | None = None
    note: str | None = None

    @classmethod
    def from_item(cls, item: Item) -> Self | None:
        """Read the pause in a schedule's item, whoever wrote it; None if there is none."""
        match item.get("pause"):
            case {**known} if known:
                return cls(
                    of=str(item["sk"]),
                    by=str(known.get("by", "somebody")),
                    at=_time(known.get("at")),
                    until=_time(known.get("until")),
                    note=str(known["note"]) if known.get("note") else None,
                )
        return None

    def holds_at(self, moment: datetime) -> bool:
        """Return True if a run that is due then is skipped."""
        return self.until is None or moment < self.until

    def describe(self, of: str) -> str:
        """Return who paused a schedule, or all (ALL_SCHEDULES), until when, in a few words."""
        what = "paused" if self.of == of else "paused with all schedules"
        until = f" until {self.until.astimezone():%Y-%m-%d %H:%M %Z}" if self.until else ""
        return f"{what} by {short_arn(self.by)}{until}{f': {self.note}' if self.note else ''}"

    def as_json(self) -> dict[str, Any]:
        """Return it for --json."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "of"}


def read_pauses(items: Mapping[str, Item]) -> dict[str, Pause]:
    """Return the pauses that are not over, by the names of the schedules (or ALL_SCHEDULES).

    Args:
        items: the items of the schedules, by name.
    """
    now = datetime.fromtimestamp(time.time(), UTC)
    pauses = {name: Pause.from_item(item) for name, item in items.items()}
    return {name: pause for name, pause in pauses.items() if pause and pause.holds_at(now)}


def pause_schedule(
    stack: Stack,
    name: str,
    note: str | None,
    until: datetime | None,
    known: Pause | None = None,
) -> Pause:
    """Pause a schedule, or all (ALL_SCHEDULES), and note who did it.

    Args:
        stack: the stack that has the schedule.
        name: the name of the schedule.
        note: for whoever wonders.
        until: when the pause ends; None until it is resumed.
        known: the pause that holds: what is not given stays as it has it.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    if known is not None:
        until, note = until or known.until, known.note if note is None else note
    end = None if until is None else int(until.timestamp())
    who, now = caller(), int(time.time())
    with writing(stack) as table:
        control.pause(table, name, by=who, at=now, note=note, until=end)
    return Pause(of=name, by=who, at=datetime.fromtimestamp(now, UTC), until=until, note=note)


def resume_schedule(stack: Stack, name: str) -> None:
    """End the pause of a schedule, or of all (ALL_SCHEDULES).

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    with writing(stack) as table:
        control.resume(table, name)


def _time(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
