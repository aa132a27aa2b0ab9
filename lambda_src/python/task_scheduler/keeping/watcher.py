"""A look at the clock: schedules that have not run, and runs that have not ended, in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import inf
from typing import Any, Self

from task_scheduler.keeping.looking import RESERVE_SECONDS, look_safely
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.closing import NOTIFY_LEASE_SECONDS, is_notified
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Key

WATCH = "W"
"""The partition with what is known of each schedule that is watched."""

LAST_RUNS = 20
"""So many runs of a schedule are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The expectations of a schedule.

    Attributes:
        expected_every: seconds within which it must run again; None where its silence is nothing.
        finish_within: seconds after it was due within which a run must end; None for any time.
        notify_on: the events on which people are notified.
        notify_to: the names of the targets; None for all of them.
        mention: whom a notification mentions.
        timezone: the time zone of the schedule.
        start: when it begins to run, seconds since 1970; None for at once.
        end: when it ceases to; None for never.
    """

    expected_every: int | None = None
    finish_within: int | None = None
    notify_on: tuple[str, ...] = ()
    notify_to: tuple[str, ...] | None = None
    mention: str | None = None
    timezone: str = "UTC"
    start: int | None = None
    end: int | None = None

    @classmethod
    def from_event(cls, attributes: Mapping[str, Any]) -> Self:
        """Read what Terraform wrote; attributes that this version does not know are ignored."""
        known = {name: attributes[name] for name in cls.__slots__ if name in attributes}
        for name in ("notify_on", "notify_to"):
            if known.get(name) is not None:
                known[name] = tuple(known[name])
        for name in ("start", "end"):
            if known.get(name) is not None:
                known[name] = int(datetime.fromisoformat(known[name]).timestamp())
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem of a schedule.

    Attributes:
        name: under which it is remembered, so that people are notified of it once.
        headline: in a few words.
        reason: in a sentence.
    """

    name: str
    headline: str
    reason: str


class Watcher:
    """Watches schedules.

    Args:
        ledger: the ledger that has their runs.
        seconds: returns the seconds that are left.
        notify: notifies people of a problem, or of its end where that is None; returns whether
            nothing is left to do.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        seconds: Callable[[], float],
        notify: Callable[[str, Watch, Problem | None, ScheduleState], bool],
    ) -> None:
        self._ledger = ledger
        self._seconds = seconds
        self._notify = notify

    def look(self, watched: Mapping[str, Watch]) -> list[str]:
        """Look at every schedule that is watched, and forget those that no longer are.

        Returns:
            The schedules with a problem.

        Raises:
            LedgerUnavailable: what is known of them could not be read.
        """
        known = {item["sk"]: item for item in self._ledger.table.query(WATCH)}
        for name in known.keys() - watched.keys():
            if "since" in known[name]:
                # so that it starts anew, should it be watched again
                self._ledger.table.update(
                    _key(name), "REMOVE #since, #problem, #notified, #lease", {}
                )
        overdue = []
        for name, watch in watched.items():
            if self._seconds() < RESERVE_SECONDS:
                break
            look = partial(self._look_at, name, watch, known.get(name, {}))
            if look_safely(look, "schedule not watched", schedule=name):
                overdue.append(name)
        return overdue

    def _look_at(self, name: str, watch: Watch, known: Item) -> bool:
        if "since" not in known:
            self._ledger.table.update(_key(name), "SET #since = :now", {"now": self._ledger.now})
            return False
        runs = self._ledger.table.query(f"S#{name}", most=LAST_RUNS)
        schedule = ScheduleState.from_item(self._ledger.table.get(("S", name)))
        problem = self._late(watch, runs) or self._silent(watch, runs, schedule, known["since"])
        if problem is not None:
            self._remember(name, watch, problem, schedule, known)
        elif "problem" in known:
            self._forget(name, watch, schedule, known)
        return problem is not None

    def _late(self, watch: Watch, runs: list[Item]) -> Problem | None:
        """Return the first run that has not ended in time."""
        if watch.finish_within is None:
            return None
        open_runs = [
            item for item in runs if item.get("state") in (RunState.RUNNING, RunState.WAITING)
        ]
        for item in sorted(open_runs, key=_due):
            if self._ledger.now > _due(item) + watch.finish_within:
                key = RunId.of_item(item["pk"], item["sk"]).key
                reason = f"{key} has not ended {watch.finish_within} s after it was due"
                return Problem(name=f"late {key}", headline="not ended in time", reason=reason)
        return None

    def _silent(
        self, watch: Watch, runs: list[Item], schedule: ScheduleState, since: int
    ) -> Problem | None:
        """Return that no run was due, or started, for as long as is expected."""
        if watch.expected_every is None or self._ledger.now >= (watch.end or inf):
            return None
        began = [item.get("began", since) for item in runs]
        last = max([since, watch.start or since, *began, *(run.due for run in schedule.recent)])
        if self._ledger.now <= last + watch.expected_every:
            return None
        reason = f"no run for {watch.expected_every} s (expected_every)"
        return Problem(name="silent", headline="has not run", reason=reason)

    def _remember(
        self, name: str, watch: Watch, problem: Problem, schedule: ScheduleState, known: Item
    ) -> None:
        is_new = known.get("problem") != problem.name
        if not is_new and "notified" in known:
            return
        lease = self._claim(name, known, problem.name, forgets_notified=is_new)
        if lease is None:
            return
        if not is_notified(NotifyEvent.FAILURE, watch.notify_on):
            self._give_back(name, lease)
        elif self._notify(name, watch, problem, schedule):
            self._give_back(name, lease, "SET #notified = :now REMOVE #lease", now=self._ledger.now)
        else:
            self._give_back(name, lease)  # the next look tries again

    def _forget(self, name: str, watch: Watch, schedule: ScheduleState, known: Item) -> None:
        lease = self._claim(name, known, known["problem"])
        if lease is None:
            return
        if "notified" in known and not self._notify(name, watch, None, schedule):
            self._give_back(name, lease)
        else:
            self._give_back(name, lease, "REMOVE #problem, #notified, #lease")

    def _claim(
        self, name: str, known: Item, problem: str, *, forgets_notified: bool = False
    ) -> int | None:
        """Take it on to notify people of a schedule; None if another invocation does, or did.

        One that dies before it gives the claim back is followed by another once it has expired:
        people may then be notified twice.

        Args:
            name: the name of the schedule.
            known: what was known of it when it was looked at: the claim fails if that has changed.
            problem: the problem that is remembered from now on.
            forgets_notified: whether people are to be notified of it, whatever they were before.
        """
        now = self._ledger.now
        lease = now + int(self._seconds()) + NOTIFY_LEASE_SECONDS
        unchanged = [
            f"#{attribute} = :{attribute}_before"
            if attribute in known
            else f"attribute_not_exists(#{attribute})"
            for attribute in ("problem", "notified")
        ]
        before = {
            f"{attribute}_before": known[attribute]
            for attribute in ("problem", "notified")
            if attribute in known
        }
        update = self._ledger.table.update(
            _key(name),
            "SET #problem = :problem, #lease = :lease"
            + (" REMOVE #notified" if forgets_notified else ""),
            {"problem": problem, "lease": lease, "now": now, **before},
            condition=f"{' AND '.join(unchanged)} AND "
            "(attribute_not_exists(#lease) OR #lease < :now)",
        )
        return lease if update.was_made else None

    def _give_back(
        self, name: str, lease: int, expression: str = "REMOVE #lease", **values: Any
    ) -> None:
        """End a claim, unless it has expired and another has it."""
        self._ledger.table.update(
            _key(name), expression, {**values, "own": lease}, condition="#lease = :own"
        )


def _due(item: Item) -> int:
    """Return when a run was due; one by hand, which may be for a time long ago, when it began."""
    began: int = item["began"]
    due: int = began if item.get("started_by") else item.get("due_time", began)
    return due


def _key(name: str) -> Key:
    return WATCH, name
