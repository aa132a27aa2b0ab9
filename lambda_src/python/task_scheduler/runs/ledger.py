"""The run ledger's counts: what was sent, what ended, and whether that is all of a run.

docs/ledger.md has the items, the protocol and its invariants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from task_scheduler.runs.chunk import CHUNK_SIZE, Chunk, Counts, Marks
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.table import Item, Table

LOOK_SECONDS = 300
"""So long after a lease has expired, or a list was sent, keep_runs looks at a run."""


class RecordedChunk(NamedTuple):
    """A chunk after a record in it.

    Attributes:
        chunk: as it is now.
        counts: the run's, if all its tasks have ended; whoever gets these closes it.
    """

    chunk: Chunk
    counts: Counts | None = None


class Ledger:
    """The record of runs that the functions keep.

    Args:
        table: the table that it is kept in.
        clock: returns seconds since 1970.
        keep_seconds: after which an item expires.

    Each method raises LedgerUnavailable. Every one may be called again after that, and by any
    number of callers at once: an end is counted once.
    """

    def __init__(self, table: Table, clock: Callable[[], float], *, keep_seconds: int) -> None:
        self.table = table
        self._clock = clock
        self._keep_seconds = keep_seconds

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return int(self._clock())

    @property
    def expires(self) -> int:
        """The time at which an item that is written now expires, in seconds since 1970."""
        return self.now + self._keep_seconds

    def read(self, run: RunId, chunk: int) -> Chunk:
        """Read a chunk consistently."""
        return Chunk.from_item(self.table.get(run.chunk(chunk)))

    def record(self, run: RunId, number: int, marks: Marks) -> RecordedChunk:
        """Record what receives of a chunk's tasks came to."""
        adds = ", ".join(f"#{mark} :{mark}" for mark in marks.sets)
        update = self.table.update(
            run.chunk(number),
            f"ADD {adds} SET #expires = :expires",
            {mark.value: numbers for mark, numbers in marks.sets.items()}
            | {"expires": self.expires},
        )
        chunk = Chunk.from_item(update.item)
        if not chunk.is_complete:
            return RecordedChunk(chunk)
        counts = chunk.counts if chunk.is_only else self._report(run, number, chunk)
        return RecordedChunk(chunk, counts)

    def end_sending(
        self,
        run: RunId,
        total: int,
        *,
        facts: Mapping[str, Any],
        incomplete: str | None = None,
    ) -> Counts | None:
        """Say how many tasks and refused lines there are.

        Args:
            run: the run whose list is sent; made if the table did not answer when it began.
            total: tasks and refused lines.
            facts: the facts that the run's item has from its beginning.
            incomplete: why there are more that could not be sent.

        Returns:
            The run's counts if all of them have ended; whoever gets these closes it.
        """
        initial = {
            "total": total, "state": RunState.RUNNING.value, "began": self.now,
            "due_at": self.now + LOOK_SECONDS, "expires": self.expires, **facts,
        }  # fmt: skip
        expression = ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in initial)
        if incomplete:
            expression += ", #incomplete = :incomplete, #reason = :incomplete"
            initial["incomplete"] = incomplete
        self.table.update(run.item, f"SET {expression} REMOVE #lease", initial)
        return self._set_sizes(run, total)

    def _set_sizes(self, run: RunId, total: int) -> Counts | None:
        if total == 0:
            return Counts()
        chunks = -(-total // CHUNK_SIZE)
        last = chunks - 1
        chunk = Chunk.from_item(
            self.table.update(
                run.chunk(last),
                "SET #size = :size, #only = :only, #expires = :expires",
                {
                    "size": total - last * CHUNK_SIZE,
                    "only": chunks == 1,
                    "expires": self.expires,
                },
            ).item
        )
        if chunks == 1:
            return chunk.counts if chunk.is_complete else None
        if chunk.is_complete:
            self._report(run, last, chunk)
        update = self.table.update(
            run.counter,
            "SET #size = :size, #expires = :expires",
            {"size": chunks, "expires": self.expires},
        )
        return _sums(update.item)

    def repair(self, run: RunId, total: int) -> Counts | None:
        """Repeat what deaths may have lost: sizes, and the reports of complete chunks.

        Args:
            run: to be repaired.
            total: tasks and refused lines of the run.

        Returns:
            The run's counts if all of them have ended; whoever gets these closes it.
        """
        counts = self._set_sizes(run, total)
        chunks = -(-total // CHUNK_SIZE)
        if counts is not None or chunks < 2:
            return counts
        reported = self.table.get(run.counter).get("complete", set())
        for number in set(range(chunks)) - reported:
            chunk = self.read(run, number)
            if chunk.is_complete:
                counts = self._report(run, number, chunk) or counts
        return counts

    def count(self, run: RunId, total: int | None) -> Counts:
        """Count the ends of a run in its chunks, whether they are all or not.

        Args:
            run: the run whose tasks they are.
            total: tasks and refused lines; None if nobody knows, as its sender died.
        """
        counts, number = Counts(), 0
        while total is None or number * CHUNK_SIZE < total:
            chunk = self.read(run, number)
            if total is None and not chunk.ended:
                break
            counts += chunk.counts
            number += 1
        return counts

    def reopen_last_chunk(self, run: RunId, total: int) -> None:
        """Take back the size of a list that goes on: its last chunk, and the count of chunks."""
        if total == 0:
            return
        last = (total - 1) // CHUNK_SIZE
        chunk = self.read(run, last)
        self.table.update(run.chunk(last), "REMOVE #size, #only", {})
        counts = chunk.counts
        self.table.update(
            run.counter,
            "ADD #ended :ended, #failed :failed, #cancelled :cancelled "
            "DELETE #complete :chunk REMOVE #size",
            {
                "ended": -counts.ended, "failed": -counts.failed, "cancelled": -counts.cancelled,
                "chunk": {last}, "number": last,
            },
            condition="contains(#complete, :number)",
        )  # fmt: skip

    def _report(self, run: RunId, number: int, chunk: Chunk) -> Counts | None:
        counts = chunk.counts
        update = self.table.update(
            run.counter,
            "ADD #complete :chunk, #ended :ended, #failed :failed, #cancelled :cancelled "
            "SET #expires = :expires",
            {
                "chunk": {number},
                "number": number,
                "ended": counts.ended,
                "failed": counts.failed,
                "cancelled": counts.cancelled,
                "expires": self.expires,
            },
            condition="NOT contains(#complete, :number)",
        )
        return _sums(update.item)


def _sums(counter: Item) -> Counts | None:
    """Return a counter's sums if every chunk of the run is complete."""
    if "size" in counter and len(counter.get("complete", ())) >= counter["size"]:
        return Counts(
            ended=counter.get("ended", 0),
            failed=counter.get("failed", 0),
            cancelled=counter.get("cancelled", 0),
        )
    return None
