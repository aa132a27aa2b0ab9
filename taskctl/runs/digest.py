"""The digest of a run: as it was sent, or made of what the ledger has of the run."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from task_scheduler.notifications.digest import compose_digest
from task_scheduler.notifications.run_digest import make_digest
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.closing import ClosedNow
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.sent_digest import SentDigest
from task_scheduler.runs.table import Item, Table
from taskctl.runs.log import log_address
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.ledger_table import writing
from taskctl.stack.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest:
    """The message of a run.

    Attributes:
        event: the event that people are notified of.
        title, text: what it says.
        sent: when it was delivered, UTC; None if it was not yet.
        is_as_sent: True if the text is the one that was sent; False if it was written anew.
        awaits: the event that people are still to be notified of; None if nothing is left to do.
    """

    event: str
    title: str
    text: str
    sent: datetime | None
    is_as_sent: bool
    awaits: str | None = None

    def describe(self) -> str:
        """Say in a sentence where the text is from, without the time at which it was sent."""
        if self.is_as_sent:
            more = f"; the message about the {self.awaits} is not delivered yet"
            return f"as it was sent{more if self.awaits else ''}"
        if self.awaits:
            return "not delivered yet; this is what it would say now"
        return (
            "its text was not kept: an earlier release sent it, or no service took it; this is "
            "what it would say now"
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for --json."""
        names = ("event", "title", "text", "sent", "is_as_sent", "awaits")
        return {name: getattr(self, name) for name in names}


def read_digest(stack: Stack, run: RecordedRun) -> RunDigest | None:
    """Return the message of a run; None if there is none.

    One whose text was not kept is written as the functions do; its last success and usual duration
    are those of now.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    with writing(stack) as table:
        item = table.get(run.id.item)
        event = str(item.get("event")) if run.is_over else ""
        awaits = event if event in list(NotifyEvent) and "notified" not in item else None
        kept = table.get(run.id.digest)
        is_kept = kept.get("expires", 0) > time.time()
        if is_kept and (as_sent := SentDigest.from_item(kept)) is not None:
            return RunDigest(
                event=as_sent.event, title=as_sent.title, text=as_sent.text,
                sent=datetime.fromtimestamp(as_sent.sent, UTC), is_as_sent=True, awaits=awaits,
            )  # fmt: skip
        if event not in list(NotifyEvent):
            return None
        return _write_anew(stack, table, run, item, awaits)


def _write_anew(
    stack: Stack, table: Table, run: RecordedRun, item: Item, awaits: str | None
) -> RunDigest:
    closed = ClosedNow(
        run=run.id,
        item=item,
        event=NotifyEvent(item["event"]),
        schedule=ScheduleState.from_item(table.get(run.id.schedule_item)),
    )
    ledger = Ledger(table, time.time, keep_seconds=0)
    made = replace(make_digest(ledger, closed), log_link=log_address(stack, run))
    message = compose_digest(made)
    sent = item.get("notified")
    return RunDigest(
        event=item["event"],
        title=message.title,
        text=message.text,
        sent=datetime.fromtimestamp(sent, UTC) if isinstance(sent, int) else None,
        is_as_sent=False,
        awaits=awaits,
    )
