"""What the ledger knows of a schedule: its streak, its last runs, and what a close changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.table import Item

RECENT_RUNS = 20
REMINDER_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRun:
    """A run in short, as its schedule remembers it.

    Attributes:
        key: of the run.
        due: when it was due or started, seconds since 1970.
        seconds: from its beginning to its close.
        state: in which it was closed.
        ended, failed: how many of its tasks.
    """

    key: str
    due: int
    seconds: int
    state: str
    ended: int
    failed: int

    @property
    def is_success(self) -> bool:
        """Whether all went well."""
        return self.state == "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """A schedule's item.

    Attributes:
        version: counts its changes; a write is made under the condition that it is still this.
        streak: how many of its runs failed in a row.
        counted: when the last run that the streak counts was due, seconds since 1970.
        last_success: when the last run that succeeded was due; None if none did.
        notified: when people were last notified of a failing run, seconds since 1970.
        recent: its last runs, the last one first.
    """

    version: int = 0
    streak: int = 0
    counted: int = 0
    last_success: int | None = None
    notified: int = 0
    recent: tuple[ClosedRun, ...] = ()

    @classmethod
    def from_item(cls, item: Item) -> ScheduleState:
        """Read an item; an empty one is a schedule of which nothing is recorded."""
        recent = tuple(ClosedRun(**run) for run in json.loads(item.get("recent", "[]")))
        names = ("version", "streak", "counted", "notified", "last_success")
        known = {name: item[name] for name in names if item.get(name) is not None}
        return cls(recent=recent, **known)

    def with_closed(self, run: ClosedRun, *, now: int) -> tuple[ScheduleState, NotifyEvent | None]:
        """Count a run that closed.

        The streak goes by the time that runs were due: one older than the last counted changes
        nothing, but people are notified of it as of any other.

        Returns:
            The schedule's new state, and the event that people are notified of; None where they
            know already: a schedule that goes on failing is one failure, and a reminder a day.
        """
        recent = sorted([run, *self.recent], key=lambda known: known.due, reverse=True)
        state = replace(self, version=self.version + 1, recent=tuple(recent[:RECENT_RUNS]))
        is_late = run.due < self.counted
        if run.is_success:
            event = NotifyEvent.RECOVERY if self.streak and not is_late else NotifyEvent.SUCCESS
            if not is_late:
                state = replace(state, streak=0, counted=run.due)
            return replace(state, last_success=max(run.due, self.last_success or 0)), event
        is_known = self.streak > 0 and now - self.notified < REMINDER_SECONDS and not is_late
        if not is_late:
            state = replace(state, streak=self.streak + 1, counted=run.due)
        if is_known:
            return state, None
        return replace(state, notified=now), NotifyEvent.FAILURE

    def usual_seconds(self, *, fewest: int = 5) -> float | None:
        """Return the median duration of the last runs that succeeded; None of too few."""
        return median_of([run.seconds for run in self.recent if run.is_success], fewest)


def median_of(values: Sequence[int], fewest: int) -> float | None:
    """Return the median of some values; None if there are fewer than so many."""
    if len(values) < fewest:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return (ordered[middle] + ordered[~middle]) / 2
