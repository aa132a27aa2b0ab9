"""A chat service, told through Apprise: as often as it helps, and no longer than there is time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from threading import Thread
from typing import Any

import apprise
import requests

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.muted import mute
from task_scheduler.tasks.retry_after import retry_after

MAX_ATTEMPTS = 3
FIRST_WAIT_SECONDS = 1.0
LEFT_ALONE_SECONDS = 60.0
"""For so long nothing is sent to a service that did not take a message, unless it says how long."""

_VERBS = ("request", "get", "options", "head", "post", "put", "patch", "delete")

_sending_to: ContextVar[Target | None] = ContextVar("sending_to", default=None)


class Target:
    """A service, and what it answered.

    Attributes:
        name: of the service, such as Slack.
    """

    def __init__(self, plugin: apprise.NotifyBase) -> None:
        self.name = str(plugin.service_name)
        self._service = apprise.Apprise(asset=plugin.asset)
        self._service.add(plugin)
        self._answer = ""
        self._status: int | None = None
        self._retry_after: float | None = None
        self._deadline = 0.0
        self._closed_until = 0.0
        self._is_busy = False
        _watch(plugin)

    @property
    def problem(self) -> str:
        """Why it did not take the last message, as far as is known."""
        return f"{self.name}: {self._answer or 'no answer in time'}"

    def tell(self, message: ChatMessage, deadline: float) -> str | None:
        """Sends a message, more than once if that may help and there is time.

        Args:
            deadline: when to give up, in seconds of time.monotonic().

        Returns:
            Why the service did not take it; None if it did.
        """
        closed = self._closed_until - time.monotonic()
        if closed > 0 or self._is_busy:
            return f"{self.name}: left alone after it did not take a message"
        self._is_busy = True
        self._deadline = deadline
        before = _sending_to.set(self)
        try:
            return None if self._try(message) else self.problem
        except BaseException as error:  # a thread has nobody else to tell
            self._answer = type(error).__name__
            return self.problem
        finally:
            _sending_to.reset(before)
            self._is_busy = False

    def request(self, call: Callable[..., requests.Response], *args: Any, **kw: Any) -> Any:
        """Makes a plugin's request within the time, and takes note of the answer.

        Raises:
            requests.RequestException: there is no time, or the service asked to be left alone.
        """
        left = self._deadline - time.monotonic()
        if left <= 0 or self._retry_after is not None:
            raise requests.Timeout
        given = kw.get("timeout") or (left, left)
        connect, read = given if isinstance(given, tuple) else (given, given)
        try:
            response = call(*args, **kw | {"timeout": (min(connect, left), min(read, left))})
        except requests.RequestException as error:
            self._answer = type(error).__name__
            raise
        self._status = response.status_code
        self._answer = f"it answers {response.status_code}"
        if not response.ok:
            self._retry_after = retry_after(response.headers.get("Retry-After"))
        return response

    def _try(self, message: ChatMessage) -> bool:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self._answer, self._status, self._retry_after = "", None, None
            if self._service.notify(
                body=message.body,
                title=message.title,
                notify_type=message.kind,
                body_format=apprise.NotifyFormat.TEXT,
            ):
                return True
            wait = self._retry_after
            if wait is None:
                wait = FIRST_WAIT_SECONDS * attempt
            left = self._deadline - time.monotonic()
            if not self._is_worth_another_try or attempt == MAX_ATTEMPTS or wait >= left:
                break
            time.sleep(wait)
        asked = self._retry_after
        self._closed_until = time.monotonic() + (LEFT_ALONE_SECONDS if asked is None else asked)
        return False

    @property
    def _is_worth_another_try(self) -> bool:
        return self._status is None or self._status == 429 or self._status >= 500


def tell_all(targets: Sequence[Target], message: ChatMessage, deadline: float) -> list[str]:
    """Sends a message to all of the targets at once.

    Args:
        deadline: when to give up, in seconds of time.monotonic().

    Returns:
        Why, for each that did not take it.
    """
    problems: dict[Target, str | None] = {}

    def tell(target: Target) -> None:
        mute()
        problems[target] = target.tell(message, deadline)

    # daemons: one that hangs must not keep the process from ending
    threads = [Thread(target=tell, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    ended = dict(problems)
    found = [ended.get(target, target.problem) for target in targets]
    return [problem for problem in found if problem is not None]


class _WatchedRequests:
    """What a plugin has in place of the module `requests`: its target minds each request.

    Apprise tells neither the status nor the Retry-After of an answer.
    """

    def __getattr__(self, name: str) -> Any:
        found = getattr(requests, name)
        return partial(_request, found) if name in _VERBS else found


def _request(call: Callable[..., requests.Response], *args: Any, **kw: Any) -> Any:
    target = _sending_to.get()
    return target.request(call, *args, **kw) if target else call(*args, **kw)


def _watch(plugin: apprise.NotifyBase) -> None:
    module: Any = sys.modules[type(plugin).__module__]
    if getattr(module, "requests", None) is requests:
        module.requests = _WatchedRequests()
