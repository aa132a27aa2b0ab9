"""The digest of a run, made from what the ledger has of it, and its delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from task_scheduler import config
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.task_id import TaskId
from task_scheduler.runs.closing import ClosedNow, notified
from task_scheduler.runs.kept_ends import KeptEnd, read_kept
from task_scheduler.runs.sent_digest import SentDigest, keep_sent
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from task_scheduler.notifications.digest import Digest, TaskEnd
    from task_scheduler.runs.ledger import Ledger


def notify(ledger: Ledger, closed: Iterable[ClosedNow], *, seconds: Callable[[], float]) -> None:
    """Notify people of runs, each once; what cannot be delivered now is keep_runs' to deliver.

    Args:
        ledger: the ledger that has the runs.
        closed: the runs.
        seconds: returns the seconds that there are for it.
    """
    for run in closed:
        try:
            beat(run, seconds=seconds())
            if run.event is None and "heartbeat" not in run.item:
                continue
            if run.event is None or deliver(ledger, run, seconds=seconds()):
                call_with_timeout(max(0.01, seconds()), partial(notified, ledger, run.run))
        except Exception as error:
            logger.warning(
                "notification failed", extra={"run": run.run.key, "reason": reason_of(error)}
            )


def beat(closed: ClosedNow, *, seconds: float) -> None:
    """Ping the monitor of a run that was closed, if its schedule has one; once, never more."""
    name = closed.item.get("heartbeat")
    if name is None or "notified" in closed.item:
        return
    from task_scheduler.notifications.heartbeat import Beat, ping

    state = closed.item["state"]
    ping(name, closed.run.key, Beat.of(state), state=state, seconds=seconds)


def deliver(ledger: Ledger, closed: ClosedNow, *, seconds: float, is_early: bool = False) -> bool:
    """Deliver the digest of a run, and keep what a service took of it.

    Args:
        ledger: the ledger that has the run.
        closed: the run.
        seconds: the seconds that it may take.
        is_early: whether the run is still open, and this is about its first failure.

    Returns:
        Whether nothing is left to do.
    """
    # Apprise and what it needs take a while to import
    from task_scheduler.notifications.notifier import NOTIFIER

    digest = make_digest(ledger, closed, is_early=is_early)
    sending = NOTIFIER.send(digest, seconds=seconds)
    if (message := sending.taken) is not None:
        sent = SentDigest(
            event=digest.event, title=message.title, text=message.text, sent=ledger.now
        )
        keep_sent(ledger, closed.run, sent, expires=closed.item.get("expires", ledger.expires))
    return sending.is_done


def make_digest(ledger: Ledger, closed: ClosedNow, *, is_early: bool = False) -> Digest:
    """Make the digest of a run from what is recorded of it."""
    from task_scheduler.notifications.digest import Digest

    item, schedule = closed.item, closed.schedule
    ends = _ends(ledger, closed)
    event = NotifyEvent.FAILURE if closed.event is None else closed.event
    began: int = item.get("began", ledger.now)
    ended: int = item.get("ended", 0)
    return Digest(
        key=closed.run.key,
        schedule=closed.run.schedule,
        event=event,
        state=item["state"],
        is_early=is_early,
        is_wanted=_is_wanted(event, item.get("notify_on") or []),
        notify_to=item.get("notify_to"),
        mention=item.get("mention"),
        due=item.get("due_time", began),
        timezone=item.get("timezone", "UTC"),
        seconds=item.get("closed", ledger.now) - began,
        usual_seconds=schedule.usual_seconds(),
        total=item.get("total", ended),
        failed=item.get("failed", 0),
        missing=item.get("missing", 0),
        streak=item.get("streak", schedule.streak),
        last_success=schedule.last_success,
        failures=[_task_end(end, end.reason) for end in ends if end.reason is not None],
        results=[_task_end(end, end.result) for end in ends if end.result is not None],
        reason=item.get("reason"),
        log_link=_log_link(closed),
        retry=f"taskctl retry {closed.run.key}",
    )


def _ends(ledger: Ledger, closed: ClosedNow) -> list[KeptEnd]:
    try:
        return read_kept(ledger, closed.run)
    except LedgerUnavailable as error:
        logger.warning("ledger", extra={"run": closed.run.key, "reason": str(error)})
        return []


def _task_end(end: KeptEnd, text: str) -> TaskEnd:
    from task_scheduler.notifications.digest import TaskEnd

    position = TaskId.parse(end.id).position
    error = f"{end.error}: " if end.reason is not None and end.error else ""
    return TaskEnd(
        position=end.id if position is None else str(position),
        text=f"{error}{text}",
        task=end.task,
    )


def _is_wanted(event: NotifyEvent, notify_on: Iterable[str]) -> bool:
    # a recovery is a success
    wanted = set(notify_on)
    is_success_too = event is NotifyEvent.RECOVERY and NotifyEvent.SUCCESS in wanted
    return event in wanted or is_success_too


def _log_link(closed: ClosedNow) -> str | None:
    from task_scheduler.notifications.markup import log_link

    settings = config.load()
    if not settings.task_log_group or not settings.region:
        return None
    began = closed.item.get("began", 0)
    return log_link(settings.region, settings.task_log_group, closed.run.key, began)
