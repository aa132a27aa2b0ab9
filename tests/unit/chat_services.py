"""Slack's and Discord's webhooks, as far as a sender meets them, on this machine."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

POLL_SECONDS = 0.01
"""How often a server looks whether it is to end; half a second, its own, is what a test takes."""


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

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    """The messages that it took."""
    requests: int = 0
    paths: list[str] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    """What the next requests are answered, before it takes messages again."""
    ended: Event = field(default_factory=Event)

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

    def check(self, path: str, message: Any) -> tuple[Answer | None, Answer]:
        del path, message
        return None, Answer(200, "ok")

    def rate_limited(self, seconds: float) -> Answer:
        return Answer(429, headers={"Retry-After": f"{seconds:g}"})


class Slack(ChatService):
    """Incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    and https://docs.slack.dev/apis/web-api/rate-limits."""

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
def serving(service: Service) -> Iterator[Service]:
    """Serves it at service.url; at the end whatever hangs is let go."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = service.answer(urlsplit(self.path).path, body)
            if answer.hangs:
                service.ended.wait()
                return
            data = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # of an answer that is too long
                self.wfile.write(data)

        def do_GET(self) -> None:
            self.headers["Content-Length"] = "0"
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,))
        thread.start()
        try:
            yield service
        finally:
            service.ended.set()
            server.shutdown()
            thread.join()
