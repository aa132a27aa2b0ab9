"""Cancelled runs: what waits of them is not started, and what runs can see it."""

from __future__ import annotations

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger

LOOK_SECONDS = 10
"""A run is looked at again after so many seconds; what runs is to see it within 15."""

MAX_RUNS = 1_000
"""Runs whose state a sandbox remembers."""

Looked = dict[str, tuple[int, bool]]
"""When a run was looked at, in seconds since 1970, and whether it was cancelled."""


class Cancellations:
    """Which runs were cancelled, as far as a sandbox has looked.

    Args:
        ledger: that says so.
        looked: what the sandbox remembers.
    """

    def __init__(self, ledger: Ledger, looked: Looked) -> None:
        self._ledger = ledger
        self._looked = looked

    def is_cancelled(self, run: RunId) -> bool:
        """Return True if a run was cancelled; a table that does not answer knows of no such."""
        now = self._ledger.now
        when, was_cancelled = self._looked.get(run.key, (0, False))
        if was_cancelled or now - when < LOOK_SECONDS:
            return was_cancelled
        try:
            is_cancelled = "cancelled" in self._ledger.table.get(run.item)
        except LedgerUnavailable:
            is_cancelled = False
        if len(self._looked) >= MAX_RUNS:
            self._looked.clear()
        self._looked[run.key] = now, is_cancelled
        return is_cancelled
