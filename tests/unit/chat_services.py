"""Slack's and Discord's webhooks, as far as a sender meets them, on this machine."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, ClassVar, TypeVar

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


@dataclass
class Answer:
    """What a service answers."""

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    """Whether it comes only when the test has ended."""


@dataclass
class ChatService:
    """A service that takes messages, and answers otherwise as often as a test says."""

    path: ClassVar[str]
    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    """The messages that it took."""
    requests: int = 0
    paths: list[str] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    """What the next requests are answered, before it takes messages again."""
    ended: Event = field(default_factory=Event)

    def handle(self, request: Request) -> Response:
        """Answer a request of the server's."""
        answer = self.answer(request.path, request.get_data())
        if answer.hangs:
            self.ended.wait()
        return Response(answer.body, answer.status, answer.headers)

    def answer(self, path: str, body: bytes) -> Answer:
        """The answer to a request."""
        self.requests += 1
        self.paths.append(path)
        if self.answers:
            return self.answers.popleft()
        try:
            message = json.loads(body)
        except ValueError:
            return Answer(400, "invalid_payload")
        refusal, accepted = self.check(path, message)
        if refusal is None:
            self.received.append(message)
        return refusal or accepted

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        """A refusal, and what is answered otherwise."""
        raise NotImplementedError

    def rate_limited(self, seconds: float) -> Answer:
        """The answer that asks to come again after so many seconds."""
        raise NotImplementedError


class Webhook(ChatService):
    """Apprise's own JSON form: https://appriseit.com/services/json/."""

    path = "/hook"

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        del path, message
        return None, Answer(200, "ok")

    def rate_limited(self, seconds: float) -> Answer:
        return Answer(429, headers={"Retry-After": f"{seconds:g}"})


class Slack(ChatService):
    """Incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    and https://docs.slack.dev/apis/web-api/rate-limits."""

    path = "/services"

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        if not path.startswith("/services/T"):
            return Answer(404, "no_service"), Answer(0)
        if not (message.get("text") or message.get("attachments") or message.get("blocks")):
            return Answer(400, "no_text"), Answer(0)
        return None, Answer(200, "ok")

    def rate_limited(self, seconds: float) -> Answer:
        return Answer(429, "rate_limited", {"Retry-After": f"{seconds:g}"})


class Discord(ChatService):
    """Execute Webhook: https://docs.discord.com/developers/resources/webhook and
    https://docs.discord.com/developers/topics/rate-limits."""

    path = "/api/webhooks"

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        if not path.startswith("/api/webhooks/"):
            return Answer(404, '{"message": "Unknown Webhook", "code": 10015}'), Answer(0)
        if len(message.get("content", "")) > 2000:
            return Answer(400, '{"content": ["Must be 2000 or fewer in length."]}'), Answer(0)
        if not (message.get("content") or message.get("embeds")):
            return Answer(400, '{"message": "Cannot send an empty message"}'), Answer(0)
        headers = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4"}
        return None, Answer(200, '{"id": "1"}', headers)

    def rate_limited(self, seconds: float) -> Answer:
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
        return Answer(429, json.dumps(body), {"Retry-After": f"{seconds:g}"})


Service = TypeVar("Service", bound=ChatService)


@contextmanager
def serving(service: Service, httpserver: HTTPServer) -> Iterator[Service]:
    """Serves it below service.path of the server; at the end whatever hangs is let go."""
    httpserver.expect_request(re.compile(f"^{service.path}/")).respond_with_handler(service.handle)
    service.url = httpserver.url_for(service.path)
    try:
        yield service
    finally:
        service.ended.set()
