"""Schedules that run after others: rounds that are complete are started, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from task_scheduler.keeping.looking import RESERVE_SECONDS, look_safely
from task_scheduler.observability.log import logger
from task_scheduler.queue.task_id import RunKey, scheduled_time_of
from task_scheduler.runs.identity import RunId, RunState, schedule_item
from task_scheduler.runs.ledger import LOOK_SECONDS, Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Key

FOLLOWERS = "A"
"""The partition with what each schedule that runs after others has taken note of."""

GIVE_UP_STARTS = 6
"""A round that send_task did not take note of after so many invocations is given up."""

Start = Callable[[str, Mapping[str, Any]], None]
"""Has send_task start a run: the name of its schedule, and what its event has beside its input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A schedule that runs after others.

    Attributes:
        after: the names of these.
        any_outcome: whether it is enough that their runs have ended.
    """

    after: tuple[str, ...]
    any_outcome: bool = False

    @classmethod
    def from_event(cls, attributes: Mapping[str, Any]) -> Self:
        """Read what Terraform wrote."""
        return cls(
            after=tuple(attributes["after"]), any_outcome=attributes.get("any_outcome", False)
        )

    def is_due(self, taken: Mapping[str, Any], counts: Mapping[str, Counts]) -> bool:
        """Return True if each schedule has had a run since the counts that were taken note of."""
        name = "ends" if self.any_outcome else "successes"
        has_run = [counts[other][name] > taken[other][name] for other in self.after]
        return bool(has_run) and all(has_run)


Counts = Mapping[str, int]
"""The numbers of runs of a schedule that have succeeded (`successes`) and have ended (`ends`)."""


class Followers:
    """Starts the schedules that run after others.

    A round is taken note of in one conditional write: the counts that it used up, and the key of
    its run. Whatever dies after that, the run of that key is started until the ledger has it; and
    of one key send_task starts one run.

    Args:
        ledger: the ledger that has their runs.
        seconds: returns the seconds that are left.
        start: has send_task start a run.
    """

    def __init__(self, ledger: Ledger, *, seconds: Callable[[], float], start: Start) -> None:
        self._ledger = ledger
        self._seconds = seconds
        self._start = start
        self._schedules: dict[str, ScheduleState] = {}

    def look(self, followers: Mapping[str, Follower]) -> list[str]:
        """Look at every schedule that runs after others, and forget those that no longer do.

        Returns:
            The schedules that were started.

        Raises:
            LedgerUnavailable: what is known of them could not be read.
        """
        known = {item["sk"]: item for item in self._ledger.table.query(FOLLOWERS)}
        for name in known.keys() - followers.keys():
            if "taken" in known[name]:
                # what succeeds while it is disabled does not start it later
                self._write(name, known[name], "REMOVE #taken, #pending", {})
        started = []
        for name, follower in followers.items():
            if self._seconds() < RESERVE_SECONDS:
                break
            look = partial(self._look_at, name, follower, known.get(name, {}))
            if look_safely(look, "schedule not started", schedule=name):
                started.append(name)
        return started

    def _look_at(self, name: str, follower: Follower, known: Item) -> bool:
        if "pending" in known:
            if not self._is_recorded(known["pending"]):
                return self._start_again(name, known)
            # not kept: of a run that has expired it would seem that it was never started
            if not self._write(name, known, "REMOVE #pending", {}):
                return False
            known = {**known, "version": known["version"] + 1}
        states = {other: self._schedule(other) for other in follower.after}
        counts = {other: _counts(state) for other, state in states.items()}
        taken = known.get("taken", {})
        if missing := counts.keys() - taken.keys():
            new = {other: counts[other] for other in missing}
            self._write(name, known, "SET #taken = :taken", {"taken": {**taken, **new}})
            return False
        if not follower.is_due(taken, counts):
            return False
        time = self._ledger.now
        if "time" in known:
            time = max(time, known["time"] + 1)
        scheduled_time = scheduled_time_of(time)
        pending = {
            "key": str(RunKey(name, scheduled_time)),
            "scheduled_time": scheduled_time,
            "parents": [_last(states[other], follower) for other in sorted(states)],
        }
        return self._begin(name, known, pending, taken=counts, time=time)

    def _start_again(self, name: str, known: Item) -> bool:
        """Start a round once more of which there is no run yet, or give it up."""
        if self._ledger.now < known["look_at"]:
            return False
        if known["starts"] >= GIVE_UP_STARTS:
            self._give_up(name, known)
            return False
        return self._begin(name, known, known["pending"], starts=known["starts"] + 1)

    def _begin(
        self, name: str, known: Item, pending: Mapping[str, Any], *, starts: int = 1, **more: Any
    ) -> bool:
        values = {
            "pending": pending, "starts": starts, "look_at": self._ledger.now + LOOK_SECONDS,
            **more,
        }  # fmt: skip
        expression = "SET " + ", ".join(f"#{value} = :{value}" for value in values)
        if not self._write(name, known, expression, values):
            return False  # another keep_runs does it
        self._start(name, pending)
        return True

    def _give_up(self, name: str, known: Item) -> None:
        """Record that a round has no run: send_task's dead letters say why."""
        run = RunId.of(known["pending"]["key"])
        now = self._ledger.now
        reason = f"send_task did not start it, {GIVE_UP_STARTS} times"
        values = {
            "state": RunState.SKIPPED.value, "began": now, "closed": now, "reason": reason,
            "expires": self._ledger.expires, "parents": list(known["pending"]["parents"]),
        }  # fmt: skip
        expression = "SET " + ", ".join(f"#{value} = :{value}" for value in values)
        update = self._ledger.table.update(
            run.item, expression, values, condition="attribute_not_exists(pk)"
        )
        if update.was_made:
            logger.error("schedule not started", extra={"schedule": name, "reason": reason})

    def _is_recorded(self, pending: Mapping[str, Any]) -> bool:
        return bool(self._ledger.table.get(RunId.of(pending["key"]).item))

    def _schedule(self, name: str) -> ScheduleState:
        if name not in self._schedules:
            item = self._ledger.table.get(schedule_item(name))
            self._schedules[name] = ScheduleState.from_item(item)
        return self._schedules[name]

    def _write(self, name: str, known: Item, expression: str, values: Mapping[str, Any]) -> bool:
        """Write what is known of a schedule, unless another keep_runs did so meanwhile."""
        before, condition = {}, "attribute_not_exists(#version)"
        if "version" in known:
            before, condition = {"before": known["version"]}, "#version = :before"
        update = self._ledger.table.update(
            _key(name),
            f"ADD #version :one {expression}",
            {**values, "one": 1, **before},
            condition=condition,
        )
        return update.was_made


def _counts(state: ScheduleState) -> dict[str, int]:
    return {"successes": state.successes, "ends": state.ends}


def _last(state: ScheduleState, follower: Follower) -> str | None:
    return state.last_ended if follower.any_outcome else state.last_succeeded


def _key(name: str) -> Key:
    return FOLLOWERS, name
