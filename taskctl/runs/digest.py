"""The digest of a run, made of what the ledger has of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from task_scheduler.notifications.digest import compose_digest
from task_scheduler.notifications.run_digest import make_digest
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.closing import ClosedNow
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from taskctl.runs.log import log_address
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.ledger_table import writing
from taskctl.stack.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest:
    """The message of a run.

    Attributes:
        event: that people are notified of.
        title, text: what it says.
        sent: when it was delivered, UTC; None if it was not yet.
    """

    event: str
    title: str
    text: str
    sent: datetime | None


def read_digest(stack: Stack, run: RecordedRun) -> RunDigest | None:
    """Write the message of a run as the functions do; None of a run that has none.

    Its last success and usual duration are those of now.

    Raises:
        TaskctlError: there is no ledger, or no access to it.
    """
    with writing(stack) as table:
        ledger = Ledger(table, time.time, keep_seconds=0)
        item = table.get(run.id.item)
        event = item.get("event")
        if event not in list(NotifyEvent) or not run.is_over:
            return None
        closed = ClosedNow(
            run=run.id,
            item=item,
            event=NotifyEvent(event),
            schedule=ScheduleState.from_item(table.get(run.id.schedule_item)),
        )
        made = replace(make_digest(ledger, closed), log_link=log_address(stack, run))
    message = compose_digest(made)
    sent = item.get("notified")
    return RunDigest(
        event=event,
        title=message.title,
        text=message.text,
        sent=datetime.fromtimestamp(sent, UTC) if isinstance(sent, int) else None,
    )
