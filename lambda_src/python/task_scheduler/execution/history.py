"""The history of a batch's messages: what became of their earlier receives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Chunk, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.time_limit import call_with_timeout


class History:
    """The ledger's record of messages that were received, or sent, before.

    One that is received for the first time has none, and nothing is read for it.

    Args:
        ledger: the ledger that is read.
        records: the messages.
        budget: the invocation's time.
        is_resent: tells of a message whether another one may be the same.
    """

    def __init__(
        self,
        ledger: Ledger,
        records: Sequence[Record],
        budget: TimeBudget,
        *,
        is_resent: Callable[[Record], bool],
    ) -> None:
        self._old = {
            record.sqs_id
            for record in records
            if record.receives > 1 or record.is_resent or is_resent(record)
        }
        self._chunks: dict[tuple[str, int], Chunk | None] = {}
        places = {
            (place.run, Position.of(place).chunk)
            for place in (record.counted_at for record in records if record.sqs_id in self._old)
        }
        is_up = True
        for run, chunk in sorted(places):
            self._chunks[run, chunk] = _read(ledger, run, chunk, budget) if is_up else None
            is_up = self._chunks[run, chunk] is not None

    @classmethod
    def of(cls, record: Record, chunk: Chunk) -> Self:
        """Return the history of one message whose chunk is known."""
        place = record.counted_at
        history = cls.__new__(cls)
        history._old = {record.sqs_id}
        history._chunks = {(place.run, Position.of(place).chunk): chunk}
        return history

    def chunk_of(self, record: Record) -> Chunk:
        """Return the chunk of a message; an empty one if it has no history.

        Raises:
            LedgerUnavailable: it has one, and it could not be read.
        """
        if record.sqs_id not in self._old:
            return Chunk()
        place = record.counted_at
        chunk = self._chunks.get((place.run, Position.of(place).chunk))
        if chunk is None:
            raise LedgerUnavailable("its earlier attempts are not known: the ledger did not answer")
        return chunk

    def is_suspect(self, record: Record) -> bool:
        """Return True if a message's task may be what killed its function at an earlier receive."""
        try:
            chunk = self.chunk_of(record)
        except LedgerUnavailable:
            return False
        position = Position.of(record.counted_at)
        return not chunk.has_ended(position) and chunk.is_suspect(position, record.receives)


def _read(ledger: Ledger, run: str, chunk: int, budget: TimeBudget) -> Chunk | None:
    try:
        return call_with_timeout(budget.left_for_flush(), lambda: ledger.read(RunId.of(run), chunk))
    except (LedgerUnavailable, TimeoutError) as error:
        logger.warning("ledger", extra={"reason": str(error)})
        return None
