"""Chunks: the ends and the receives of up to 250 tasks of a run, in one item of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from zlib import crc32

from task_scheduler.runs.table import Item

CHUNK_SIZE = 250
"""Tasks of a chunk. An update costs by the size of the item: about 6 bytes an end."""

_RECEIVES = 4_096
_CHECKSUMS = 65_536


class Mark(StrEnum):
    """What a receive of a task came to; the values are attributes of a chunk's item."""

    OK = "ok"
    """It ended: it succeeded."""
    BAD = "bad"
    """It ended: it is a dead letter."""
    TRIED = "tried"
    """An attempt failed, and the task comes again."""
    BACK = "back"
    """It was given back untried."""
    BEGUN = "begun"
    """An attempt was begun alone, after a receive that left no mark."""

    @property
    def is_end(self) -> bool:
        """Whether the task does not come again."""
        return self in (Mark.OK, Mark.BAD)


@dataclass(frozen=True, slots=True)
class Position:
    """A task's place in its run's ledger.

    Attributes:
        chunk: the number of its chunk, from 0.
        offset: its place in that chunk, from 0.
    """

    chunk: int
    offset: int

    @classmethod
    def of(cls, ordinal: int) -> Position:
        """Return the place of an ordinal, dense from 0 over the tasks and the refused lines."""
        return cls(*divmod(ordinal, CHUNK_SIZE))


def end(offset: int, body: str) -> int:
    """Return the number that stands for a task's end: its place, and a checksum of its body.

    Two ends of one place that differ are a list that changed between two invocations.
    """
    return offset * _CHECKSUMS + crc32(body.encode(errors="replace")) % _CHECKSUMS


def receive(offset: int, receives: int) -> int:
    """Return the number that stands for a task's so-manieth receive."""
    return offset * _RECEIVES + receives % _RECEIVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk as the ledger has it.

    Attributes:
        size: how many ends it will have; None while the sender has not said so.
        is_only: whether the run has no other chunk.
        ok, bad: the numbers of ends.
        tried, back, begun: the numbers of receives.
    """

    size: int | None = None
    is_only: bool = False
    ok: frozenset[int] = frozenset()
    bad: frozenset[int] = frozenset()
    tried: frozenset[int] = frozenset()
    back: frozenset[int] = frozenset()
    begun: frozenset[int] = frozenset()

    @classmethod
    def from_item(cls, item: Item) -> Chunk:
        """Read an item; an empty one is a chunk of which nothing is recorded."""
        sets = {mark.value: frozenset(item.get(mark.value, ())) for mark in Mark}
        return cls(size=item.get("size"), is_only=item.get("only", False), **sets)

    @property
    def ended(self) -> set[int]:
        """The places of the tasks that ended."""
        return {number // _CHECKSUMS for number in self.ok | self.bad}

    @property
    def failed(self) -> set[int]:
        """The places of the tasks that are dead letters and did not succeed as well."""
        return {n // _CHECKSUMS for n in self.bad} - {n // _CHECKSUMS for n in self.ok}

    @property
    def changed(self) -> set[int]:
        """The places that two different tasks ended at."""
        ends = self.ok | self.bad
        bodies: dict[int, set[int]] = {}
        for number in ends:
            bodies.setdefault(number // _CHECKSUMS, set()).add(number % _CHECKSUMS)
        return {place for place, checksums in bodies.items() if len(checksums) > 1}

    @property
    def is_complete(self) -> bool:
        """Whether all its tasks ended; a full chunk needs nobody to say its size."""
        return len(self.ended) >= (CHUNK_SIZE if self.size is None else self.size)

    def attempts(self, offset: int) -> int:
        """Return the attempts that a task has used: failed ones, and those that never ended."""
        tried = _receives(self.tried, offset)
        return len(tried) + len(_receives(self.begun, offset) - tried)

    def died_before(self, offset: int, receives: int) -> bool:
        """Tell whether an earlier receive left no mark, or an attempt never ended.

        Args:
            offset: of the task in the chunk.
            receives: times that it was received, this one included.
        """
        marks = _receives(self.tried | self.back, offset)
        return any(number not in marks for number in range(1, receives)) or bool(
            _receives(self.begun, offset) - marks
        )


@dataclass(slots=True)
class Marks:
    """What a batch came to in one chunk, to be recorded in one update."""

    sets: dict[Mark, set[int]] = field(default_factory=dict)

    def add(self, mark: Mark, offset: int, *, body: str, receives: int) -> None:
        """Note what a receive came to."""
        number = end(offset, body) if mark.is_end else receive(offset, receives)
        self.sets.setdefault(mark, set()).add(number)


def _receives(numbers: Iterable[int], offset: int) -> set[int]:
    return {number % _RECEIVES for number in numbers if number // _RECEIVES == offset}
