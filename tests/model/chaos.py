"""Seeded random runs of the model, and what is wrong in all their books together."""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from tests.model.books import Balance, Plan
from tests.model.handlers import run
from tests.model.night import Night, draw
from tests.model.world import World

TASKS = 60
MAX_RECEIVES = 33
"""As main.tf has it: those behind a task that waits in a FIFO queue are received each time, too."""

FAULTS: dict[str, Any] = {
    "refused": 0.01, "unanswered": 0.01, "partial": 0.01, "killed": 0.003, "undelivered": 0.1,
    "table": {"refused": 0.01, "unanswered": 0.01, "killed": 0.003},
}  # fmt: skip


def plans(randomness: random.Random, tasks: int = TASKS) -> list[Plan]:
    """Draw tasks: most succeed, some fail a few times or for good, a few kill their function."""
    return [
        Plan(
            seconds=randomness.choice([0.01, 0.2, 3.0]),
            failures=randomness.choices([0, 1, 2, 9], [80, 8, 6, 6])[0],
            deaths=randomness.choices([0, 1, 9], [96, 3, 1])[0],
            retries=randomness.choice([0, 1, 2, 5]),
        )
        for _ in range(tasks)
    ]


def run_once(seed: int) -> World:
    """Run one world, with faults, kills and duplicate deliveries, to its end."""
    randomness = random.Random(seed)
    world = World(
        plans(randomness),
        seed=seed,
        groups=randomness.choice([0, 5]),
        duplicates=randomness.choice([0.0, 0.02]),
        refused=0.02,
        unanswered=0.02,
        partial=0.02,
        killed=0.01,
    )
    run(world)
    return world


@dataclass(frozen=True)
class Verdict:
    """The course of one run, and what is wrong with it.

    Attributes:
        night: the run.
        refused: numbers of the lines that are no task.
    """

    night: Night
    refused: frozenset[int]

    @property
    def is_whole(self) -> bool:
        """True if no invocation of send_task was given up."""
        return not self.night.lost_events

    @property
    def closes(self) -> int:
        """The times that the run left `running`."""
        return sum(self.night.closes.values())

    @property
    def digests(self) -> int:
        """The number of delivered digests of the closed run."""
        return sum(not digest.is_early for _, digest in self.night.digests)

    @property
    def dead(self) -> int:
        """The number of tasks and lines that are dead letters.

        One that SQS delivered twice at once may succeed in the one invocation and fail for good in
        the other: the ledger counts a success.
        """
        books = self.night.books
        succeeded = {number for number in books.delivered_twice if books.done[number]}
        return len(books.dead.keys() - succeeded) + len(self.refused)

    def tasks(self, kind: str) -> frozenset[int]:
        """Return the tasks with which something is wrong, by the names of `Balance`."""
        found: frozenset[int] = getattr(self.night.balance, kind)
        return found - self.refused

    def problems(self) -> list[str]:
        """Say what is wrong."""
        night, item = self.night, self.night.item()
        found = []
        if self.closes != 1:
            found.append(f"closed {self.closes} times")
        if not 1 <= self.digests <= 1 + len(night.unmarked):
            found.append(f"{self.digests} digests, {len(night.unmarked)} of them not marked")
        if night.queue.messages:
            found.append(f"{len(night.queue.messages)} messages left")
        if not self.is_whole:
            return found
        if (item.get("ended"), item.get("failed")) != (len(night.plans), self.dead):
            found.append(
                f"{item.get('ended')} of {len(night.plans)} ended, "
                f"{item.get('failed')} failed: {self.dead} dead letters"
            )
        unstarted = {number for _, number in night.unstarted}
        wrong = {
            "lost": self.tasks("lost"),
            "wrongly_dead": self.tasks("wrongly_dead") - unstarted,
            "too_few": self.tasks("too_few") - unstarted,
        }
        return found + [f"{kind}: {sorted(tasks)[:8]}" for kind, tasks in wrong.items() if tasks]


def run_night(seed: int, *, is_faulty: bool | None = None) -> Verdict:
    """Run one night to its end.

    Args:
        seed: of everything.
        is_faulty: whether calls fail and processes die; by turns when None.
    """
    randomness = random.Random(seed)
    drawn = draw(randomness)
    faulty = seed % 2 == 1 if is_faulty is None else is_faulty
    night = Night(
        drawn,
        seed=seed,
        max_receives=MAX_RECEIVES,
        twice=randomness.random() < 0.2,
        duplicates=randomness.choice([0.0, 0.02]),
        groups=randomness.choice([0, 0, 3]),
        **(FAULTS if faulty else {}),
    )
    night.live()
    return Verdict(night, frozenset(n for n, plan in enumerate(drawn) if plan is None))


def total(seeds: range) -> Counter[str]:
    """Run a night for each seed and add up: tasks, faults, deaths, and what is wrong."""
    sums: Counter[str] = Counter()
    for seed in seeds:
        verdict = run_night(seed)
        night = verdict.night
        counts = Counter(night.faults.counts) + night.table.counts
        sums["runs"] += 1
        sums["tasks"] += len(night.plans)
        sums["deaths"] += counts["killed"]
        sums["faults"] += counts["refused"] + counts["unanswered"] + counts["partial"]
        sums["closes"] += verdict.closes
        sums["digests"] += verdict.digests
        sums["missing"] += not verdict.closes or not verdict.digests
        sums["events_lost"] += night.lost_events
        for name in (field.name for field in fields(Balance)):
            sums[name] += len(verdict.tasks(name))
        for problem in verdict.problems():
            sums["problems"] += 1
            sys.stdout.write(f"seed {seed}: {problem}\n")
    return sums
