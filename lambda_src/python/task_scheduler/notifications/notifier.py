"""Notifications of runs: each digest goes to the targets that its schedule names."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from task_scheduler import config
from task_scheduler.errors import NoTargets
from task_scheduler.notifications.digest import Digest, compose_digest
from task_scheduler.notifications.targets import choose, read_addresses, target_of
from task_scheduler.observability.log import logger
from task_scheduler.observability.metrics import metrics
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from task_scheduler.notifications.chat_message import ChatMessage
    from task_scheduler.notifications.delivery import Problem, Target

MAX_SECONDS = 10.0
"""No invocation waits longer than this for chat."""

MAX_WARNINGS = 1_000
"""Reasons that are remembered, so that each is a warning once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The outcome of sending a message.

    Attributes:
        is_done: True if nothing is left to do: a service took it, there is none, or all that there
            are refuse it for good. False if it should be sent again later.
        taken: the message, if a service took it.
    """

    is_done: bool
    taken: ChatMessage | None = None


class Notifier:
    """The notifications of one sandbox, from invocation to invocation."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def send(self, digest: Digest, *, seconds: float) -> Sending:
        """Send the message of a run to the targets that its schedule names.

        What cannot be delivered is logged and counted, without addresses. Nothing is raised.

        Args:
            digest: what there is to say.
            seconds: the time that there is for it.
        """
        is_for_nobody = digest.notify_to is not None and not digest.notify_to
        if is_for_nobody or not config.load().notifies:
            return Sending(is_done=True)
        deadline = time.monotonic() + min(seconds, MAX_SECONDS)
        try:
            targets, problems = call_with_timeout(
                deadline - time.monotonic(), lambda: _find(digest)
            )
            message = compose_digest(digest) if targets else None
            undelivered = _deliver(targets, message, deadline)
        except Exception as error:
            # the texts of other errors may hold what is in the parameter
            reason = str(error) if isinstance(error, NoTargets) else type(error).__name__
            if isinstance(error, TimeoutError):
                reason = "no time was left to notify"
            self._log(digest, [reason])
            return Sending(is_done=False)
        if problems or undelivered:
            self._log(digest, [*problems, *map(str, undelivered)])
        is_taken = len(undelivered) < len(targets)
        return Sending(
            is_done=is_taken or all(one.is_final for one in undelivered),
            taken=message if is_taken else None,
        )

    def _log(self, digest: Digest, problems: Sequence[str]) -> None:
        """Write one warning for each reason, and a short record each time."""
        reason = "; ".join(problems)
        record = {"schedule": digest.schedule, "undelivered": len(problems)}
        counted = record | metrics("undelivered")
        if reason in self._warned or len(self._warned) >= MAX_WARNINGS:
            logger.info("notification", extra=counted)
        else:
            self._warned.add(reason)
            logger.warning("notification", extra={"reason": reason, **counted})


NOTIFIER = Notifier()
"""The notifier of this sandbox."""


def _find(digest: Digest) -> tuple[list[Target], list[str]]:
    """Return the targets of a digest, and what is wrong with others that its schedule names."""
    addresses, unknown = choose(read_addresses(), digest.notify_to)
    if not digest.is_wanted:
        # of the others people hear when there is something to say
        addresses = [address for address in addresses if address.is_incident_service]
        unknown = []
    found = {address: target_of(address) for address in addresses}
    problems = [f"{name}: no target of this name" for name in unknown]
    problems += [
        f"{address.label}: no service that Apprise knows"
        for address, target in found.items()
        if target is None
    ]
    return [target for target in found.values() if target is not None], problems


def _deliver(
    targets: Sequence[Target], message: ChatMessage | None, deadline: float
) -> list[Problem]:
    if message is None:
        return []
    from task_scheduler.notifications.delivery import deliver

    return deliver(targets, message, deadline)
