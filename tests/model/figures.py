"""`python -m tests.model.figures`: what the ledger costs, and its most written items; minutes.

Everything is counted on the model of DynamoDB, under the handlers' own code.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from task_scheduler import run_task
from task_scheduler.run_task import BatchResponse
from taskctl.costs.pricing import DYNAMODB_READ, DYNAMODB_WRITE, ledger_writes
from tests.model.books import Plan
from tests.model.crowd import Crowd
from tests.model.night import Night

HOURS = 730
MONTH = 3_000_000
WARM_RUNS = 24
"""After which a schedule's item has its last 20 runs."""
KINDS = {"N": "chunks", "S": "runs", "F": "failures", "E": "events"}


def main() -> None:
    """Count and print."""
    print("The ledger's request units of a run whose tasks all succeed, its schedule's item full:")
    for tasks in (20, 100):
        batches, writes, reads = _steady(tasks)
        _print_cost(tasks, batches, writes, reads)
    print("A run alone, with a thousand invocations at a time:")
    for tasks, window in ((10_000, 10_000), (100_000, 250), (100_000, 10_000), (100_000, 100_000)):
        _crowd(tasks, window=window)
    print("A thousand schedules that are due in the same second, of 2 tasks each:")
    _crowd(2, window=2_000, schedules=1_000)


def _print_cost(tasks: int, batches: float, writes: float, reads: float) -> None:
    usd = writes * DYNAMODB_WRITE + reads * DYNAMODB_READ
    print(
        f"  {tasks} tasks, {batches:g} batches: {writes:.1f} written "
        f"(taskctl cost: {ledger_writes(tasks, ceil(batches)):.1f}), {reads:.1f} read; "
        f"{usd * HOURS:.4f} USD for {HOURS} runs, {usd * MONTH / tasks:.2f} for {MONTH:,} tasks",
        flush=True,
    )


def _steady(tasks: int) -> tuple[float, float, float]:
    """Return batches and units of a run of a schedule that has run for a day; hourly."""
    short, long = (_hours(tasks, runs) for runs in (WARM_RUNS, 2 * WARM_RUNS))
    return tuple((b - a) / WARM_RUNS for a, b in zip(short, long, strict=True))  # type: ignore[return-value]


def _hours(tasks: int, runs: int) -> tuple[float, float, float]:
    later = [
        (hour * 3_600.0, {"scheduled_time": f"2026-11-{23 + hour // 24}T{hour % 24:02}:00:00Z"})
        for hour in range(1, runs)
    ]
    night = Night([Plan()] * tasks, seed=1, days=3.0, event={"notify_on": ["failure"]}, later=later)
    with _batches() as batches:
        night.live()
    units = night.table.units
    return sum(batches.values()), units["write"], units["read"]


def _crowd(tasks: int, *, window: int, schedules: int = 1) -> None:
    """Print what is written to, and how often in the busiest second."""
    with TemporaryDirectory() as folder, _batches() as counted:
        night = Crowd(Path(folder), tasks, pollers=1_000, window=window, schedules=schedules)
        night.live()
    batches = sum(counted.values())
    table = night.table
    closes = sum(night.closes.values())
    print(f"  {tasks:,} tasks, {window:,} of them mixed, {batches:,} batches, closes {closes}")
    estimated = schedules * ledger_writes(tasks, ceil(batches / schedules))
    print(f"    {table.units['write']:,} units written (taskctl cost: {estimated:,.0f})")
    for kind in ("chunks", "counter", "runs", "S", "due"):
        writes, units = (
            max((number for key, number in counts.items() if _kind(key[0]) == kind), default=0)
            for counts in (table.written["writes"], table.written["units"])
        )
        print(f"    {kind:8} at most {writes:4} writes and {units:4} units a second, of one key")
    sys.stdout.flush()


@contextmanager
def _batches() -> Iterator[Counter[int]]:
    """Count the batches of run_task, by their size."""
    handle, counted = run_task.handler, Counter[int]()

    def count(event: dict[str, Any], context: Any) -> BatchResponse:
        counted[len(event["Records"])] += 1
        return handle(event, context)

    with patch.object(run_task, "handler", count):
        yield counted


def _kind(partition: str) -> str:
    """Return what a partition key is of."""
    kind, _, rest = partition.partition("#")
    if kind == "N" and not rest.rpartition("#")[0]:
        return "counter"
    return KINDS[kind] if rest else kind


if __name__ == "__main__":
    main()
