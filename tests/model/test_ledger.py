"""A run closes once, with the right counts, whatever befalls those who write it down."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import Chunk, Counts, Mark, Marks, Position
from task_scheduler.runs.claims import Claim, Claims, Overlap
from task_scheduler.runs.closing import close
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Table
from task_scheduler.runs.wire import from_wire
from tests.model.dynamodb import Client
from tests.model.simulation import EPOCH, Killed, Simulation

TOTALS = [0, 1, 2, 20, 249, 250, 251, 500, 501]
BATCH = 10
FACTS = {"due_time": 0, "notify_on": ["success", "failure", "recovery"]}
RUN = RunId(schedule="nightly", key="nightly@2026-11-23T02:00:00Z")


@dataclass
class Night:
    """A run whose sender and workers come again until they have written what they have to."""

    seed: int
    forgets: bool = False
    events: list[NotifyEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.total = self.random.choice(TOTALS)
        self.simulation = Simulation()
        self.client = Client(
            self.simulation, self.random, refused=0.05, unanswered=0.05, killed=0.01
        )
        self.ledger = Ledger(
            Table(cast("Any", self.client), "ledger"),
            lambda: self.simulation.now,
            keep_seconds=1_000_000,
        )

    def run(self) -> None:
        """Run sender and workers, a tenth of these twice, to their ends."""
        self._again_until_done(self._send)
        for first in range(0, self.total, BATCH):
            batch = range(first, min(first + BATCH, self.total))
            for _ in range(self.random.choices([1, 2], [9, 1])[0]):
                self._again_until_done(partial(self._work, batch))
        self.simulation.run(until=EPOCH + 100_000)

    def _send(self) -> None:
        claims = Claims(self.ledger, owner="sender", lease_seconds=5)
        claim, _ = claims.start(RUN, FACTS, overlap=Overlap.ALLOW, event={})
        if claim is not Claim.OTHERS:
            self._close(self.ledger.end_sending(RUN, self.total, facts=FACTS), "sender")

    def _work(self, batch: range) -> None:
        chunks: dict[int, Marks] = {}
        for ordinal in batch:
            position = Position.of(Place(RUN.key, ordinal + 1))
            mark = Mark.OK if ordinal % 3 else Mark.BAD
            marks = chunks.setdefault(position.chunk, Marks())
            marks.add(mark, position, body=str(ordinal))
        for number, marks in chunks.items():
            if self.forgets and marks_are_known(self.ledger.read(RUN, number), marks):
                continue  # as a message that comes again after its end was recorded
            _, counts = self.ledger.record(RUN, number, marks)
            self._close(counts, f"worker {batch}")

    def _close(self, counts: Counts | None, closer: str) -> None:
        if counts is None:
            return
        closed = close(self.ledger, RUN, counts, closer=closer, seconds=30)
        if closed is not None and closed.event is not None:
            self.events.append(closed.event)

    def _again_until_done(self, work: Callable[[], None]) -> None:
        """Start a process that is started anew after it was killed or the table failed it."""

        def process() -> None:
            try:
                work()
            except LedgerUnavailable:
                self.simulation.start(process, delay=self.random.random() * 30)
            except Killed:
                self.simulation.start(process, delay=self.random.random() * 30)
                raise

        self.simulation.start(process, delay=self.random.random() * 20)


def marks_are_known(chunk: Chunk, marks: Marks) -> bool:
    """Return True if all that would be recorded is recorded."""
    return all(numbers <= chunk.marks[mark] for mark, numbers in marks.sets.items())


@pytest.mark.parametrize("seed", range(60))
def test_a_run_closes_once_with_every_end_counted_once(seed: int) -> None:
    night = Night(seed)

    night.run()

    failed = len(range(0, night.total, 3))
    item = night.client.items[RUN.item]
    assert (int(item["ended"]["N"]), int(item["failed"]["N"])) == (night.total, failed)
    schedule = ScheduleState.from_item(from_wire(night.client.items[RUN.schedule_item]))
    assert [run.key for run in schedule.recent] == [RUN.key]
    assert (schedule.version, schedule.streak) == (1, 1 if failed else 0)
    event = NotifyEvent.FAILURE if failed else NotifyEvent.SUCCESS
    assert set(night.events) <= {event}
    # a process that died between the write and its answer does not know that it closed the run
    assert len(night.events) == 1 or night.client.counts["killed"]


@pytest.mark.parametrize("seed", range(60))
def test_what_deaths_lost_is_repaired_and_the_run_closed(seed: int) -> None:
    night = Night(seed, forgets=True)
    night.run()
    night.client.refused = night.client.unanswered = night.client.killed = 0.0

    def keep() -> None:
        night._close(night.ledger.repair(RUN, night.total), "keep_runs")

    night.simulation.start(keep)
    night.simulation.run(until=night.simulation.now + 1_000)

    item = night.client.items[RUN.item]
    assert int(item["ended"]["N"]) == night.total
