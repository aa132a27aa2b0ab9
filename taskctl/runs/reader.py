"""Read runs from the ledger: lists of them, one with its tasks, and the counts of one at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from task_scheduler.keeping.followers import FOLLOWERS
from task_scheduler.queue.task_id import TaskId
from task_scheduler.runs.chunk import CHUNK_SIZE, Chunk
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.table import Item
from taskctl import aws
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.stack.ledger_table import LAST, LedgerTable
from taskctl.stack.stack import Stack

_LOOK_AHEAD = 100
"""Chunks that are looked for at once, as long as nobody has said how many there are."""


_CANDIDATES = 5
"""Runs that are named where a text could mean any of them."""

_RECENT = 100
"""Runs of a schedule among which one that goes on is looked for."""

_NEAREST = 3
"""Runs that are named where a text means none."""

_AFTER_TIMES = "R#3"
"""Sorts behind the runs that have a scheduled time, and before those that have none."""


class RunReader:
    """The runs of a stack.

    Each method raises TaskctlError if there is no ledger, or no access to it.
    """

    def __init__(self, stack: Stack, clock: Callable[[], float] = time.time) -> None:
        self._stack = stack
        self._clock = clock
        self._table = LedgerTable(stack, clock)

    def schedule_names(self) -> set[str]:
        """Return the names of all schedules: those that are deployed, and those with a history."""
        with ThreadPoolExecutor(1) as threads:
            deployed = threads.submit(self._stack.schedule_names)
            recorded = self._table.query("S")
        return {item["sk"] for item in recorded if item["sk"] != "*"} | {*deployed.result()}

    def known_from(self) -> datetime:
        """Return the first moment of which the ledger has all runs."""
        kept = timedelta(seconds=self._stack.ledger_retention())
        return max(self._table.created(), datetime.now(UTC) - kept)

    def schedule_items(self) -> dict[str, Item]:
        """Return what the ledger has of each schedule; `*` is what it has of all of them."""
        return {item["sk"]: item for item in self._table.query("S")}

    def followers(self, schedule: str) -> list[str]:
        """Return the schedules that run after another, and those that do so no longer."""
        items = self._table.query(FOLLOWERS)
        return [item["sk"] for item in items if schedule in item.get("taken", {schedule: None})]

    def runs(
        self, schedule: str | None = None, *, since: datetime, until: datetime | None = None
    ) -> list[RecordedRun]:
        """Return the runs that were due in a period, the first first; running ones with counts.

        Args:
            schedule: the schedule whose runs are read; None for all.
            since: the first moment.
            until: the last moment; None for everything since.
        """
        names = [schedule] if schedule is not None else sorted(self.schedule_names())
        periods = _ranges(since, until)
        items = self._table.query_all(
            (f"S#{name}", *period) for name in names for period in periods
        )
        first = since.timestamp()
        last = until.timestamp() if until else float("inf")
        found = {(item["pk"], item["sk"]): item for item in items if _is_run(item)}
        runs = [RecordedRun.from_item(item) for item in found.values()]
        runs = [run for run in runs if run.due_time is None or first <= run.due_time <= last]
        runs.sort(key=_due)
        return self.with_counts(runs)

    def last_runs(self, schedule: str, count: int) -> list[RecordedRun]:
        """Return the last runs of a schedule, the first first."""
        partition = f"S#{schedule}"
        timed = self._table.query(partition, "R#", _AFTER_TIMES, newest=count)
        untimed = self._table.query(partition, _AFTER_TIMES, newest=count)
        runs = [RecordedRun.from_item(item) for item in timed + untimed if _is_run(item)]
        return sorted(runs, key=_due)[-count:]

    def beginning_with(self, schedule: str, rest: str, count: int) -> list[RecordedRun]:
        """Return runs of a schedule whose keys go on so after the schedule, the last of them."""
        items = self._table.query(f"S#{schedule}", f"R#{rest}", f"R#{rest}{LAST}", newest=count)
        return [RecordedRun.from_item(item) for item in items if _is_run(item)]

    def run(self, id_: RunId) -> RecordedRun | None:
        """Read a run consistently, with its counts; None if there is none."""
        item = self._table.get(id_.item)
        return self.with_counts([RecordedRun.from_item(item)])[0] if _is_run(item) else None

    def again(self, runs: Sequence[RecordedRun]) -> list[RecordedRun]:
        """Read runs once more, with their counts."""
        items = self._table.get_many(run.id.item for run in runs)
        return self.with_counts([RecordedRun.from_item(item) for item in items])

    def kept_ends(self, key: str) -> list[KeptEnd]:
        """Return the ends of a run's tasks that the ledger keeps: failures, and few results."""
        return [KeptEnd.from_item(item) for item in self._table.query(f"F#{key}")]

    def kept_ends_of(self, runs: Sequence[RecordedRun]) -> dict[str, list[KeptEnd]]:
        """Return the ends that the ledger keeps of several runs, by the runs' keys."""
        keys = [run.key for run in runs]
        with ThreadPoolExecutor(aws.MAX_CONNECTIONS) as threads:
            return dict(zip(keys, threads.map(self.kept_ends, keys), strict=True))

    def with_counts(self, runs: Sequence[RecordedRun]) -> list[RecordedRun]:
        """Fill in how many tasks have ended in the runs that are running."""
        running = [run for run in runs if run.state == RunState.RUNNING]
        if not running:
            return list(runs)
        with ThreadPoolExecutor(aws.MAX_CONNECTIONS) as threads:
            counted = dict(zip(running, threads.map(self._count, running), strict=True))
        return [counted.get(run, run) for run in runs]

    def _count(self, run: RecordedRun) -> RecordedRun:
        try:
            return self._sum_up(run)
        except (TypeError, ValueError, AttributeError):  # somebody edited an item by hand
            return replace(run, odd=(*run.odd, "the counts of its tasks cannot be read"))

    def _sum_up(self, run: RecordedRun) -> RecordedRun:
        """Sum up the chunks that are complete, which one item has, and read the others."""
        counter = self._counter(run)
        complete = counter.get("complete", set())
        ended, failed = counter.get("ended", 0), counter.get("failed", 0)
        for chunk in self._open_chunks(run, complete):
            ended += chunk.counts.ended
            failed += chunk.counts.failed
        return replace(run, ended=ended, failed=failed)

    def _counter(self, run: RecordedRun) -> Item:
        if run.total is not None and run.total <= CHUNK_SIZE:
            return {}
        counters = self._table.get_many([run.id.counter])
        return counters[0] if counters else {}

    def _open_chunks(self, run: RecordedRun, complete: set[int]) -> Iterator[Chunk]:
        """Read the chunks that are not complete, until there are no more."""
        known = None if run.total is None else -(-run.total // CHUNK_SIZE)
        first = 0
        while known is None or first < known:
            numbers = range(first, min(known or first + _LOOK_AHEAD, first + _LOOK_AHEAD))
            missing = [number for number in numbers if number not in complete]
            found = self._table.get_many(run.id.chunk(number) for number in missing)
            yield from map(Chunk.from_item, found)
            if known is None and missing and not found:
                return
            first = numbers.stop


def find_run(reader: RunReader, text: str) -> RecordedRun:
    """Return the run whose key begins with a text, or the last one of a schedule.

    Raises:
        TaskctlError: there is none, and the nearest are offered; or there are several.
    """
    schedule, at, rest = text.partition("@")
    if at and (run := reader.run(RunId(schedule=schedule, key=text))):
        return run
    if not at:
        found = reader.last_runs(schedule, 1)
    else:
        found = reader.beginning_with(schedule, rest, _CANDIDATES + 1)
    if len(found) == 1:
        return reader.with_counts(found)[0]
    if found:
        named = ", ".join(run.key for run in found[-_CANDIDATES:])
        more = " and others" if len(found) > _CANDIDATES else ""
        raise TaskctlError(f"{text!r} is the beginning of several runs: {named}{more}")
    names = reader.schedule_names()
    if schedule not in names:
        raise TaskctlError(f"no schedule {schedule!r}{did_you_mean(schedule, names)}")
    keys = [run.key for run in reader.last_runs(schedule, _NEAREST)]
    near = f"; its last runs are {', '.join(keys)}" if keys else ""
    raise TaskctlError(f"no run {text!r} of {schedule}{near or ', which has not run yet'}")


def find_open_run(reader: RunReader, text: str) -> RecordedRun:
    """Return the run whose key begins with a text, or the last one of a schedule that goes on.

    Raises:
        TaskctlError: as find_run does.
    """
    if "@" not in text:
        open_ = [run for run in reader.last_runs(text, _RECENT) if not run.is_over]
        if open_:
            return reader.with_counts(open_[-1:])[0]
    return find_run(reader, text)


class FoundTask(NamedTuple):
    """A run, and the position in its list that was named; None for none."""

    run: RecordedRun
    position: int | None


def find_task(reader: RunReader, text: str) -> FoundTask:
    """Return the run that a text means, and the position that it ends in: nightly#3.

    Raises:
        TaskctlError: there is no such run, or several.
    """
    name, position = TaskId.parse(text)
    return FoundTask(find_run(reader, name), position)


def _is_run(item: Item) -> bool:
    return str(item.get("sk", "")).startswith("R#")


def _due(run: RecordedRun) -> tuple[int, str]:
    return run.due_time or 0, run.key


def _ranges(since: datetime, until: datetime | None) -> list[tuple[str, str | None]]:
    """Return the sort keys of a period, from and to.

    Runs without a scheduled time are read as well, and told by when they began.
    """
    from_ = f"R#{_rfc3339(since)}"
    if until is None:
        return [(from_, None)]
    return [(from_, f"R#{_rfc3339(until)}{LAST}"), (_AFTER_TIMES, None)]


def _rfc3339(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
