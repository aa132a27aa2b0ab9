"""The start of a run: whether this invocation sends its list, and from where on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger
from task_scheduler.runs.claims import Claim, Claims, Overlap
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.runs.table import Item
from task_scheduler.time_limit import call_with_timeout

MAX_SECONDS = 6.0
"""Longer than this a run does not wait for the ledger before it starts without."""

SHARE = 0.25
"""Of an invocation's time, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The start of a run in one invocation.

    Attributes:
        claim: whether it sends.
        item: the run's, as the ledger has it; empty if the ledger did not answer.
    """

    claim: Claim
    item: Item = field(default_factory=dict)

    @property
    def is_resent(self) -> bool:
        """True if an invocation that died may have sent some of the same."""
        return bool(self.item.get("sendings", 0) > 1)

    @property
    def is_first(self) -> bool:
        """True if no invocation sent any of it before, as far as the ledger knows."""
        goes_on = "cursor" in self.item or "resumed_at" in self.item
        return self.item.get("sendings", 1) == 1 and not goes_on

    @property
    def numbered(self) -> int:
        """The number of tasks and refused lines that were sent before, of a list that goes on."""
        return int(self.item.get("resumed_at", 0))

    def cursor(self, run: Run) -> Cursor:
        """Return where the list goes on: the event only wakes, and may come late or twice.

        Raises:
            InvalidRun: somebody has edited the ledger's cursor.
        """
        noted = Cursor.from_attributes(self.item.get("cursor", {}))
        return noted if noted.line > run.cursor.line else run.cursor


def start(run: Run, claims: Claims, seconds: float) -> Start:
    """Claim a run.

    Args:
        run: that is due.
        claims: of this invocation.
        seconds: that the invocation has.

    Raises:
        InvalidRun: its days, its time or its zone cannot be read.
        LedgerUnavailable: the run must not overlap another, and the ledger does not know of any;
            or it follows others, and the ledger alone knows whether it has started.
    """
    is_asked_for = run.started_by is not None or run.cursor.line > 1
    left_out = None if is_asked_for else _left_out(run)

    def claim() -> tuple[Claim, Item]:
        return claims.start(
            run.id,
            facts(run),
            overlap=Overlap(run.overlap),
            event=run.event(),
            ignores_pause=is_asked_for,
            left_out=left_out,
        )

    try:
        claimed, item = call_with_timeout(min(MAX_SECONDS, seconds * SHARE), claim)
    except (LedgerUnavailable, TimeoutError) as error:
        if left_out is not None:
            logger.warning("ledger", extra={"run": run.key, "reason": str(error)})
            return Start(claim=Claim.SKIPPED, item={"reason": left_out})
        if unknown := needs_ledger(run):
            raise LedgerUnavailable(f"{unknown}: {error}") from error
        logger.warning("ledger", extra={"run": run.key, "reason": str(error)})
        return Start(claim=Claim.MINE)
    return Start(claim=claimed, item=item)


def needs_ledger(run: Run) -> str | None:
    """Return why a run does not start while the ledger does not answer; None if it does."""
    overlap = Overlap(run.overlap)
    if overlap is not Overlap.ALLOW:
        return (
            f"overlap is {overlap.value}, and the ledger does not say whether another run has ended"
        )
    if run.parents:
        return "it follows others, and the ledger does not say whether it has started"
    return None


def _left_out(run: Run) -> str | None:
    """Return why a schedule does not run on the day that its run is due; None if it does."""
    if run.skip_on is None and run.only_on is None:
        return None
    # here, since few schedules need calendars and time zones
    from task_scheduler.runs.day_filter import DayFilter, day_of

    day = day_of(run.scheduled_time, run.timezone, time.time())
    return DayFilter.parse(run.skip_on, run.only_on).reason(day)


def facts(run: Run) -> dict[str, Any]:
    """Return what the ledger has of a run from its beginning."""
    known = {
        "due_time": _seconds(run.scheduled_time),
        "timezone": run.timezone,
        "notify_on": run.notify_on,
        "notify_to": run.notify_to,
        "mention": run.mention,
        "heartbeat": run.monitor,
        "started_by": run.started_by,
        "why": run.why,
        "parents": run.parents,
    }
    return {name: value for name, value in known.items() if value is not None}


def _seconds(scheduled_time: str | None) -> int | None:
    """Return a scheduled time in seconds since 1970; None of one that nobody can read."""
    try:
        return int(datetime.fromisoformat(scheduled_time or "").timestamp())
    except ValueError:
        return None
