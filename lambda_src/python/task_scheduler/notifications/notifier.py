"""What is told of an invocation, and what of it is only counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from task_scheduler.errors import NoTargets
from task_scheduler.execution.preview import short_form
from task_scheduler.notifications.chat_message import ChatMessage, Notice, compose
from task_scheduler.observability.log import logger, reason_of, shorten
from task_scheduler.observability.metrics import metrics
from task_scheduler.outcome import Occasion, Outcome
from task_scheduler.time_limit import within

if TYPE_CHECKING:
    from task_scheduler.execution.attempt import Attempt, Result
    from task_scheduler.notifications.targets import Targets

MAX_SECONDS = 10.0
"""Longer than this no invocation waits for chat."""

QUIET_SECONDS = 60.0
"""Failures and recoveries are told once in so many seconds; those between are counted."""

Ended = tuple["Attempt", "Result", int]
"""An attempt that was its task's last, what came of it, and how many tries there were."""


class Notifier:
    """What one sandbox tells, from invocation to invocation."""

    def __init__(self) -> None:
        self._untold: Counter[Occasion] = Counter()
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
        ends = [end for attempt, result, tries in ended if (end := ending(attempt, result, tries))]
        notices = [end for end, is_wanted in ends if is_wanted]
        if time.monotonic() < self._quiet_until:
            self._untold.update(n.occasion for n in notices if n.occasion != Occasion.SUCCESS)
            notices = [n for n in notices if n.occasion == Occasion.SUCCESS]
        if not notices:
            return
        message = compose(notices, [end for end, _ in ends], self._untold)
        told, problems = self._send(message, deadline)
        occasions = Counter(notice.occasion for notice in notices)
        if told:
            self._untold.clear()
            if set(occasions) != {Occasion.SUCCESS}:
                self._quiet_until = time.monotonic() + QUIET_SECONDS
        else:
            self._untold += occasions
        if problems:
            self._log(len(notices), "; ".join(problems))

    def _send(self, message: ChatMessage, deadline: float) -> tuple[int, list[str]]:
        """Returns how many services took the message, and why the others did not."""
        try:
            targets = within(deadline - time.monotonic(), _read_targets)
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
        counted = {"untold": untold, **metrics("untold")}
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


def ending(attempt: Attempt, result: Result, tries: int) -> tuple[Notice, bool] | None:
    """How a task came to its end, and whether that is to be told; None if nothing ended."""
    message, occasion = attempt.message, _occasion(result, tries)
    if message is None or occasion is None:
        return None
    notice = Notice(
        occasion=occasion,
        schedule=message.schedule or "",
        scheduled_time=message.scheduled_time,
        position=message.id.rpartition("#")[2],
        task=message.task,
        text=message.text,
        words=_words(result),
        attempt=tries,
    )
    wanted = message.notify_on or []
    # who wants to hear of successes wants to hear of these, too
    is_success_too = occasion is Occasion.RECOVERED and Occasion.SUCCESS in wanted
    return notice, occasion in wanted or is_success_too


def _occasion(result: Result, tries: int) -> Occasion | None:
    if result.outcome.is_dead:
        return Occasion.FAILURE
    if result.outcome is Outcome.SUCCESS:
        return Occasion.RECOVERED if tries > 1 else Occasion.SUCCESS
    return None


def _words(result: Result) -> str | None:
    if result.error is None:
        return short_form(result.value)
    return f"{type(result.error).__name__}: {shorten(reason_of(result.error))}"
