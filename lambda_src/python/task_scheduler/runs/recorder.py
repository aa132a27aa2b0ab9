"""The recorder: ends and receives, written down a chunk at a time, in the table or on the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.outcome import Outcome
from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import Counts, Mark, Marks, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, keep
from task_scheduler.runs.late_records import EndsRecord, LateRecord
from task_scheduler.runs.ledger import Ledger

MOST_KEPT = 5
"""Reasons of failures that are kept of one chunk at each recording."""


@dataclass(slots=True)
class _Pending:
    """Records for one chunk."""

    marks: Marks = field(default_factory=Marks)
    kept: dict[int, KeptEnd] = field(default_factory=dict)

    def merge(self, other: _Pending) -> None:
        """Add what could not be written."""
        for mark, numbers in other.marks.sets.items():
            self.marks.sets.setdefault(mark, set()).update(numbers)
        self.kept.update(other.kept)


@dataclass(slots=True)
class Recorded:
    """The consequences of what was recorded.

    Attributes:
        complete: runs all of whose tasks have ended, and how.
        failing: runs with a task that failed.
        corrected: runs with a task that succeeded after it was sent again.
    """

    complete: dict[RunId, Counts] = field(default_factory=dict)
    failing: set[RunId] = field(default_factory=set)
    corrected: set[RunId] = field(default_factory=set)


class Recorder:
    """Gathers what receives came to, and writes it down.

    Args:
        ledger: the ledger that it is recorded in.
        send_late: puts what the table does not take on the task queue; raises if it cannot.

    Attributes:
        recorded: what followed from it.
    """

    def __init__(self, ledger: Ledger, send_late: Callable[[LateRecord], None]) -> None:
        self.recorded = Recorded()
        self._ledger = ledger
        self._send_late = send_late
        self._pending: dict[tuple[str, int], _Pending] = {}
        self._in_flight: set[tuple[str, int]] = set()
        self._is_down = False

    def add(
        self,
        mark: Mark,
        place: Place,
        *,
        body: str = "",
        receives: int = 1,
        kept: KeptEnd | None = None,
    ) -> None:
        """Note what a receive came to.

        Args:
            mark: what.
            place: the place of the task.
            body: the body of its message, which counts for an end alone.
            receives: times that it was received, this one included.
            kept: its end, if that is to be kept.
        """
        position = Position.of(place)
        pending = self._pending.setdefault((place.run, position.chunk), _Pending())
        pending.marks.add(mark, position, body=body, receives=receives)
        if kept is None:
            return
        # a result is of a small run, and what was sent again takes the place of a failure
        is_failure = kept.reason is not None and not place.redrive
        if not is_failure or len(pending.kept) < MOST_KEPT:
            pending.kept[place.number] = kept

    def is_pending(self, place: Place) -> bool:
        """Return True if something about a chunk is neither recorded nor on the queue."""
        key = place.run, Position.of(place).chunk
        return key in self._pending or key in self._in_flight

    @property
    def has_pending(self) -> bool:
        """True if something is neither recorded nor on the queue."""
        return bool(self._pending)

    def flush(self) -> None:
        """Write down what is pending; what can be written nowhere stays so."""
        for key in list(self._pending):
            # what is noted while this is under way is for the next time
            pending = self._pending.pop(key)
            self._in_flight.add(key)
            run, chunk = key
            record = EndsRecord(run=run, chunk=chunk, marks=pending.marks, kept=pending.kept)
            if not self._write(record) and not self._write_late(record):
                self._pending.setdefault(key, _Pending()).merge(pending)
            self._in_flight.discard(key)

    def give_up_table(self) -> None:
        """Write down the rest on the queue: the table takes too long."""
        self._is_down = True

    def apply(self, record: EndsRecord) -> None:
        """Write one record into the table.

        Raises:
            LedgerUnavailable: the table did not answer.
        """
        run, marks = record.id, record.marks.sets
        for place, end in record.places():
            keep(self._ledger, place, end)
        chunk, counts = self._ledger.record(run, record.chunk, record.marks)
        if not run.is_recorded:
            return
        if counts is not None:
            self.recorded.complete[run] = counts
        if Mark.BAD in marks:
            self.recorded.failing.add(run)
        # one that SQS itself moved away has no end to correct
        if record.marks.has_redriven or (Mark.OK in marks and chunk.corrected):
            self.recorded.corrected.add(run)
        for offset in chunk.changed:
            reason = f"number {record.chunk}:{offset} stood for two different tasks"
            logger.warning("list changed", extra={"run": record.run, "reason": reason})

    def _write(self, record: EndsRecord) -> bool:
        if self._is_down:
            return False
        try:
            self.apply(record)
        except LedgerUnavailable as error:
            # not once more in this invocation: each refusal takes as long as there is patience
            self._is_down = True
            logger.warning("ledger", extra={"reason": str(error)})
            return False
        return True

    def _write_late(self, record: EndsRecord) -> bool:
        try:
            self._send_late(record)
        except Exception as error:
            logger.warning("late record not sent", extra={"reason": reason_of(error)})
            return False
        return True


def mark_of(outcome: Outcome, *, is_attempt: bool) -> Mark:
    """Return the mark that an outcome leaves.

    Args:
        outcome: the outcome of a receive.
        is_attempt: whether the task was tried.
    """
    match outcome:
        case Outcome.SUCCESS | Outcome.DUPLICATE:
            return Mark.OK
        case Outcome.RETRY:
            return Mark.TRIED if is_attempt else Mark.BACK
        case Outcome.CANCELLED:
            return Mark.CANCELLED
    return Mark.BAD
