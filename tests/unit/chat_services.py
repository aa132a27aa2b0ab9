"""Chat and incident services, as far as a sender meets them, on this machine."""

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
    """An answer of a service."""

    status: int
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    """True if it comes only when the test has ended."""


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
    """The answers to the next requests, before it takes messages again."""
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


class PagerDuty(ChatService):
    """Events API v2: https://developer.pagerduty.com/docs/send-alert-event.

    Attributes:
        open: the incidents that are open: their summaries by their deduplication keys.
    """

    path = "/pages"

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[str, str] = {}

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        action, key = message.get("event_action"), message.get("dedup_key", "")
        problems = [] if path == "/pages/enqueue" else ["no such path"]
        if len(message.get("routing_key", "")) != 32:
            problems.append("Length of 'routing_key' is incorrect (should be 32 characters)")
        if action not in ("trigger", "acknowledge", "resolve") or not 0 < len(key) <= 255:
            problems.append("'event_action' or 'dedup_key' is invalid")
        if action == "trigger":
            payload = message.get("payload", {})
            if not 0 < len(payload.get("summary", "")) <= 1024 or "source" not in payload:
                problems.append("'payload.summary' or 'payload.source' is invalid")
            if payload.get("severity") not in ("critical", "error", "warning", "info"):
                problems.append("'payload.severity' is invalid")
        if problems:
            answer = {"status": "invalid event", "errors": problems}
            return Answer(400, json.dumps(answer)), Answer(0)
        if action == "trigger":
            self.open[key] = message["payload"]["summary"]
        else:
            self.open.pop(key, None)
        return None, Answer(202, json.dumps({"status": "success", "dedup_key": key}))


class Opsgenie(ChatService):
    """Alert API: https://docs.opsgenie.com/docs/alert-api; Jira Service Management has it, too.

    Attributes:
        open: the alerts that are open: their messages by their aliases.
    """

    path = "/v2/alerts"

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[str, str] = {}

    def handle(self, request: Request) -> Response:
        self.query = request.args.to_dict()
        return super().handle(request)

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        accepted = Answer(
            202, json.dumps({"result": "Request will be processed", "requestId": "r"})
        )
        _, _, rest = path.partition("/v2/alerts")
        if not rest:
            if not 0 < len(message.get("message", "")) <= 130 or len(message["alias"]) > 512:
                return Answer(422, "message or alias is invalid"), Answer(0)
            self.open.setdefault(message["alias"], message["message"])
            return None, accepted
        alias, _, action = rest.removeprefix("/").rpartition("/")
        if action != "close":
            return Answer(404, "no such action"), Answer(0)
        if self.query == {"identifierType": "alias"}:
            self.open.pop(alias, None)
        return None, accepted


Service = TypeVar("Service", bound=ChatService)


@contextmanager
def serving(service: Service, httpserver: HTTPServer) -> Iterator[Service]:
    """Serves it below service.path of the server; at the end whatever hangs is let go."""
    httpserver.expect_request(re.compile(f"^{service.path}(/|$)")).respond_with_handler(
        service.handle
    )
    service.url = httpserver.url_for(service.path)
    try:
        yield service
    finally:
        service.ended.set()
