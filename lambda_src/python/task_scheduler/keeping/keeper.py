"""A look at one run: what is missing of it, and what is done about that."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf

from task_scheduler.config import Settings
from task_scheduler.keeping.starting import start
from task_scheduler.notifications.run_digest import beat, deliver, notify
from task_scheduler.observability.log import logger
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.closing import (
    NOTIFY_LEASE_SECONDS,
    ClosedNow,
    close,
    is_unnotified,
    notified,
)
from task_scheduler.runs.correcting import correct
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import LOOK_SECONDS, Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.settling import EARLY_SECONDS
from task_scheduler.runs.table import Item

LONGEST_LOOK_SECONDS = 3_600
"""A run that goes on for long is looked at this often at least."""

RETENTION_MARGIN_SECONDS = 86_400
"""A run is given up so long after its last message has left the queue for certain."""

GIVE_UP_SENDINGS = 6
"""A list whose sender died so often at one place is given up: Lambda's three tries, twice."""

ONE_BEAT_SECONDS = 900
"""A monitor is pinged of a run that closed so long ago, and not again with each digest."""

GIVE_UP_NOTIFYING_SECONDS = 3_600
"""A digest that could not be delivered for so long is given up, and counted."""


class Keeper:
    """Looks at runs.

    Args:
        ledger: the ledger that has them.
        settings: the settings of the function.
        closer: names the caller in what it closes.
        seconds: returns the seconds that are left.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        *,
        closer: str,
        seconds: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._closer = closer
        self._seconds = seconds

    def look(self, run: RunId) -> str:
        """Look at a run that the index says is due.

        Returns:
            What was done about it, in a word.

        Raises:
            LedgerUnavailable: the table did not answer.
        """
        item = self._ledger.table.get(run.item)
        if item.get("due_at", inf) > self._ledger.now:
            return "nothing"  # the index lags
        match item.get("state"):
            case RunState.WAITING:
                return self._start(run, item)
            case RunState.RUNNING if "total" not in item:
                return self._look_at_sending(run, item)
            case RunState.RUNNING:
                return self._look_at_running(run, item)
            case _ if is_unnotified(item):
                return self._notify(run, item)
            case _ if "recount" in item:
                return self._correct(run, item)
        self._look_no_more(run)
        return "nothing"

    def _start(self, run: RunId, item: Item) -> str:
        """Start a run that waited, if what it waited for has ended."""
        self._look_again(run, item, LOOK_SECONDS)
        schedule = ScheduleState.from_item(self._ledger.table.get(run.schedule_item))
        if schedule.current is not None and self._is_open(RunId.of(schedule.current)):
            return "nothing"
        return "started" if self._invoke(run) else "lost"

    def _look_at_sending(self, run: RunId, item: Item) -> str:
        """Take up a list whose sender is gone, or close the run as incomplete."""
        lease = item.get("lease")
        if lease is not None and lease > self._ledger.now:
            self._look_again(run, item, lease - self._ledger.now + LOOK_SECONDS)
            return "nothing"
        self._look_again(run, item, LOOK_SECONDS)
        may_go_on = "reason" not in item and item.get("sendings", 0) < GIVE_UP_SENDINGS
        if "cursor" in item and may_go_on and self._invoke(run):
            return "resumed"
        reason = item.get("reason", "its list was not sent: send_task was ended each time")
        counts = self._ledger.count(run, None)
        return self._close(run, counts, state=RunState.INCOMPLETE, reason=reason)

    def _look_at_running(self, run: RunId, item: Item) -> str:
        """Repeat what was lost; close the run if it has ended, or cannot end any more."""
        counts = self._ledger.repair(run, item["total"])
        if counts is None and self._is_over(item.get("lease") or item["began"]):
            counts = self._ledger.count(run, item["total"])
            missing = item["total"] - counts.ended
            reason = f"{missing} tasks have no end: their messages are gone"
            return self._close(run, counts, state=RunState.FAILED, reason=reason)
        if counts is not None:
            return self._close(run, counts)
        self._look_again(run, item, _pause(self._ledger.now - item["began"]))
        return self._notify_early(run, item)

    def _notify_early(self, run: RunId, item: Item) -> str:
        """Notify people of the first failure of a run that goes on for long."""
        first_failed = item.get("first_failed")
        if first_failed is None or self._ledger.now < first_failed + EARLY_SECONDS:
            return "nothing"
        schedule = ScheduleState.from_item(self._ledger.table.get(run.schedule_item))
        is_wanted = NotifyEvent.FAILURE in (item.get("notify_on") or [])
        if not is_wanted or schedule.streak or "early" in item:
            return "nothing"
        claimed = self._ledger.table.update(
            run.item,
            "SET #early = :now",
            {"now": self._ledger.now},
            condition="attribute_exists(pk) AND attribute_not_exists(#early)",
        )
        if not claimed.was_made:
            return "nothing"
        counts = self._ledger.count(run, item["total"])
        open_run = {**item, "failed": counts.failed, "ended": counts.ended}
        event = NotifyEvent.FAILURE
        closed = ClosedNow(run=run, item=open_run, event=event, schedule=schedule)
        deliver(self._ledger, closed, seconds=self._seconds() / 2, is_early=True)
        return "notified"

    def _notify(self, run: RunId, item: Item) -> str:
        """Notify people of a closed run, where whoever closed it could not."""
        since: int = item["corrected"] if "corrected" in item else item["closed"]
        if self._ledger.now > since + GIVE_UP_NOTIFYING_SECONDS:
            logger.error("notification", extra={"run": run.key, "undelivered": 1})
            self._look_no_more(run)
            return "given up"
        lease = self._ledger.now + int(self._seconds()) + NOTIFY_LEASE_SECONDS
        claimed = self._ledger.table.update(
            run.item,
            "SET #due_at = :lease",
            {"lease": lease, "before": item["due_at"]},
            condition="#due_at = :before AND attribute_not_exists(#notified)",
        )
        if not claimed.was_made:
            return "nothing"
        schedule = ScheduleState.from_item(self._ledger.table.get(run.schedule_item))
        event = NotifyEvent(item["event"]) if "event" in item else None
        closed = ClosedNow(run=run, item=item, event=event, schedule=schedule)
        if self._ledger.now < item["closed"] + ONE_BEAT_SECONDS:
            beat(closed, seconds=self._seconds() / 2)
        if event is not None and not deliver(self._ledger, closed, seconds=self._seconds() / 2):
            return "undelivered"
        notified(self._ledger, run)
        return "notified"

    def _correct(self, run: RunId, item: Item) -> str:
        """Count a closed run anew, dead letters of which were sent again, while they may end."""
        corrected = correct(
            self._ledger, run, closer=self._closer, seconds=self._seconds(), most=inf
        )
        if corrected is not None:
            return self._closed(corrected)
        since = item.get("redriven")
        is_failing = item["state"] in (RunState.FAILED, RunState.INCOMPLETE)
        if is_failing and since is not None and not self._is_over(since):
            self._look_again(run, item, _pause(self._ledger.now - since))
            return "nothing"
        self._ledger.table.update(
            run.item,
            "REMOVE #recount, #due_at",
            {"before": item["due_at"]},
            condition="#due_at = :before",
        )
        return "nothing"

    def _close(
        self,
        run: RunId,
        counts: Counts,
        *,
        state: RunState | None = None,
        reason: str | None = None,
    ) -> str:
        closed = close(
            self._ledger,
            run,
            counts,
            closer=self._closer,
            seconds=self._seconds(),
            state=state,
            reason=reason,
        )
        return self._closed(closed) if closed is not None else "nothing"

    def _closed(self, closed: ClosedNow) -> str:
        notify(self._ledger, [closed], seconds=lambda: self._seconds() / 2)
        return "closed"

    def _invoke(self, run: RunId) -> bool:
        """Have send_task start a run or go on with it; False if its event is gone."""
        stored = self._ledger.table.get(run.event)
        if "event" not in stored:
            return False
        start(self._settings, json.loads(stored["event"]))
        return True

    def _is_open(self, run: RunId) -> bool:
        state = self._ledger.table.get(run.item).get("state")
        return state in (RunState.RUNNING, RunState.WAITING)

    def _is_over(self, since: int) -> bool:
        """Return True if no message that was sent by then can be on the queue any more."""
        longest = self._settings.message_retention + RETENTION_MARGIN_SECONDS
        return self._ledger.now > since + longest

    def _look_again(self, run: RunId, item: Item, seconds: int) -> None:
        """Have the run looked at again after so many seconds, unless somebody changed that."""
        self._ledger.table.update(
            run.item,
            "SET #due_at = :later",
            {"later": self._ledger.now + seconds, "before": item["due_at"]},
            condition="#due_at = :before",
        )

    def _look_no_more(self, run: RunId) -> None:
        self._ledger.table.update(run.item, "REMOVE #due_at", {}, condition="attribute_exists(pk)")


def _pause(age: int) -> int:
    """Return the seconds after which what goes on for so long is looked at again."""
    return min(LONGEST_LOOK_SECONDS, max(LOOK_SECONDS, age // 4))
