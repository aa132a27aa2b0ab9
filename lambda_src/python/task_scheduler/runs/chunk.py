"""Chunks: the ends and the receives of up to 250 tasks of a run, in one item of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from zlib import crc32

from task_scheduler.queue.place import MAX_REDRIVES, Place
from task_scheduler.runs.table import Item

CHUNK_SIZE = 250
"""Tasks of a chunk. An update costs by the size of the item: about 6 bytes an end."""

_REDRIVES = MAX_REDRIVES + 1
_RECEIVES = 4_096
_CHECKSUMS = 65_536


class Mark(StrEnum):
    """The effect of a receive of a task; the values are attributes of a chunk's item."""

    OK = "ok"
    """It ended: it succeeded."""
    BAD = "bad"
    """It ended: it is a dead letter."""
    CANCELLED = "cancelled"
    """It ended: its run was cancelled."""
    TRIED = "tried"
    """An attempt failed, and the task comes again."""
    FINAL = "final"
    """It failed for good, and comes again since its dead letter could not be sent."""
    BACK = "back"
    """It was given back untried."""
    BEGUN = "begun"
    """An attempt was begun alone, after a receive that left no mark."""

    @property
    def is_end(self) -> bool:
        """True if the task does not come again."""
        return self in _ENDS


_ENDS = (Mark.OK, Mark.BAD, Mark.CANCELLED)


@dataclass(frozen=True, slots=True)
class Position:
    """A task's place in the ledger.

    Attributes:
        chunk: the number of its chunk, from 0.
        offset: its place in that chunk, from 0.
        redrive: how often it was sent again from a dead letter.
    """

    chunk: int
    offset: int
    redrive: int = 0

    @classmethod
    def of(cls, place: Place) -> Position:
        """Return the position of a place, whose numbers are dense from 1."""
        return cls(*divmod(place.number - 1, CHUNK_SIZE), place.redrive)

    @property
    def _slot(self) -> int:
        return self.offset * _REDRIVES + self.redrive

    def end(self, body: str) -> int:
        """Return the number that stands for its end: where, and a checksum of its body.

        Two ends of one place that differ are a list that changed between two invocations.
        """
        checksum = crc32(body.encode(errors="surrogatepass")) % _CHECKSUMS
        return self._slot * _CHECKSUMS + checksum

    def receive(self, receives: int) -> int:
        """Return the number that stands for one receive of it, counted from 1."""
        return self._slot * _RECEIVES + receives % _RECEIVES

    def receives_in(self, numbers: Iterable[int]) -> set[int]:
        """Return which of its receives are among the numbers of receives."""
        return {number % _RECEIVES for number in numbers if number // _RECEIVES == self._slot}

    def is_in(self, numbers: Iterable[int]) -> bool:
        """Return True if its end is among the numbers of ends."""
        return any(number // _CHECKSUMS == self._slot for number in numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The numbers of a run's tasks that ended, that are dead letters, and that were cancelled."""

    ended: int = 0
    failed: int = 0
    cancelled: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both together."""
        return Counts(
            ended=self.ended + other.ended,
            failed=self.failed + other.failed,
            cancelled=self.cancelled + other.cancelled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk as the ledger has it.

    Attributes:
        size: how many ends it will have; None while the sender has not said so.
        is_only: whether the run has no other chunk.
        marks: the numbers of ends and of receives, by mark.
    """

    size: int | None = None
    is_only: bool = False
    marks: dict[Mark, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def from_item(cls, item: Item) -> Chunk:
        """Read an item; an empty one is a chunk of which nothing is recorded."""
        marks = {mark: frozenset(item.get(mark.value, ())) for mark in Mark}
        return cls(size=item.get("size"), is_only=item.get("only", False), marks=marks)

    @property
    def ended(self) -> set[int]:
        """The offsets of the tasks that ended."""
        return _offsets(number for mark in _ENDS for number in self._of(mark))

    @property
    def failed(self) -> set[int]:
        """The offsets of the tasks that are dead letters and did not succeed as well."""
        return _offsets(self._of(Mark.BAD)) - _offsets(self._of(Mark.OK))

    @property
    def corrected(self) -> set[int]:
        """The offsets of the tasks that were dead letters, and succeeded when sent again."""
        return _offsets(self._of(Mark.BAD)) & _offsets(self._of(Mark.OK))

    @property
    def counts(self) -> Counts:
        """The number of its tasks that ended, and their kinds of ends."""
        done = _offsets(self._of(Mark.OK)) | self.failed
        cancelled = _offsets(self._of(Mark.CANCELLED)) - done
        return Counts(ended=len(self.ended), failed=len(self.failed), cancelled=len(cancelled))

    @property
    def changed(self) -> set[int]:
        """The offsets that two different tasks ended at."""
        bodies: dict[int, set[int]] = {}
        for mark in _ENDS:
            for number in self._of(mark):
                slot, checksum = divmod(number, _CHECKSUMS)
                bodies.setdefault(slot, set()).add(checksum)
        return {slot // _REDRIVES for slot, checksums in bodies.items() if len(checksums) > 1}

    @property
    def is_complete(self) -> bool:
        """True if all its tasks ended; the size of a full chunk is known."""
        return len(self.ended) >= (CHUNK_SIZE if self.size is None else self.size)

    def has_ended(self, position: Position) -> bool:
        """Return True if a task ended, or succeeded at an earlier redrive."""
        if any(position.is_in(self._of(mark)) for mark in _ENDS):
            return True
        return position.offset in _offsets(self._of(Mark.OK))

    def is_final(self, position: Position) -> bool:
        """Return True if a task failed for good, and only its dead letter is missing."""
        return bool(position.receives_in(self._of(Mark.FINAL)))

    def attempts(self, position: Position) -> int:
        """Return the attempts that a task has used: failed ones, and those that never ended."""
        tried = position.receives_in(self._of(Mark.TRIED))
        begun = position.receives_in(self._of(Mark.BEGUN))
        return len(tried | (begun - position.receives_in(self._of(Mark.BACK))))

    def is_suspect(self, position: Position, receives: int) -> bool:
        """Return True if an earlier receive of a task left no mark, or an attempt never ended.

        Args:
            position: the position of the task in the chunk.
            receives: times that it was received, this one included.
        """
        marks = position.receives_in(
            number for mark in (Mark.TRIED, Mark.FINAL, Mark.BACK) for number in self._of(mark)
        )
        begun = position.receives_in(self._of(Mark.BEGUN))
        return bool(begun) or any(number not in marks for number in range(1, receives))

    def _of(self, mark: Mark) -> frozenset[int]:
        return self.marks.get(mark, frozenset())


@dataclass(slots=True)
class Marks:
    """Marks of receives in one chunk, recorded in one update."""

    sets: dict[Mark, set[int]] = field(default_factory=dict)

    @property
    def has_redriven(self) -> bool:
        """True if a task that was sent again from a dead letter has succeeded."""
        return any(end // _CHECKSUMS % _REDRIVES for end in self.sets.get(Mark.OK, ()))

    def add(self, mark: Mark, position: Position, *, body: str = "", receives: int = 1) -> None:
        """Note what a receive came to; the body of its message counts for an end alone."""
        number = position.end(body) if mark.is_end else position.receive(receives)
        self.sets.setdefault(mark, set()).add(number)


def _offsets(ends: Iterable[int]) -> set[int]:
    return {number // _CHECKSUMS // _REDRIVES for number in ends}
