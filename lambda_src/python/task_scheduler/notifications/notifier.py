"""What is told of an invocation, and what of it is only counted."""

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
"""Longer than this no invocation waits for chat."""

QUIET_SECONDS = 60.0
"""Failures and recoveries are told once in so many seconds; those between are counted."""


class Notifier:
    """What one sandbox tells, from invocation to invocation."""

    def __init__(self) -> None:
        self._untold: Counter[NotifyEvent] = Counter()
        self._quiet_until = 0.0
        self._warned: set[str] = set()

    def tell(self, ended: Sequence[Ended], *, seconds: float) -> None:
        """Tells in one message what the messages' notify_on ask for.

        What cannot be told is logged and counted, and the next message says how many those were.

        Args:
            ended: the tasks that came to their end.
            seconds: that it may take.
        """
        deadline = time.monotonic() + min(seconds, MAX_SECONDS)
        ends = [end for one in ended if (end := ending(one))]
        notifications = [end for end, is_wanted in ends if is_wanted]
        if time.monotonic() < self._quiet_until:
            self._untold.update(n.event for n in notifications if n.event != NotifyEvent.SUCCESS)
            notifications = [n for n in notifications if n.event == NotifyEvent.SUCCESS]
        if not notifications:
            return
        message = compose(notifications, [end for end, _ in ends], self._untold)
        told, problems = self._send(message, deadline)
        events = Counter(notification.event for notification in notifications)
        if told:
            self._untold.clear()
            if set(events) != {NotifyEvent.SUCCESS}:
                self._quiet_until = time.monotonic() + QUIET_SECONDS
        else:
            self._untold += events
        if problems:
            self._log(len(notifications), "; ".join(problems))

    def _send(self, message: ChatMessage, deadline: float) -> tuple[int, list[str]]:
        """Returns how many services took the message, and why the others did not."""
        try:
            targets = call_with_timeout(deadline - time.monotonic(), _read_targets)
        except TimeoutError:
            return 0, ["there was no time left to tell it"]
        except Exception as error:
            # the words of other errors may hold what is in the parameter
            return 0, [str(error) if isinstance(error, NoTargets) else type(error).__name__]
        if targets.malformed and targets.malformed not in self._warned:
            self._warned.add(targets.malformed)
            logger.warning("notification", extra={"reason": targets.malformed})
        from task_scheduler.notifications.service import tell_all

        problems = tell_all(targets.usable, message, deadline)
        return len(targets.usable) - len(problems), problems

    def _log(self, untold: int, reason: str) -> None:
        """One warning for each reason, and a short line for each time."""
        counted = {"undelivered": untold, **metrics("undelivered")}
        if reason in self._warned:
            logger.info("notification", extra=counted)
        else:
            self._warned.add(reason)
            logger.warning("notification", extra={"reason": reason, **counted})


NOTIFIER = Notifier()
"""This sandbox's."""


def _read_targets() -> Targets:
    # in its thread, since importing Apprise takes a while
    from task_scheduler.notifications.targets import read_targets

    return read_targets()


def ending(ended: Ended) -> tuple[Notification, bool] | None:
    """The notification of a task's end, and whether it is wanted; None if nothing ended."""
    delivery, result = ended.delivery, ended.result
    message, event = delivery.message, _occasion(result, delivery.number)
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
    # who wants to hear of successes wants to hear of these, too
    is_success_too = event is NotifyEvent.RECOVERY and NotifyEvent.SUCCESS in wanted
    return notification, event in wanted or is_success_too


def _occasion(result: Result, tries: int) -> NotifyEvent | None:
    if result.outcome.is_dead:
        return NotifyEvent.FAILURE
    if result.outcome is Outcome.SUCCESS:
        return NotifyEvent.RECOVERY if tries > 1 else NotifyEvent.SUCCESS
    return None


def _detail(result: Result) -> str | None:
    if result.error is None:
        return result.preview
    return f"{type(result.error).__name__}: {truncate(reason_of(result.error))}"
