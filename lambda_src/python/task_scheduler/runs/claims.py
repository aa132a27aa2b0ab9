"""Claims: which invocation of send_task sends a run, and whether the run may start at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.identity import ALL_SCHEDULES, RunId, RunState, schedule_item
from task_scheduler.runs.ledger import LOOK_SECONDS, Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Update, Write

TRIES = 8
"""Times that a start is tried while other runs of the schedule start or are closed."""


class Overlap(StrEnum):
    """Policies for a run that is due while another of its schedule has not ended."""

    ALLOW = "allow"
    """It starts."""
    SKIP = "skip"
    """It is skipped."""
    QUEUE = "queue"
    """It waits; further ones are skipped."""


class Claim(StrEnum):
    """Answers to an invocation that would send a run's tasks."""

    MINE = "mine"
    """It sends, from the cursor on."""
    SENT = "sent"
    """Everything was sent; what is left is to say how much."""
    OTHERS = "others"
    """Another invocation sends, or the run has ended."""
    WAITING = "waiting"
    """The run starts when another has ended."""
    SKIPPED = "skipped"
    """The run does not happen."""


class Claims:
    """The claims of one invocation of send_task.

    Args:
        ledger: that they are in.
        owner: the invocation; Lambda's own retries of it have the same.
        lease_seconds: after which another invocation may take over.

    Each method raises LedgerUnavailable.
    """

    def __init__(self, ledger: Ledger, *, owner: str, lease_seconds: float) -> None:
        self._ledger = ledger
        self._owner = owner
        self._lease_seconds = int(lease_seconds)

    def start(
        self,
        run: RunId,
        facts: Mapping[str, Any],
        *,
        overlap: Overlap,
        event: Mapping[str, Any],
        ignores_pause: bool = False,
        left_out: str | None = None,
    ) -> tuple[Claim, Item]:
        """Start a run if its schedule lets it, or take over one whose sender died.

        Args:
            run: that is due.
            facts: that the run's item has from its beginning.
            overlap: what happens while another run of the schedule has not ended.
            event: that starts it, for one that has to wait.
            ignores_pause: whether it starts although its schedule is paused.
            left_out: why its schedule does not run on its day; None if it does.

        Returns:
            The claim, and the run's item as it is now.
        """
        if left_out is not None:
            return self._skip(run, facts, event, left_out)
        if not ignores_pause and (pause := self._pause(run)):
            return self._skip(run, facts, event, _paused(pause))
        if overlap is Overlap.ALLOW:
            return self._taking_over(run, self._claim(run, facts, event))
        for _ in range(TRIES):
            if claim := self._try_alone(run, facts, overlap, event):
                return self._taking_over(run, claim)
        raise LedgerUnavailable(f"run {run.key} was not started in {TRIES} tries")

    def _taking_over(self, run: RunId, claimed: tuple[Claim, Item]) -> tuple[Claim, Item]:
        """Note that what is sent now may have been sent before, before it is."""
        claim, item = claimed
        if claim is Claim.MINE and item.get("sendings", 0) > 1 and "taken_over" not in item:
            self._ledger.table.update(run.item, "SET #taken_over = :yes", {"yes": True})
        return claim, item

    def hand_over(
        self,
        run: RunId,
        cursor: Mapping[str, Any],
        event: Mapping[str, Any],
        *,
        seconds: int = LOOK_SECONDS,
    ) -> None:
        """Give the lease back, with the place at which the next invocation goes on.

        Args:
            run: whose list it is.
            cursor: without what is None.
            event: that the next invocation gets.
            seconds: after which keep_runs invokes it, if nobody does before.
        """
        ledger = self._ledger
        ledger.table.put(run.event, {"event": json.dumps(event), "expires": ledger.expires})
        ledger.table.update(
            run.item,
            "SET #cursor = :cursor, #sendings = :zero, #due_at = :look REMOVE #lease",
            {
                "cursor": dict(cursor),
                "owner": self._owner,
                "zero": 0,
                "look": ledger.now + seconds,
            },
            condition="#owner = :owner AND attribute_not_exists(#total)",
        )

    def failed(self, run: RunId, reason: str, facts: Mapping[str, Any] | None = None) -> None:
        """Note why a list could not be sent; Lambda invokes again, or keep_runs closes the run.

        Args:
            run: whose list it is.
            reason: for people.
            facts: of a run that may have started while the ledger did not answer: it is claimed
                now. None of a run that starts with a claim alone.
        """
        noted = self._note(run, reason)
        if facts is not None and not noted.was_made and not noted.item:
            self._claim(run, facts, {})
            self._note(run, reason)

    def _note(self, run: RunId, reason: str) -> Update:
        return self._ledger.table.update(
            run.item,
            "SET #reason = :reason REMOVE #lease",
            {"reason": reason, "owner": self._owner, "running": RunState.RUNNING.value},
            condition="#owner = :owner AND #state = :running",
        )

    def _claim(
        self, run: RunId, facts: Mapping[str, Any], event: Mapping[str, Any]
    ) -> tuple[Claim, Item]:
        expression, values = self._beginning(facts)
        update = self._ledger.table.update(
            run.item,
            expression,
            values,
            condition="attribute_not_exists(pk) OR (#state = :running AND "
            "attribute_not_exists(#total) AND (#owner = :owner OR "
            "attribute_not_exists(#lease) OR #lease < :now))",
        )
        if update.was_made:
            return Claim.MINE, update.item
        return self._of_others(run, facts, event, update.item)

    def _of_others(
        self, run: RunId, facts: Mapping[str, Any], event: Mapping[str, Any], item: Item
    ) -> tuple[Claim, Item]:
        state = item.get("state")
        is_incomplete = state == RunState.INCOMPLETE or "incomplete" in item
        if is_incomplete and (not item.get("total") or _is_of_the_rest(event)):
            return self._reopen(run, facts, item)
        return (Claim.SENT if state == RunState.RUNNING and "total" in item else Claim.OTHERS), item

    def _reopen(self, run: RunId, facts: Mapping[str, Any], item: Item) -> tuple[Claim, Item]:
        """Go on with a list that was not sent whole: its dead letter was sent again."""
        if "total" in item:
            self._ledger.reopen_last_chunk(run, item["total"])
        expression, values = self._beginning(
            facts,
            sets=", #recount = :yes, #resumed_at = :total",
            removes=", #total, #incomplete, #closed, #closer, #event, #notified, #missing",
        )
        update = self._ledger.table.update(
            run.item,
            expression,
            {
                **values, "yes": True, "total": item.get("total", 0),
                "incomplete": RunState.INCOMPLETE.value,
            },
            condition="#state = :incomplete OR (#state = :running AND "
            "attribute_exists(#incomplete))",
        )  # fmt: skip
        return (Claim.MINE if update.was_made else Claim.OTHERS), update.item

    def _beginning(
        self, facts: Mapping[str, Any], *, sets: str = "", removes: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Return the update of a run that starts or goes on; why it did not before is forgotten."""
        now = self._ledger.now
        values = {
            "running": RunState.RUNNING.value, "owner": self._owner, "now": now,
            "lease": now + self._lease_seconds, "expires": self._ledger.expires,
            "due_at": now + self._lease_seconds + LOOK_SECONDS,
        }  # fmt: skip
        expression = (
            "SET #state = :running, #began = if_not_exists(#began, :now), #owner = :owner, "
            "#lease = :lease, #expires = :expires, #due_at = :due_at"
        )
        more, fact_values = _set_facts(facts)
        return (
            f"ADD #sendings :one {expression}{more}{sets} REMOVE #reason{removes}",
            {**values, "one": 1, **fact_values},
        )

    def _try_alone(
        self, run: RunId, facts: Mapping[str, Any], overlap: Overlap, event: Mapping[str, Any]
    ) -> tuple[Claim, Item] | None:
        """Try to start a run that no other of its schedule may overlap; None to try again."""
        table = self._ledger.table
        item = table.get(run.item)
        schedule = ScheduleState.from_item(table.get(run.schedule_item))
        if item and item.get("state") != RunState.WAITING:
            return self._claim(run, facts, event)
        if schedule.current in (None, run.key) or not self._is_open(schedule.current):
            if not item and schedule.waiting not in (None, run.key):
                return self._skip(run, facts, event, f"{schedule.waiting} waits and comes first")
            started = replace(schedule.released_by(run.key), current=run.key)
            expression, values = self._beginning(facts)
            begin = Write(
                key=run.item,
                expression=expression,
                values={**values, "waiting": RunState.WAITING.value},
                condition="attribute_not_exists(pk) OR #state = :waiting",
            )
            if table.transact([begin, started.write(run.schedule, before=schedule)]):
                return Claim.MINE, table.get(run.item)
            return None
        if item:  # it waits already
            return Claim.WAITING, item
        if overlap is Overlap.QUEUE and schedule.waiting is None:
            return self._wait(run, facts, schedule, event)
        why = f"{schedule.current} has not ended"
        if overlap is Overlap.QUEUE:
            why += f", and {schedule.waiting} waits already"
        return self._skip(run, facts, event, why)

    def _is_open(self, key: str) -> bool:
        """Tell whether a run that holds its schedule has really not ended."""
        state = self._ledger.table.get(RunId.of(key).item).get("state")
        return state in (RunState.RUNNING, RunState.WAITING)

    def _wait(
        self,
        run: RunId,
        facts: Mapping[str, Any],
        schedule: ScheduleState,
        event: Mapping[str, Any],
    ) -> tuple[Claim, Item] | None:
        ledger = self._ledger
        ledger.table.put(run.event, {"event": json.dumps(event), "expires": ledger.expires})
        more, values = _set_facts(facts)
        wait = Write(
            key=run.item,
            expression="SET #state = :waiting, #began = :now, #expires = :expires, "
            f"#reason = :reason, #due_at = :look{more}",
            values={
                "waiting": RunState.WAITING.value, "now": ledger.now, "expires": ledger.expires,
                "look": ledger.now + LOOK_SECONDS,
                "reason": f"starts when {schedule.current} has ended", **values,
            },
            condition="attribute_not_exists(pk)",
        )  # fmt: skip
        queued = replace(schedule, waiting=run.key)
        if ledger.table.transact([wait, queued.write(run.schedule, before=schedule)]):
            return Claim.WAITING, {}
        return None

    def _skip(
        self, run: RunId, facts: Mapping[str, Any], event: Mapping[str, Any], why: str
    ) -> tuple[Claim, Item]:
        more, values = _set_facts(facts)
        update = self._ledger.table.update(
            run.item,
            "SET #state = :skipped, #began = :now, #closed = :now, #reason = :reason, "
            f"#expires = :expires{more}",
            {
                "skipped": RunState.SKIPPED.value, "now": self._ledger.now, "reason": why,
                "expires": self._ledger.expires, **values,
            },
            condition="attribute_not_exists(pk)",
        )  # fmt: skip
        if not update.was_made and update.item.get("state") != RunState.SKIPPED:
            return self._claim(run, facts, event)  # it started before
        return Claim.SKIPPED, update.item

    def _pause(self, run: RunId) -> Mapping[str, Any] | None:
        """Return the pause that holds for a run, its schedule's or that of all."""
        for key in (run.schedule_item, schedule_item(ALL_SCHEDULES)):
            state = ScheduleState.from_item(self._ledger.table.get(key))
            if state.is_paused(self._ledger.now):
                return state.pause
        return None


def _is_of_the_rest(event: Mapping[str, Any]) -> bool:
    """Return True of what a dead letter sends again, False of an event that comes twice."""
    return event.get("only") is not None or (event.get("cursor") or {}).get("line", 1) > 1


def _set_facts(facts: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the end of an expression that sets what is not there yet, and its values."""
    more = "".join(f", #{name} = if_not_exists(#{name}, :fact_{name})" for name in facts)
    return more, {f"fact_{name}": value for name, value in facts.items()}


def _paused(pause: Mapping[str, Any]) -> str:
    why = f"paused by {pause.get('by', 'somebody')}"
    if "until" in pause:
        until = datetime.fromtimestamp(pause["until"], UTC)
        why += f" until {until:%Y-%m-%d %H:%M} UTC"
    return f"{why}: {pause['note']}" if pause.get("note") else why
