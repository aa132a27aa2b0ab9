"""Delivery of a message by Apprise, with its retries, deadline and results.

What Apprise does not do is done in the requests of its plugins: answers are bounded, redirects are
not followed, Retry-After is respected, and nothing is sent again after a refusal for good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import apprise
import requests
from requests.adapters import HTTPAdapter

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.log_suppression import suppressed_logging
from task_scheduler.tasks.retry_after import retry_after

RETRIES = 2
WAIT_SECONDS = 1.0

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

_deadline: ContextVar[float] = ContextVar("deadline")
_asking: ContextVar[Target | None] = ContextVar("asking", default=None)


class Target:
    """A service, and what it answered last.

    Attributes:
        name: the service's name, such as Slack.
        plugin: Apprise's.
        answer: what came of the last message, as far as it is known.
        paused_until: no message goes to it before, in seconds of time.monotonic().
    """

    def __init__(self, plugin: apprise.NotifyBase) -> None:
        self.name = str(plugin.service_name)
        self.plugin = plugin
        self.answer = ""
        self.paused_until = 0.0
        self._is_refused = False
        self._send: Callable[..., bool] = plugin.notify
        plugin.notify = self._attempt  # type: ignore[method-assign]

    def begin(self) -> None:
        """Forget the answers to the message before."""
        self.answer, self._is_refused = "", False

    def pause(self) -> None:
        """Send it nothing for a while, or for as long as it asked."""
        now = time.monotonic()
        if self.paused_until <= now:
            self.paused_until = now + PAUSE_SECONDS

    def _attempt(self, **message: Any) -> bool:
        """Send the message once. Apprise calls it, and again after attempts that fail."""
        if self._is_refused:
            return False
        before = _asking.set(self)
        try:
            return bool(self._send(**message))
        except BaseException as error:  # its text may hold the URL
            self.answer = type(error).__name__
            return False
        finally:
            _asking.reset(before)

    def request(
        self, send: Callable[..., requests.Response], *args: Any, **kw: Any
    ) -> requests.Response:
        """Make a request of the plugin's before the deadline, and note the answer.

        Raises:
            requests.RequestException: there is no answer, or it would come too late.
        """
        deadline, now = _deadline.get(), time.monotonic()
        pause = max(0.0, self.paused_until - now)
        left = deadline - now - pause
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
        self._is_refused = 300 <= status < 500 and status not in _TRANSIENT
        asked = retry_after(response.headers.get("Retry-After"))
        if asked is not None and not response.ok:
            self.paused_until = time.monotonic() + asked
        response.headers.pop("Location", None)  # it would be followed
        response._content = _beginning(response, deadline)
        return response


def deliver(targets: Sequence[Target], message: ChatMessage, deadline: float) -> list[str]:
    """Send a message to all services at once.

    Args:
        targets: the services.
        message: what is sent, as plain text.
        deadline: when to give up, in seconds of time.monotonic().

    Returns:
        For each service that did not take it, the reason.
    """
    now = time.monotonic()
    asked = [target for target in targets if target.paused_until <= now]
    problems = {
        target: "paused after it did not take a message"
        for target in targets
        if target not in asked
    }
    for target, is_delivered in zip(asked, _notify(asked, message, deadline), strict=True):
        if not is_delivered:
            problems[target] = target.answer or "no answer in time"
            if target.answer or deadline - now >= FAIR_SECONDS:
                target.pause()
    return [f"{target.name}: {problems[target]}" for target in targets if target in problems]


def _notify(targets: Sequence[Target], message: ChatMessage, deadline: float) -> list[bool]:
    """Send a message through Apprise; return for each service whether it took it."""
    failed = [False] * len(targets)
    seconds = deadline - time.monotonic() - _GRACE_SECONDS
    if seconds <= 0 or not targets:
        return failed
    services = apprise.Apprise()
    for target in targets:
        target.begin()
        services.add(target.plugin)
    before = _deadline.set(deadline)
    try:
        with (
            suppressed_logging(),
            services.notify(
                body=message.body,
                title=message.title,
                notify_type=message.kind,
                body_format=apprise.NotifyFormat.TEXT,
                timeout=seconds,
            ) as results,
        ):
            return [bool(result) for result in results] or failed
    finally:
        _deadline.reset(before)


def _beginning(response: requests.Response, deadline: float) -> bytes:
    """Return as much of an answer as may be read; the status says whether a message was taken."""
    content = b""
    with suppress(requests.RequestException), response:
        for chunk in response.iter_content(8 * 1024):
            content += chunk
            if len(content) >= MAX_ANSWER or time.monotonic() > deadline:
                break
    return content[:MAX_ANSWER]


def _send_for_target(*args: Any, **kw: Any) -> requests.Response:
    """Send a request: a target's if it is one of its plugin's, else as requests does."""
    target = _asking.get()
    return target.request(_requests_send, *args, **kw) if target else _requests_send(*args, **kw)


_requests_send = HTTPAdapter.send
HTTPAdapter.send = _send_for_target  # type: ignore[method-assign]
