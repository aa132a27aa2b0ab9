"""The run ledger: what was sent, what ended, and who closes a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.chunk import CHUNK_SIZE, Chunk, Marks
from task_scheduler.runs.schedule_state import ClosedRun, ScheduleState
from task_scheduler.runs.table import DUE, Item, Key, Table, Write

LOOK_SECONDS = 60
"""After a lease has expired keep_runs looks at a run so many seconds later."""

CLOSE_TRIES = 8
"""Tries to close a run while other runs of its schedule are closed, too."""

_LOST: Final = "lost"


class RunState(StrEnum):
    """Where a run stands; the values are in the ledger."""

    WAITING = "waiting"
    """It starts when another run ends."""
    RUNNING = "running"
    """Its tasks are being sent or run."""
    SUCCEEDED = "succeeded"
    """Every task succeeded."""
    FAILED = "failed"
    """A task is a dead letter, or a line was refused."""
    INCOMPLETE = "incomplete"
    """Its list was not sent whole."""
    SKIPPED = "skipped"
    """It did not happen; its reason says why."""
    CANCELLED = "cancelled"
    """It was cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunId:
    """The identity of a run in the ledger.

    Attributes:
        schedule: its schedule's name.
        key: what makes it one run; schedule and scheduled time, or a key of its own.
    """

    schedule: str
    key: str

    @property
    def item(self) -> Key:
        """The key of the run's item."""
        return f"S#{self.schedule}", f"R#{self.key.removeprefix(f'{self.schedule}@')}"

    @property
    def schedule_item(self) -> Key:
        """The key of its schedule's item."""
        return "S", self.schedule

    @property
    def counter(self) -> Key:
        """The key of the item that counts the run's complete chunks."""
        return f"N#{self.key}", "sum"

    def chunk(self, number: int) -> Key:
        """Return the key of a chunk's item."""
        return f"N#{self.key}#{number}", "chunk"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks of a run ended, and how many of them failed."""

    ended: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """What a run is closed with.

    Attributes:
        state: that it gets.
        counts: of its tasks.
        closer: names the caller, so that it knows its own write after a lost answer.
        lease_seconds: for which the caller alone notifies people.
    """

    state: RunState
    counts: Counts
    closer: str
    lease_seconds: int


class Claim(StrEnum):
    """Whether an invocation sends a run's tasks."""

    MINE = "mine"
    """It sends, from the cursor on."""
    SENT = "sent"
    """Everything was sent; what is left is to say how much."""
    OTHERS = "others"
    """Another invocation sends."""


class Ledger:
    """What the functions write down about runs.

    Args:
        table: that it is kept in.
        clock: returns seconds since 1970.
        keep_seconds: after which an item expires.

    Each method raises LedgerUnavailable. Every one may be called again after that, and by any
    number of callers at once: a run closes once.
    """

    def __init__(self, table: Table, clock: Callable[[], float], *, keep_seconds: int) -> None:
        self._table = table
        self._clock = clock
        self._keep_seconds = keep_seconds

    def claim(
        self, run: RunId, *, owner: str, lease_seconds: float, facts: Mapping[str, Any]
    ) -> tuple[Claim, Item]:
        """Claim a run for sending: make it, or take over one whose sender died.

        Args:
            run: that is to be sent.
            owner: the invocation; Lambda's own retries of it have the same.
            lease_seconds: after which another invocation may take over.
            facts: that the run's item has from its beginning.
        """
        now = int(self._clock())
        values = {
            "running": RunState.RUNNING.value, "owner": owner, "now": now,
            "lease": now + int(lease_seconds), "expires": now + self._keep_seconds,
            "due": DUE, "due_at": now + int(lease_seconds) + LOOK_SECONDS,
        } | {f"fact_{name}": value for name, value in facts.items()}  # fmt: skip
        extra = "".join(f", #{name} = if_not_exists(#{name}, :fact_{name})" for name in facts)
        update = self._table.update(
            run.item,
            "SET #state = :running, #began = if_not_exists(#began, :now), #owner = :owner, "
            f"#lease = :lease, #expires = :expires, #due = :due, #due_at = :due_at{extra}",
            values,
            condition="attribute_not_exists(pk) OR (#state = :running AND "
            "attribute_not_exists(#total) AND (#owner = :owner OR "
            "attribute_not_exists(#lease) OR #lease < :now))",
        )
        if update.was_made:
            return Claim.MINE, update.item
        if update.item.get("state") == RunState.RUNNING and "total" in update.item:
            return Claim.SENT, update.item
        return Claim.OTHERS, update.item

    def hand_over(self, run: RunId, *, owner: str, cursor: Mapping[str, Any]) -> None:
        """Give the lease back, with the place at which the next invocation goes on."""
        self._table.update(
            run.item,
            "SET #cursor = :cursor REMOVE #lease",
            {"cursor": dict(cursor), "owner": owner},
            condition="#owner = :owner AND attribute_not_exists(#total)",
        )

    def end_sending(self, run: RunId, total: int) -> Counts | None:
        """Say how many tasks and refused lines there are.

        Returns:
            The run's counts if all of them have ended; the caller closes it.
        """
        expires = int(self._clock()) + self._keep_seconds
        self._table.update(
            run.item,
            "SET #total = if_not_exists(#total, :total)",
            {"total": total},
            condition="attribute_exists(pk)",
        )
        if total == 0:
            return Counts(0, 0)
        chunks = -(-total // CHUNK_SIZE)
        last = chunks - 1
        chunk = Chunk.from_item(
            self._table.update(
                run.chunk(last),
                "SET #size = :size, #only = :only, #expires = :expires",
                {"size": total - last * CHUNK_SIZE, "only": chunks == 1, "expires": expires},
            ).item
        )
        if chunks == 1:
            return _counts(chunk) if chunk.is_complete else None
        if chunk.is_complete:
            self._report(run, last, chunk)
        update = self._table.update(
            run.counter,
            "SET #size = :size, #expires = :expires",
            {"size": chunks, "expires": expires},
        )
        return _total(update.item)

    def repair(self, run: RunId, total: int) -> Counts | None:
        """Repeat what deaths may have lost: sizes, and the reports of complete chunks.

        Args:
            run: to be repaired.
            total: tasks and refused lines of the run.

        Returns:
            The run's counts if all of them have ended; the caller closes it.
        """
        counts = self.end_sending(run, total)
        chunks = -(-total // CHUNK_SIZE)
        if counts is not None or chunks < 2:
            return counts
        reported = self._table.get(run.counter).get("complete", set())
        for number in set(range(chunks)) - reported:
            chunk = self.read(run, number)
            if chunk.is_complete:
                counts = self._report(run, number, chunk) or counts
        return counts

    def missing(self, run: RunId, total: int) -> int:
        """Return how many tasks have no end."""
        chunks = range(-(-total // CHUNK_SIZE))
        return total - sum(len(self.read(run, number).ended) for number in chunks)

    def read(self, run: RunId, chunk: int) -> Chunk:
        """Read a chunk consistently."""
        return Chunk.from_item(self._table.get(run.chunk(chunk)))

    def record(self, run: RunId, number: int, marks: Marks) -> Counts | None:
        """Record what receives of a chunk's tasks came to.

        Returns:
            The run's counts if that was its last end; the caller closes it.
        """
        adds = ", ".join(f"#{mark} :{mark}" for mark in marks.sets)
        update = self._table.update(
            run.chunk(number),
            f"ADD {adds} SET #expires = :expires",
            {mark.value: numbers for mark, numbers in marks.sets.items()}
            | {"expires": int(self._clock()) + self._keep_seconds},
        )
        chunk = Chunk.from_item(update.item)
        if not chunk.is_complete:
            return None
        return _counts(chunk) if chunk.is_only else self._report(run, number, chunk)

    def close(self, run: RunId, close: Close) -> NotifyEvent | None:
        """Close a run, and count it for its schedule, in one transaction.

        Returns:
            The event that the caller now notifies people of; None where nobody has to be, and
            where another closed the run.
        """
        for _ in range(CLOSE_TRIES):
            item = self._table.get(run.item)
            if item.get("state") != RunState.RUNNING:
                mine = item.get("closer") == close.closer and "event" in item
                return NotifyEvent(item["event"]) if mine else None
            schedule = ScheduleState.from_item(self._table.get(run.schedule_item))
            event = self._try_to_close(run, item, schedule, close)
            if event != _LOST:
                return event
        raise LedgerUnavailable(f"run {run.key} was not closed in {CLOSE_TRIES} tries")

    def _try_to_close(
        self, run: RunId, item: Item, schedule: ScheduleState, close: Close
    ) -> NotifyEvent | Literal["lost"] | None:
        now = int(self._clock())
        closed = ClosedRun(
            key=run.key, due=item["due_time"], seconds=now - item["began"], state=close.state.value,
            ended=close.counts.ended, failed=close.counts.failed,
        )  # fmt: skip
        after, event = schedule.with_closed(closed, now=now)
        notifying = event is not None
        values: Item = {
            "state": close.state.value, "now": now, "closer": close.closer,
            "ended": close.counts.ended, "failed": close.counts.failed,
            "running": RunState.RUNNING.value, "streak": schedule.streak,
        }  # fmt: skip
        expression = (
            "SET #state = :state, #closed = :now, #closer = :closer, #ended = :ended, "
            "#failed = :failed, #streak = :streak"
        )
        if notifying:
            expression += ", #event = :event, #due = :due, #due_at = :lease"
            values |= {"event": str(event), "due": DUE, "lease": now + close.lease_seconds}
        else:
            expression += " REMOVE #due, #due_at"
        made = self._table.transact(
            [
                Write(
                    key=run.item,
                    expression=expression,
                    values=values,
                    condition="#state = :running",
                ),
                _schedule_write(run, schedule, after),
            ]
        )
        return event if made else _LOST

    def notified(self, run: RunId) -> None:
        """Note that people were notified of a run: nobody has to look at it any more."""
        self._table.update(
            run.item,
            "SET #notified = :now REMOVE #due, #due_at",
            {"now": int(self._clock())},
            condition="attribute_exists(pk)",
        )

    def due(self) -> list[Item]:
        """Read the items that keep_runs has to look at; the index they come from lags."""
        return self._table.query_due(int(self._clock()))

    def _report(self, run: RunId, number: int, chunk: Chunk) -> Counts | None:
        counts = _counts(chunk)
        update = self._table.update(
            run.counter,
            "ADD #complete :chunk, #ended :ended, #failed :failed SET #expires = :expires",
            {
                "chunk": {number},
                "number": number,
                "ended": counts.ended,
                "failed": counts.failed,
                "expires": int(self._clock()) + self._keep_seconds,
            },
            condition="NOT contains(#complete, :number)",
        )
        return _total(update.item)


def _schedule_write(run: RunId, before: ScheduleState, after: ScheduleState) -> Write:
    values: Item = {
        "version": after.version, "before": before.version, "streak": after.streak,
        "counted": after.counted, "last_success": after.last_success,
        "notified": after.notified,
        "recent": json.dumps([asdict(known) for known in after.recent], separators=(",", ":")),
    }  # fmt: skip
    names = [name for name in values if name != "before"]
    return Write(
        key=run.schedule_item,
        expression="SET " + ", ".join(f"#{name} = :{name}" for name in names),
        values=values,
        condition="attribute_not_exists(#version) OR #version = :before",
    )


def _counts(chunk: Chunk) -> Counts:
    return Counts(len(chunk.ended), len(chunk.failed))


def _total(counter: Item) -> Counts | None:
    """Return a counter's sums if every chunk of the run is complete."""
    if "size" in counter and len(counter.get("complete", ())) >= counter["size"]:
        return Counts(counter.get("ended", 0), counter.get("failed", 0))
    return None
