"""Delivery to a service: which requests it gets, how often, and until when; with real answers."""

from __future__ import annotations

import functools
import gzip
import io
import json
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer

from task_scheduler.notifications import delivery, targets
from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.delivery import MAX_ANSWER, Problem, Target, deliver
from task_scheduler.notifications.harmless import harmless
from task_scheduler.notifications.targets import parse, target_of
from task_scheduler.observability.log import logger
from tests.unit.chat_services import Answer, Webhook, serving

MESSAGE = ChatMessage(title="s: 1 failed", text="✗ #1", markdown="`✗ #1`", is_failure=True)
SECONDS = 3.0


@pytest.fixture
def webhook(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    monkeypatch.setattr(targets, "WAIT_SECONDS", 0.02)
    with serving(Webhook(), httpserver) as made:
        yield made


@pytest.fixture
def target(webhook: Webhook) -> Target:
    return make_target(webhook)


def make_target(webhook: Webhook, path: str = "/x", parameters: str = "") -> Target:
    made = load(f"{webhook.url.replace('http', 'json')}{path}{parameters}")
    made.plugin.request_rate_per_sec = 0  # Apprise's own pause between attempts
    return made


def load(url: str) -> Target:
    target_of.cache_clear()
    [address] = parse(url)
    target = target_of(address)
    assert target is not None
    return target


def send(*targets: Target, message: ChatMessage = MESSAGE, seconds: float = SECONDS) -> list[str]:
    return list(map(str, deliver(targets, message, time.monotonic() + seconds)))


def test_a_message_is_sent_once_as_plain_text(webhook: Webhook, target: Target) -> None:
    assert send(target) == []

    [message] = webhook.received
    assert (message["title"], message["message"], message["type"]) == (
        "s: 1 failed", "✗ #1", "failure",
    )  # fmt: skip


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_failure_that_may_pass_is_tried_three_times(
    webhook: Webhook, target: Target, status: int
) -> None:
    webhook.answers.extend([Answer(status)] * 3)

    assert send(target) == [f"JSON: answered {status}"]
    assert webhook.requests == 3


def test_a_service_that_recovers_between_attempts_gets_the_message_once(
    webhook: Webhook, target: Target
) -> None:
    webhook.answers.append(Answer(503))

    assert send(target) == []
    assert (webhook.requests, len(webhook.received)) == (2, 1)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413])
def test_after_a_refusal_for_good_nothing_is_sent_again(
    webhook: Webhook, target: Target, status: int
) -> None:
    webhook.answers.append(Answer(status))

    assert send(target) == [f"JSON: answered {status}"]
    assert webhook.requests == 1


@pytest.mark.parametrize(("had", "paused_until"), [(2.75, 0.0), (3.0, 160.0), (5.0, 160.0)])
def test_silence_pauses_a_service_that_had_three_seconds_to_answer(
    monkeypatch: pytest.MonkeyPatch, had: float, paused_until: float
) -> None:
    target = load("json://localhost")
    monkeypatch.setattr(delivery, "_notify", lambda *_: [False])
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    assert deliver([target], MESSAGE, 100.0 + had) == [Problem("JSON", "no answer in time")]
    assert target.paused_until == paused_until


def test_a_service_is_asked_again_as_soon_as_its_pause_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = load("json://localhost")
    target.paused_until = 100.0
    monkeypatch.setattr(delivery, "_notify", lambda plugins, *_: [False] * len(plugins))
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    assert deliver([target], MESSAGE, 105.0) == [Problem("JSON", "no answer in time")]
    assert target.paused_until == 160.0
    assert deliver([target], MESSAGE, 105.0) == [
        Problem("JSON", "paused after it did not take a message")
    ]


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_says_when_is_asked_then(
    webhook: Webhook, target: Target, status: int
) -> None:
    webhook.answers.append(Answer(status, headers={"Retry-After": "0.5"}))
    begun = time.monotonic()

    assert send(target) == []
    assert time.monotonic() - begun >= 0.5
    assert webhook.requests == 2


def test_a_service_that_asks_for_more_time_than_there_is_is_not_asked_again(
    webhook: Webhook, target: Target
) -> None:
    webhook.answers.append(Answer(429, headers={"Retry-After": "120"}))
    begun = time.monotonic()

    assert send(target) == ["JSON: answered 429"]
    assert time.monotonic() - begun < 1
    assert webhook.requests == 1
    assert 110 < target.paused_until - time.monotonic() < 121


def test_a_service_that_took_nothing_is_paused_for_a_minute(
    webhook: Webhook, target: Target
) -> None:
    webhook.answers.append(Answer(404))
    send(target)

    assert 55 < target.paused_until - time.monotonic() < 61
    assert send(target) == ["JSON: paused after it did not take a message"]
    assert webhook.requests == 1
    target.paused_until = time.monotonic()
    assert send(target) == []


def test_a_service_that_hangs_is_waited_for_until_the_deadline(
    webhook: Webhook, target: Target
) -> None:
    webhook.answers.append(Answer(200, hangs=True))
    begun = time.monotonic()

    [problem] = send(target, seconds=0.5)

    assert problem in ("JSON: no answer in time", "JSON: ReadTimeout")
    assert time.monotonic() - begun < 0.9


@pytest.mark.parametrize(("fair", "is_paused"), [(0.3, True), (0.6, False)])
def test_a_service_that_hangs_is_paused_if_it_had_time_enough(
    target: Target, monkeypatch: pytest.MonkeyPatch, fair: float, is_paused: bool
) -> None:
    over = Event()
    monkeypatch.setattr(delivery, "FAIR_SECONDS", fair)
    monkeypatch.setattr(target.plugin, "send", lambda **_: over.wait(5))

    try:
        assert send(target, seconds=0.5) == ["JSON: no answer in time"]
        assert (target.paused_until > time.monotonic()) is is_paused
    finally:
        over.set()


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.05])
def test_without_time_no_request_is_made(webhook: Webhook, target: Target, seconds: float) -> None:
    assert send(target, seconds=seconds) == ["JSON: no answer in time"]
    assert webhook.requests == 0
    assert send(target) == []


def test_an_unreachable_service_is_named_with_the_kind_of_error_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "WAIT_SECONDS", 0.0)
    target = load("json://127.0.0.1:9/s3cr3t")

    assert send(target) == ["JSON: ConnectionError"]


@pytest.mark.parametrize("error", [SystemExit("json://a-secret"), ValueError("json://a-secret")])
def test_whatever_apprise_raises_is_reported_by_its_kind_alone(
    target: Target, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def broken(**_: object) -> bool:
        raise error

    monkeypatch.setattr(target.plugin, "send", broken)

    assert send(target) == [f"JSON: {type(error).__name__}"]


@pytest.mark.parametrize("parameters", ["", "?redirect=yes"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(webhook: Webhook, status: int, parameters: str) -> None:
    webhook.answers.append(Answer(status, headers={"Location": f"{webhook.url}/internal"}))

    assert send(make_target(webhook, parameters=parameters)) == [f"JSON: answered {status}"]
    assert webhook.paths == ["/hook/x"]


@functools.cache
def bomb() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(200):
            file.write(bytes(1024 * 1024))
    return packed.getvalue()


@pytest.mark.parametrize("status", [200, 302, 404, 429])
def test_an_answer_is_read_up_to_a_limit_however_it_is_packed(
    webhook: Webhook, target: Target, status: int
) -> None:
    headers = {"Content-Encoding": "gzip", "Location": f"{webhook.url}/internal"}
    webhook.answers.append(Answer(status, bomb(), headers))
    send(target)  # what is imported for the first message is not counted
    target.paused_until = 0.0
    webhook.answers.append(Answer(status, bomb(), headers))
    tracemalloc.start()
    try:
        problems = send(target)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 40 * 1024 * 1024  # the server's own copies of what is packed count, too
    assert problems == ([] if status in (200, 429) else [f"JSON: answered {status}"])


def test_a_long_answer_that_says_yes_is_a_yes(webhook: Webhook, target: Target) -> None:
    webhook.answers.append(Answer(200, b"x" * MAX_ANSWER * 3))

    assert send(target) == []
    assert webhook.requests == 1


def test_services_are_sent_to_at_once_and_each_problem_is_reported_in_their_order(
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "WAIT_SECONDS", 0.0)
    kinds = [type("Webhook", (Webhook,), {"path": f"/hook{number}"}) for number in range(4)]
    with ExitStack() as stack:
        webhooks = [stack.enter_context(serving(one(), httpserver)) for one in kinds]
        webhooks[0].answers.append(Answer(404))
        webhooks[2].answers.append(Answer(200, hangs=True))
        webhooks[3].answers.extend([Answer(500)] * 3)
        begun = time.monotonic()

        problems = send(*map(make_target, webhooks), seconds=1)

        assert time.monotonic() - begun < 1.5
        assert len(webhooks[1].received) == 1
    assert problems[0] == "JSON: answered 404"
    assert problems[1] in ("JSON: no answer in time", "JSON: ReadTimeout")
    assert problems[2] == "JSON: answered 500"


def test_a_message_that_apprise_cannot_prepare_is_delivered_to_nobody(
    webhook: Webhook, target: Target
) -> None:
    assert send(target, message=ChatMessage(title="", text="", markdown=""))
    assert webhook.requests == 0


def test_requests_of_task_code_are_made_as_before(webhook: Webhook) -> None:
    webhook.answers.extend(
        [Answer(302, headers={"Location": f"{webhook.url}/y"}), Answer(200, b"x" * 9)]
    )

    assert len(requests.get(f"{webhook.url}/x", timeout=5).content) == 9
    assert webhook.requests == 2
    assert delivery._current.get() is None


@pytest.mark.parametrize(
    ("status", "is_final"), [(403, True), (302, True), (429, False), (500, False)]
)
def test_a_problem_says_whether_the_service_refuses_for_good(
    webhook: Webhook, target: Target, status: int, is_final: bool
) -> None:
    webhook.answers.extend([Answer(status)] * 3)

    [problem] = deliver([target], MESSAGE, time.monotonic() + SECONDS)

    assert problem.is_final is is_final


def test_a_late_attempt_for_a_message_before_does_not_stop_the_next_one(
    webhook: Webhook, target: Target
) -> None:
    webhook.answers.extend([Answer(200, hangs=True), Answer(404)])
    send(target, seconds=0.3)
    target.paused_until = 0.0
    send(target)
    target.paused_until = 0.0

    assert send(target) == []


def test_a_service_that_another_apprise_has_otherwise_gets_the_plain_message(
    webhook: Webhook, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack(*_: object) -> None:
        raise AttributeError("_send")

    monkeypatch.setattr(delivery, "prepare", lack)

    assert send(target) == []
    assert webhook.received[0]["message"] == MESSAGE.text


def test_a_message_is_signed_with_the_name_of_this_installation() -> None:
    assert load("json://localhost").plugin.asset.app_id == logger.service


SCHEMES = {
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ": "Slack",
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js": "Discord",
    "mmost://localhost/3ccdd113474722377935511fc85d3dd4": "Mattermost",
    "workflow://prod.example.org/0123456789abcdef/sig_nature": "Power Automate",
    "matrix://token@localhost?mode=matrix": "Matrix",
    "gchat://workspace/key/token": "Google Chat",
}
PINGS = [
    "@everyone", "@Everyone", "@HERE", "@here", "@Channel", "@channel", "@all", "@room", "@Room",
    "@ada", "@ada:example.org", "<@123>", "<@!123>", "<@&4>", "<!channel>", "<!here|x>",
    "<!subteam^S1>", "<users/all>", "<at>Ada</at>", "x@everyone", "@**all**", ".@ada",
]  # fmt: skip


@pytest.mark.parametrize("url", SCHEMES, ids=SCHEMES.values())
def test_no_service_gets_a_mention_from_task_output(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def answer(_adapter: Any, request: Any, **_: Any) -> requests.Response:
        made = requests.Response()
        made.status_code, made.raw = 200, io.BytesIO(b"ok")
        body = request.body or b""
        sent.append(body.decode() if isinstance(body, bytes) else body)
        return made

    monkeypatch.setattr(delivery, "_requests_send", answer)
    text = harmless("\n".join(PINGS), 1_000)
    message = ChatMessage(title=text, text=text, markdown=f"`{text.replace('`', '')}`")

    send(load(url), message=message, seconds=5)

    texts = "".join(strings_of(json.loads("".join(sent))))
    assert "everyone" in texts.lower()
    assert [ping for ping in PINGS if ping in texts] == []


def strings_of(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in strings_of(item)]
        case list():
            return [text for item in value for text in strings_of(item)]
    return []
