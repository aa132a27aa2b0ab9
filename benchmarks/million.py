"""A run of a million tasks, on the ledger's own code and the emulator's table.

By hand, since it takes minutes: `python -m benchmarks.million`. Batches of ten are drawn from a
window of the list, as SQS mixes it; one in a hundred is recorded twice, as SQS delivers twice; each
thousandth task is a dead letter.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from benchmarks.designs import create_table
from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import Counts, Mark
from task_scheduler.runs.claims import Claims, Overlap
from task_scheduler.runs.closing import close
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd
from task_scheduler.runs.late_records import LateRecord
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.recorder import Recorder
from task_scheduler.runs.table import Table
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

_BATCH = 10
_TWICE = 0.01
_DEAD_EACH = 1_000
_RUN = RunId.of("million@2026-01-01T00:00:00Z")
_FACTS = {"timezone": "UTC", "notify_on": ["failure"]}


class Run:
    """The run, recorded by any number of threads.

    Args:
        ledger: the ledger that it is in.
        tasks: the tasks of it.
        window: tasks that are mixed with each other.
        randomness: the randomness of the order, so that it is the same each time.

    Attributes:
        counts: batches, closes, late records.
    """

    def __init__(self, ledger: Ledger, tasks: int, window: int, randomness: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._ledger = ledger
        self._tasks = tasks
        self._batches = _batches(tasks, window, randomness)
        self._lock = Lock()

    def live(self, threads: int) -> None:
        """Send the list while others already record, and record until nothing is left."""
        claims = Claims(self._ledger, owner="sender", lease_seconds=900)
        claims.start(_RUN, _FACTS, overlap=Overlap.ALLOW, event={})
        with ThreadPoolExecutor(threads + 1) as pool:
            works = [pool.submit(self._work, number) for number in range(threads)]
            works.append(pool.submit(self._end_sending))
            for work in works:
                work.result()

    def _work(self, number: int) -> None:
        while batch := self._next():
            recorder = Recorder(self._ledger, self._send_late)
            for task in batch:
                is_dead = task % _DEAD_EACH == 0
                recorder.add(
                    Mark.BAD if is_dead else Mark.OK,
                    Place(_RUN.key, task),
                    body=str(task),
                    kept=KeptEnd(id=str(task), reason="dead") if is_dead else None,
                )
            recorder.flush()
            for counts in recorder.recorded.complete.values():
                self._close(counts, f"worker-{number}")

    def _next(self) -> list[int]:
        with self._lock:
            self.counts["batches"] += 1
            return next(self._batches, [])

    def _end_sending(self) -> None:
        while self.counts["batches"] * _BATCH < self._tasks / 2:
            time.sleep(0.1)
        counts = self._ledger.end_sending(_RUN, self._tasks, facts=_FACTS)
        if counts is not None:
            self._close(counts, "sender")

    def _close(self, counts: Counts, closer: str) -> None:
        if close(self._ledger, _RUN, counts, closer=closer, seconds=60) is not None:
            with self._lock:
                self.counts["closes"] += 1

    def _send_late(self, _late: LateRecord) -> None:
        with self._lock:
            self.counts["late"] += 1


def _batches(tasks: int, window: int, randomness: random.Random) -> Iterator[list[int]]:
    """Draw batches of tasks, numbered from 1, from the first of a list that are left."""
    numbers = iter(range(1, tasks + 1))
    waiting: list[int] = []
    while True:
        for number in numbers:
            waiting.append(number)
            if len(waiting) >= window:
                break
        batch: list[int] = []
        while waiting and len(batch) < _BATCH:
            place = randomness.randrange(len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            batch.append(waiting.pop())
        if not batch:
            return
        yield from [batch] * (1 + (randomness.random() < _TWICE))


def main() -> int:
    """Live the run, and compare the books; 1 if they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--window", type=int, default=250)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    with Emulator() as emulator:
        dynamodb = client("dynamodb", emulator.environment())
        create_table(dynamodb, "ledger")
        requests: Counter[str] = Counter()

        def count(model: object, **_: object) -> None:
            requests[getattr(model, "name", "")] += 1

        dynamodb.meta.events.register("before-call.dynamodb", count)
        ledger = Ledger(Table(dynamodb, "ledger"), time.time, keep_seconds=86_400)
        run = Run(ledger, options.tasks, options.window, random.Random(1))
        begun = time.perf_counter()
        run.live(options.threads)
        seconds = time.perf_counter() - begun
        asked = sum(requests.values())
        item, counted = ledger.table.get(_RUN.item), ledger.count(_RUN, options.tasks)
    expected = Counts(ended=options.tasks, failed=options.tasks // _DEAD_EACH)
    print(f"{options.tasks:,} tasks, {run.counts['batches']:,} batches, {asked:,} requests,")
    print(f"{seconds:,.0f} s, {options.tasks / seconds:,.0f} tasks a second")
    print(f"run: {item['state']}, {item['ended']:,} ended, {item['failed']:,} failed")
    print(f"chunks: {counted.ended:,} ended, {counted.failed:,} failed; expected {expected}")
    print(f"closes {run.counts['closes']}, late records {run.counts['late']}")
    recorded = Counts(ended=item["ended"], failed=item["failed"])
    return int((recorded, counted, run.counts["closes"]) != (expected, expected, 1))


if __name__ == "__main__":
    sys.exit(main())
