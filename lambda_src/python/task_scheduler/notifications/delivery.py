"""Delivery of a message by Apprise, with its retries, deadline and results.

What Apprise does not do is done in the requests of its plugins: answers are bounded, redirects are
not followed, Retry-After is respected, and nothing is sent again after a refusal for good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from copy import copy
from typing import Any, NamedTuple

import apprise
import requests
from apprise.plugins.base import NotifyBase
from requests.adapters import HTTPAdapter

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.log_suppression import suppressed_logging
from task_scheduler.notifications.services import prepare
from task_scheduler.tasks.retry_after import retry_after

PAUSE_SECONDS = 60.0
"""A service that did not take a message gets none for so long, unless it says how long."""

FAIR_SECONDS = 3.0
"""A service that did not answer is paused only if it had so much time to."""

MAX_ANSWER = 256 * 1024
"""Bytes of an answer that are read, once unpacked."""

_TRANSIENT = (408, 425, 429)
"""Of the answers below 500, those that ask for another attempt: RFC 9110, 15.5.9; RFC 8470, 5.2;
RFC 6585, 4."""

_GRACE_SECONDS = 0.1
"""Apprise waits so much longer than it is told."""


class Problem(NamedTuple):
    """A target that did not take a message.

    Attributes:
        target: its label.
        reason: why.
        is_final: whether it refused for good.
    """

    target: str
    reason: str
    is_final: bool = False

    def __str__(self) -> str:
        return f"{self.target}: {self.reason}"


class Target:
    """A service that messages go to.

    Attributes:
        service: the service's name, such as Slack.
        label: the same, with the name that the operator gave it.
        plugin: Apprise's.
        paused_until: no message goes to it before, in seconds of time.monotonic().
    """

    def __init__(self, plugin: NotifyBase, name: str | None = None) -> None:
        self.service = str(plugin.service_name)
        self.label = f"{name} ({self.service})" if name else self.service
        self.plugin = plugin
        self.paused_until = 0.0

    def pause(self) -> None:
        """Send it nothing for a while, or for as long as it asked."""
        now = time.monotonic()
        if self.paused_until <= now:
            self.paused_until = now + PAUSE_SECONDS


class _Delivery:
    """The delivery of one message to one service.

    Attributes:
        target: the service.
        plugin: a copy of Apprise's, for this message.
        answer: what came of it, as far as it is known.
        is_refused: whether that is for good.
    """

    def __init__(self, target: Target, message: ChatMessage, deadline: float) -> None:
        self.target = target
        self.answer, self.is_refused = "", False
        self._deadline = deadline
        self.plugin = copy(target.plugin)
        self._form: dict[str, Any] = {}
        with suppress(AttributeError, LookupError):  # of another version of Apprise: plain, then
            self._form = prepare(self.plugin, message)
        self._send: Callable[..., bool] = self.plugin.notify
        self.plugin.notify = self._attempt  # type: ignore[method-assign]

    def _attempt(self, **message: Any) -> bool:
        """Send the message once. Apprise calls it, and again after attempts that fail."""
        if self.is_refused:
            return False
        before = _current.set(self)
        try:
            return bool(self._send(**message | self._form))
        except BaseException as error:  # its text may hold the URL
            self.answer = type(error).__name__
            return False
        finally:
            _current.reset(before)

    def request(
        self, send: Callable[..., requests.Response], *args: Any, **kw: Any
    ) -> requests.Response:
        """Make a request of the plugin's before the deadline, and note the answer.

        Raises:
            requests.RequestException: there is no answer, or it would come too late.
        """
        now = time.monotonic()
        pause = max(0.0, self.target.paused_until - now)
        left = self._deadline - now - pause
        if left <= 0:
            raise requests.Timeout
        time.sleep(pause)
        given = kw.get("timeout")
        connect, read = given if isinstance(given, tuple) else (given, given)
        kw["timeout"] = (min(connect or left, left), min(read or left, left))
        try:
            response = send(*args, **kw | {"stream": True})
        except requests.RequestException as error:
            self.answer = type(error).__name__
            raise
        status = response.status_code
        self.answer = f"answered {status}"
        self.is_refused = 300 <= status < 500 and status not in _TRANSIENT
        asked = retry_after(response.headers.get("Retry-After"))
        if asked is not None and not response.ok:
            self.target.paused_until = time.monotonic() + asked
        response.headers.pop("Location", None)  # it would be followed
        response._content = _beginning(response, self._deadline)
        return response

    def fail(self, seconds: float) -> Problem:
        """Return why the message was not taken, and send the service nothing for a while.

        Args:
            seconds: the seconds that it had.
        """
        if self.answer or seconds >= FAIR_SECONDS:
            self.target.pause()
        return Problem(self.target.label, self.answer or "no answer in time", self.is_refused)


_current: ContextVar[_Delivery | None] = ContextVar("current", default=None)


def deliver(targets: Sequence[Target], message: ChatMessage, deadline: float) -> list[Problem]:
    """Send a message to all services at once.

    Args:
        targets: the services.
        message: what is sent.
        deadline: when to give up, in seconds of time.monotonic().

    Returns:
        A problem for each service that did not take it.
    """
    now = time.monotonic()
    problems = [
        Problem(target.label, "paused after it did not take a message")
        for target in targets
        if target.paused_until > now
    ]
    asked = [target for target in targets if target.paused_until <= now]
    deliveries = [_Delivery(target, message, deadline) for target in asked]
    taken = _notify([delivery.plugin for delivery in deliveries], message, deadline)
    return problems + [
        delivery.fail(deadline - now)
        for delivery, is_taken in zip(deliveries, taken, strict=True)
        if not is_taken
    ]


def _notify(plugins: Sequence[Any], message: ChatMessage, deadline: float) -> list[bool]:
    """Send a message through Apprise; return for each service whether it took it."""
    failed = [False] * len(plugins)
    seconds = deadline - time.monotonic() - _GRACE_SECONDS
    if seconds <= 0 or not plugins:
        return failed
    services = apprise.Apprise()
    for plugin in plugins:
        services.add(plugin)
    with (
        suppressed_logging(),
        services.notify(
            body=f"{message.mention}\n{message.text}".lstrip("\n"),
            title=message.title,
            notify_type=message.kind,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=seconds,
        ) as results,
    ):
        return [bool(result) for result in results] or failed


def _beginning(response: requests.Response, deadline: float) -> bytes:
    """Return as much of an answer as may be read; the status says whether a message was taken."""
    content = b""
    with suppress(requests.RequestException), response:
        for chunk in response.iter_content(8 * 1024):
            content += chunk
            if len(content) >= MAX_ANSWER or time.monotonic() > deadline:
                break
    return content[:MAX_ANSWER]


def _send_for_delivery(*args: Any, **kw: Any) -> requests.Response:
    """Send a request: as a delivery does if it is one of its plugin's, else as requests does."""
    current = _current.get()
    return current.request(_requests_send, *args, **kw) if current else _requests_send(*args, **kw)


_requests_send = HTTPAdapter.send
HTTPAdapter.send = _send_for_delivery  # type: ignore[method-assign]
