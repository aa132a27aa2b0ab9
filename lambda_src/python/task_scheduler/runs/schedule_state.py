"""The ledger's memory of a schedule: its streak, last runs, pause, and what runs now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.table import Item, Write

RECENT_RUNS = 20
REMINDER_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRun:
    """A run in short, as its schedule remembers it.

    Attributes:
        key: the key of the run.
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
        """True if it succeeded."""
        return self.state == RunState.SUCCEEDED

    @property
    def is_failure(self) -> bool:
        """True if it counts as a failing run; a cancelled one is neither."""
        return self.state in (RunState.FAILED, RunState.INCOMPLETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """A schedule's item.

    Attributes:
        version: counts its changes; a write is made under the condition that it is still this.
        streak: how many of its runs failed in a row.
        counted: when the last run that the streak counts was due, seconds since 1970.
        last_success: when the last run that succeeded was due; None if none did.
        notified: when people were last notified of a failing run, seconds since 1970.
        current: the key of the run that runs, where runs must not overlap.
        waiting: the key of the run that starts when that has ended.
        recent: its last runs, the last one first.
        pause: who paused it, when, until when and why; empty if nobody has.
        successes, ends: how many of its runs have succeeded, and have ended, each counted once.
        last_succeeded, last_ended: the keys of those that were counted last.
    """

    version: int = 0
    streak: int = 0
    counted: int = 0
    last_success: int | None = None
    notified: int = 0
    current: str | None = None
    waiting: str | None = None
    recent: tuple[ClosedRun, ...] = ()
    pause: Mapping[str, Any] = field(default_factory=dict)
    successes: int = 0
    ends: int = 0
    last_succeeded: str | None = None
    last_ended: str | None = None

    @classmethod
    def from_item(cls, item: Item) -> ScheduleState:
        """Read an item; an empty one is a schedule of which nothing is recorded."""
        names = (
            "version", "streak", "counted", "notified", "last_success", "current", "waiting",
            "pause", "successes", "ends", "last_succeeded", "last_ended",
        )  # fmt: skip
        known = {name: item[name] for name in names if item.get(name) is not None}
        return cls(recent=_read_recent(item.get("recent")), **known)

    def is_paused(self, now: int) -> bool:
        """Return True if somebody paused it, and that is not over."""
        return bool(self.pause) and now < self.pause.get("until", now + 1)

    def with_closed(self, run: ClosedRun, *, now: int) -> Change:
        """Count a run that closed.

        The streak goes by the time that runs were due: one older than the last counted changes
        nothing, but people are notified of it as of any other.

        Returns:
            The change; without an event where people know already: a schedule that goes on failing
            is one failure, and a reminder a day.
        """
        state = self._with_recent(run)
        if not any(known.key == run.key for known in self.recent):  # it may close once more
            state = replace(state, ends=self.ends + 1, last_ended=run.key)
        if not run.is_success and not run.is_failure:
            return Change(state)
        is_late = run.due < self.counted
        if run.is_success:
            event = NotifyEvent.RECOVERY if self.streak and not is_late else NotifyEvent.SUCCESS
            if not is_late:
                state = replace(state, streak=0, counted=run.due)
            return Change(replace(state, last_success=max(run.due, self.last_success or 0)), event)
        is_known = self.streak > 0 and now - self.notified < REMINDER_SECONDS and not is_late
        if not is_late:
            state = replace(state, streak=self.streak + 1, counted=run.due)
        if is_known:
            return Change(state)
        return Change(replace(state, notified=now), NotifyEvent.FAILURE)

    def with_corrected(self, run: ClosedRun) -> Change:
        """Take note of a closed run whose tasks were sent again from their dead letters."""
        state = self._with_recent(run)
        if not run.is_success:
            return Change(state)
        state = replace(state, last_success=max(run.due, self.last_success or 0))
        if run.due >= self.counted and self.streak:
            state = replace(state, streak=0)
        return Change(state, NotifyEvent.RECOVERY)

    def released_by(self, key: str) -> ScheduleState:
        """Return the state in which a run does not hold the schedule any more."""
        return replace(
            self,
            current=None if self.current == key else self.current,
            waiting=None if self.waiting == key else self.waiting,
        )

    def usual_seconds(self, *, fewest: int = 5) -> float | None:
        """Return the median duration of the last runs that succeeded; None of too few."""
        return median_of([run.seconds for run in self.recent if run.is_success], fewest)

    def write(self, schedule: str, *, before: ScheduleState) -> Write:
        """Return the write of this state, under the condition that nobody changed it meanwhile.

        Args:
            schedule: its name.
            before: as it was read.
        """
        known = [asdict(run) for run in self.recent]
        values: Item = {
            "version": before.version + 1,
            "streak": self.streak,
            "counted": self.counted,
            "last_success": self.last_success,
            "notified": self.notified,
            "current": self.current,
            "waiting": self.waiting,
            "successes": self.successes,
            "ends": self.ends,
            "last_succeeded": self.last_succeeded,
            "last_ended": self.last_ended,
            "recent": json.dumps(known, separators=(",", ":")),
        }
        return Write(
            key=RunId(schedule=schedule, key="").schedule_item,
            expression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            values={**values, "before": before.version},
            condition="attribute_not_exists(#version) OR #version = :before",
        )

    def _with_recent(self, run: ClosedRun) -> ScheduleState:
        before = [known for known in self.recent if known.key == run.key]
        others = [known for known in self.recent if known.key != run.key]
        recent = sorted([run, *others], key=lambda known: known.due, reverse=True)
        state = replace(self, recent=tuple(recent[:RECENT_RUNS]))
        if run.is_success and not any(known.is_success for known in before):
            state = replace(state, successes=self.successes + 1, last_succeeded=run.key)
        return state


class Change(NamedTuple):
    """The change that a closed run makes to its schedule.

    Attributes:
        state: the state of the schedule, from now on.
        event: the event that people are notified of; None for none.
    """

    state: ScheduleState
    event: NotifyEvent | None = None


def median_of(values: Sequence[int], fewest: int) -> float | None:
    """Return the median of some values; None if there are fewer than so many."""
    if len(values) < fewest:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def _read_recent(text: Any) -> tuple[ClosedRun, ...]:
    """Read the last runs; of an item that somebody edited, those that can be read."""
    try:
        runs = json.loads(text or "[]")
        return tuple(ClosedRun(**run) for run in runs)
    except (TypeError, ValueError):
        return ()
