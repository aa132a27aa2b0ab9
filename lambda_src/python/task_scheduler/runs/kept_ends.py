"""Kept ends: reasons of failures, and results of runs of few tasks, for the run's digest."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from task_scheduler.queue.place import Place
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item

MAX_TEXT = 1_000
"""Characters of a reason or a result that are kept."""

MOST_READ = 200
"""Ends that a digest is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEnd:
    """The end of a task, as far as it is kept.

    Attributes:
        id: the id of the task, or what stands for it in a refused line.
        task: the function that it names.
        attempt: number of its last attempt.
        reason: why it failed; None if it succeeded.
        error: the class of what it raised.
        result: what it returned.
    """

    id: str
    task: str | None = None
    attempt: int = 1
    reason: str | None = None
    error: str | None = None
    result: str | None = None

    def item(self) -> Item:
        """Return the attributes of its item; long texts are cut, halves of characters replaced."""
        return {
            name: _storable(value) if isinstance(value, str) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_item(cls, item: Item) -> KeptEnd:
        """Read an item."""
        names = ("task", "attempt", "reason", "error", "result")
        known = {name: item[name] for name in names if name in item}
        return cls(id=str(item.get("id", item.get("sk", ""))), **known)


def _storable(text: str) -> str:
    return text[:MAX_TEXT].encode(errors="replace").decode()


def keep(ledger: Ledger, place: Place, end: KeptEnd) -> None:
    """Write a task's end down, for its run's digest.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    key = RunId.of(place.run).end(place.number)
    ledger.table.put(key, {**end.item(), "expires": ledger.expires})


def read_kept(ledger: Ledger, run: RunId, *, most: int = MOST_READ) -> list[KeptEnd]:
    """Read the ends that are kept of a run, in the order of its list.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    items = ledger.table.query(run.end(0)[0], most=most, is_ascending=True)
    return [KeptEnd.from_item(item) for item in items if item.get("expires", 0) > ledger.now]


def read_kept_end(ledger: Ledger, place: Place) -> KeptEnd | None:
    """Read a task's end; None if it was not kept.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    item = ledger.table.get(RunId.of(place.run).end(place.number))
    return KeptEnd.from_item(item) if item else None
