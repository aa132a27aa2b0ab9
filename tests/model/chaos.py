"""Seeded random runs of the model, and what is wrong in all their books together."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields

from tests.model.books import Balance, Plan
from tests.model.handlers import run
from tests.model.world import World

TASKS = 60


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


def total(seeds: range) -> Counter[str]:
    """Run a world for each seed and add up: tasks, faults, deaths, and what is wrong."""
    sums: Counter[str] = Counter()
    for seed in seeds:
        world = run_once(seed)
        sums["runs"] += 1
        sums["tasks"] += len(world.plans)
        sums["invocations"] += world.poller.invocations
        sums["deaths"] += world.poller.deaths
        sums["faults"] += sum(world.faults.counts.values()) - world.faults.counts["killed"]
        for name in (field.name for field in fields(Balance)):
            sums[name] += len(getattr(world.balance, name))
    return sums
