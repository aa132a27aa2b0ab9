"""The runs that a sandbox knows: which were cancelled, and which may have been sent twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.queue.record import Record
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger

LOOK_SECONDS = 10
"""A run is looked at again after so many seconds; what runs is to see it within 15."""

MAX_RUNS = 1_000
"""Runs whose state a sandbox remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRun:
    """The last known state of a run.

    Attributes:
        seen: when, in seconds since 1970.
        is_cancelled: whether it was cancelled.
        is_resent: whether some of its messages may be on the queue twice.
    """

    seen: int = 0
    is_cancelled: bool = False
    is_resent: bool = False


Known = dict[str, KnownRun]
"""The sandbox's memory, by the runs' keys."""


class KnownRuns:
    """Looks at runs, seldom.

    Args:
        ledger: the ledger that has them.
        known: what the sandbox remembers.
    """

    def __init__(self, ledger: Ledger, known: Known) -> None:
        self._ledger = ledger
        self._known = known
        self._away_until = 0

    def of(self, record: Record) -> KnownRun:
        """Return what is known of a message's run; of one typed by hand, nothing."""
        return self.look(RunId.of(record.place.run)) if record.place else KnownRun()

    def look(self, run: RunId) -> KnownRun:
        """Return what is known of a run; of a table that does not answer, what was known last."""
        now = self._ledger.now
        known = self._known.get(run.key, KnownRun())
        if known.is_cancelled or now < max(known.seen + LOOK_SECONDS, self._away_until):
            return known
        if len(self._known) >= MAX_RUNS:
            self._known.clear()
        try:
            item = self._ledger.table.get(run.item)
        except LedgerUnavailable:
            # else every task of a batch would wait for a table that is down, and have no time left
            known = replace(known, seen=self._ledger.now)
            self._away_until = known.seen + LOOK_SECONDS
        else:
            known = KnownRun(
                seen=now, is_cancelled="cancelled" in item, is_resent="taken_over" in item
            )
        self._known[run.key] = known
        return known
