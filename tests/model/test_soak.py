"""A thousand batches in one sandbox leave it as they found it."""

from __future__ import annotations

import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.model.books import Plan
from tests.model.handlers import run
from tests.model.world import BATCH_SIZE, World

BATCHES = 500
PAGE = os.sysconf("SC_PAGE_SIZE")
MAX_GROWTH_BYTES = 4_000_000


@dataclass(frozen=True)
class Footprint:
    """The resources that the process holds."""

    threads: int
    files: int
    resident_bytes: int

    @classmethod
    def now(cls) -> Footprint:
        gc.collect()
        return cls(
            threading.active_count(),
            len(list(Path("/proc/self/fd").iterdir())),
            int(Path("/proc/self/statm").read_text().split()[1]) * PAGE,
        )


def run_batches(number: int) -> World:
    """Run so many full batches; every tenth task fails once, every fiftieth for good."""
    plans = [
        Plan(seconds=0.01, failures=9 if task % 50 == 0 else task % 10 == 0)
        for task in range(number * BATCH_SIZE)
    ]
    world = World(plans, seed=1)
    run(world, concurrency=1)
    return world


def test_a_thousand_batches_leak_no_thread_no_file_and_no_memory() -> None:
    """The second half of them is compared with the first."""
    footprints = []
    for _ in range(2):
        world = run_batches(BATCHES)
        assert world.poller.invocations >= BATCHES
        assert world.balance.lost == set()
        assert world.balance.wrongly_dead == set()
        del world
        footprints.append(Footprint.now())

    before, after = footprints
    assert after.threads <= before.threads
    assert after.files <= before.files
    assert after.resident_bytes - before.resident_bytes < MAX_GROWTH_BYTES
