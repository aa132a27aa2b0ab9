"""Notifications of an invocation: which ends are listed in a message, which are only counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from task_scheduler.errors import NoTargets
from task_scheduler.notifications.chat_message import ChatMessage, Notification, compose
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.metrics import metrics
from task_scheduler.outcome import NotifyEvent, Outcome
from task_scheduler.queue.task_id import TaskId
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from task_scheduler.execution.result import Ended, Result
    from task_scheduler.notifications.targets import Targets

MAX_SECONDS = 10.0
"""No invocation waits longer than this for chat."""

QUIET_SECONDS = 60.0
"""Failures and recoveries of a schedule are listed once in so many seconds; others are counted."""

MAX_SCHEDULES = 1_000
"""Schedules whose quiet times and counts are kept; messages typed by hand may have any name."""


class Notifier:
    """The notifications of one sandbox, from invocation to invocation."""

    def __init__(self) -> None:
        self._quiet_until: dict[str, float] = {}
        self._undelivered: dict[str, Counter[NotifyEvent]] = {}
        self._warned: set[str] = set()

    def notify(self, ended: Sequence[Ended], *, seconds: float) -> None:
        """Send one message about the ends that the tasks' notify_on ask for.

        What cannot be delivered is logged, and counted in the schedule's next message.

        Args:
            ended: the tasks that ended.
            seconds: the time that there is for it.
        """
        deadline = time.monotonic() + min(seconds, MAX_SECONDS)
        ends = [end for one in ended if (end := ending(one))]
        wanted = [notification for notification, is_wanted in ends if is_wanted]
        listed = [notification for notification in wanted if not self._is_quiet(notification)]
        self._keep([notification for notification in wanted if notification not in listed])
        if not listed:
            return
        schedules = {notification.schedule for notification in listed}
        before = sum((self._undelivered.get(one, Counter()) for one in schedules), Counter())
        message = compose(listed, [notification for notification, _ in ends], before)
        delivered, problems = self._send(message, deadline)
        if delivered:
            self._delivered(listed)
        else:
            self._keep(listed)
        if problems:
            self._log(len(listed), "; ".join(problems))

    def _is_quiet(self, notification: Notification) -> bool:
        """Tell whether its schedule had a message of late; successes are always listed."""
        if notification.event is NotifyEvent.SUCCESS:
            return False
        return time.monotonic() < self._quiet_until.get(notification.schedule, 0.0)

    def _keep(self, notifications: Sequence[Notification]) -> None:
        """Count notifications for the next messages of their schedules."""
        for notification in notifications:
            if len(self._undelivered) >= MAX_SCHEDULES:
                self._undelivered.pop(next(iter(self._undelivered)))
            counts = self._undelivered.setdefault(notification.schedule, Counter())
            counts[notification.event] += 1

    def _delivered(self, notifications: Sequence[Notification]) -> None:
        if len(self._quiet_until) >= MAX_SCHEDULES:
            self._quiet_until.clear()
        for notification in notifications:
            self._undelivered.pop(notification.schedule, None)
            if notification.event is not NotifyEvent.SUCCESS:
                self._quiet_until[notification.schedule] = time.monotonic() + QUIET_SECONDS

    def _send(self, message: ChatMessage, deadline: float) -> tuple[int, list[str]]:
        """Return how many services took the message, and why the others did not."""
        try:
            targets = call_with_timeout(deadline - time.monotonic(), _read_targets)
        except TimeoutError:
            return 0, ["no time was left to notify"]
        except Exception as error:
            # the texts of other errors may hold what is in the parameter
            return 0, [str(error) if isinstance(error, NoTargets) else type(error).__name__]
        if targets.malformed and targets.malformed not in self._warned:
            self._warned.add(targets.malformed)
            logger.warning("notification", extra={"reason": targets.malformed})
        from task_scheduler.notifications.delivery import deliver

        problems = deliver(targets.usable, message, deadline)
        return len(targets.usable) - len(problems), problems

    def _log(self, undelivered: int, reason: str) -> None:
        """Write one warning for each reason, and a short record each time."""
        counted = {"undelivered": undelivered, **metrics("undelivered")}
        if reason in self._warned:
            logger.info("notification", extra=counted)
        else:
            self._warned.add(reason)
            logger.warning("notification", extra={"reason": reason, **counted})


NOTIFIER = Notifier()
"""The notifier of this sandbox."""


def _read_targets() -> Targets:
    # in a thread of its own: importing Apprise takes a while
    from task_scheduler.notifications.targets import read_targets

    return read_targets()


def ending(ended: Ended) -> tuple[Notification, bool] | None:
    """Return how a task ended, and whether its notify_on asks for it; None if it did not end."""
    delivery, result = ended.delivery, ended.result
    message, event = delivery.message, _event(result, delivery.number)
    if message is None or event is None:
        return None
    task_id = TaskId.parse(message.id)
    notification = Notification(
        event=event,
        schedule=message.schedule or "",
        scheduled_time=message.scheduled_time,
        position=str(task_id.position or task_id.run),
        task=message.task,
        text=message.text,
        detail=_detail(result),
        attempt=delivery.number,
    )
    wanted = message.notify_on or []
    # a recovery is a success
    is_success_too = event is NotifyEvent.RECOVERY and NotifyEvent.SUCCESS in wanted
    return notification, event in wanted or is_success_too


def _event(result: Result, tries: int) -> NotifyEvent | None:
    if result.outcome.is_dead:
        return NotifyEvent.FAILURE
    if result.outcome is Outcome.SUCCESS:
        return NotifyEvent.RECOVERY if tries > 1 else NotifyEvent.SUCCESS
    return None


def _detail(result: Result) -> str | None:
    if result.error is None:
        return result.preview
    return f"{type(result.error).__name__}: {truncate(reason_of(result.error))}"
