"""A chat service as a sender sees it: what it is asked, how often, and how long left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event
from threading import enumerate as enumerate_threads
from types import SimpleNamespace
from typing import Any

import apprise
import pytest
import requests

from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.service import Target, tell_all
from task_scheduler.notifications.targets import Targets
from task_scheduler.observability.log import logger

MESSAGE = ChatMessage(title="s: 1 failed", body="✗ #1", kind="failure")


def answer(status: int, retry_after: str | None = None) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    if retry_after is not None:
        made.headers["Retry-After"] = retry_after
    return made


@dataclass
class Service:
    """Answers its requests, and has a clock that stands but for the waits."""

    answers: list[requests.Response | Exception] = field(default_factory=list)
    now: float = 1_000.0
    waits: list[float] = field(default_factory=list)
    notified: list[dict[str, Any]] = field(default_factory=list)
    timeouts: list[tuple[float, float]] = field(default_factory=list)
    target: Target = field(init=False)

    def tell(self, deadline: float) -> str | None:
        """Why the target did not take the message; in a context of its own, as in a thread."""
        return copy_context().run(self.target.tell, MESSAGE, deadline)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def post(self, *_: object, timeout: tuple[float, float]) -> requests.Response:
        self.timeouts.append(timeout)
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def notify(self, **message: Any) -> bool:
        """What Apprise does: one request; an error of it is no message."""
        self.notified.append(message)
        try:
            return bool(self.target.request(self.post).ok)
        except requests.RequestException:
            return False


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    monkeypatch.setattr(
        "task_scheduler.notifications.service.time",
        SimpleNamespace(monotonic=lambda: made.now, sleep=made.sleep),
    )
    plugin = apprise.Apprise.instantiate("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert plugin is not None
    made.target = Target(plugin)
    monkeypatch.setattr(made.target, "_service", made)
    return made


def test_a_message_that_is_taken_is_sent_once_as_plain_text(service: Service) -> None:
    service.answers = [answer(200)]

    assert service.tell(1_010.0) is None

    assert service.notified == [
        {"title": "s: 1 failed", "body": "✗ #1", "notify_type": "failure", "body_format": "text"}
    ]
    assert service.waits == []


@pytest.mark.parametrize("trouble", [answer(500), answer(503), requests.ConnectionError()])
def test_trouble_that_may_pass_is_waited_for_longer_each_time_three_times_in_all(
    service: Service, trouble: requests.Response | Exception
) -> None:
    service.answers = [trouble] * 3

    problem = service.tell(1_010.0)

    assert problem in ("Slack: it answers 500", "Slack: it answers 503", "Slack: ConnectionError")
    assert service.waits == [1.0, 2.0]
    assert service.answers == []


def test_a_service_that_says_when_is_asked_then(service: Service) -> None:
    service.answers = [answer(429, "4"), answer(200)]

    assert service.tell(1_010.0) is None
    assert service.waits == [4.0]


@pytest.mark.parametrize(
    ("given", "left"), [(answer(429, "5"), 5.0), (answer(500), 1.0), (answer(404), 10.0)]
)
def test_what_cannot_help_or_comes_too_late_is_not_tried(
    service: Service, given: requests.Response, left: float
) -> None:
    service.answers = [given]

    problem = service.tell(1_000.0 + left)

    assert problem == f"Slack: it answers {given.status_code}"
    assert service.waits == []


@pytest.mark.parametrize(
    ("given", "seconds"), [(answer(404), 60.0), (answer(429, "120"), 120.0), (answer(403, "0"), 0)]
)
def test_a_service_that_takes_nothing_is_left_alone_for_a_minute_or_as_long_as_it_says(
    service: Service, given: requests.Response, seconds: float
) -> None:
    service.answers = [given, answer(200)]
    assert service.tell(1_010.0) is not None

    if seconds:
        service.now += seconds - 0.1
        assert service.tell(service.now + 10) == (
            "Slack: left alone after it did not take a message"
        )
        service.now += 0.1
    assert service.tell(service.now + 10) is None
    assert len(service.notified) == 2


def test_it_is_not_asked_again_while_it_is_being_asked(service: Service) -> None:
    told = []

    def notify(**_: object) -> bool:
        told.append(service.tell(1_010.0))
        return True

    service.notify = notify  # type: ignore[method-assign]

    assert service.tell(1_010.0) is None
    assert told == ["Slack: left alone after it did not take a message"]
    told.clear()
    assert service.tell(1_010.0) is None
    assert len(told) == 1


def test_whatever_apprise_raises_is_told_by_its_kind_alone(service: Service) -> None:
    def notify(**_: object) -> bool:
        raise SystemExit("slack://a-secret")

    service.notify = notify  # type: ignore[method-assign]

    assert service.tell(1_010.0) == "Slack: SystemExit"


@pytest.mark.parametrize(
    ("asked", "timeout"),
    [
        ({}, (10.0, 10.0)),
        ({"timeout": None}, (10.0, 10.0)),
        ({"timeout": 4.0}, (4.0, 4.0)),
        ({"timeout": 40.0}, (10.0, 10.0)),
        ({"timeout": (3.0, 40.0)}, (3.0, 10.0)),
        ({"timeout": (40.0, 3.0)}, (10.0, 3.0)),
    ],
)
def test_a_request_takes_no_longer_than_there_is_time(
    service: Service, asked: dict[str, Any], timeout: tuple[float, float]
) -> None:
    service.answers = [answer(200)]

    def notify(**_: object) -> bool:
        return bool(service.target.request(service.post, "https://...", **asked).ok)

    service.notify = notify  # type: ignore[method-assign]

    assert service.tell(1_010.0) is None
    assert service.timeouts == [timeout]


def test_without_time_no_request_is_made(service: Service) -> None:
    assert service.tell(1_000.0) == "Slack: no answer in time"

    assert service.timeouts == []


def test_a_plugin_that_asks_on_although_it_is_to_wait_is_stopped(service: Service) -> None:
    """Apprise's own plugins repeat what was refused, some of them without a wait."""
    service.answers = [answer(429, "4"), answer(200)]
    ask = service.notify

    def notify(**message: Any) -> bool:
        return ask(**message) or ask(**message)

    service.notify = notify  # type: ignore[method-assign]

    assert service.tell(1_003.0) == "Slack: it answers 429"
    assert len(service.answers) == 1


@dataclass
class Told:
    """A target that says what it is told to."""

    says: Callable[[], str | None]
    problem: str = "Slack: no answer in time"

    def tell(self, _message: ChatMessage, _deadline: float) -> str | None:
        return self.says()

    __hash__ = object.__hash__


def test_each_problem_is_told_in_the_order_of_the_services() -> None:
    over = Event()
    says: list[Callable[[], str | None]] = [
        lambda: "first", lambda: None, lambda: str(over.wait(5)), lambda: "last",
    ]  # fmt: skip
    targets: Any = [Told(each) for each in says]
    before = set(enumerate_threads())
    try:
        problems = tell_all(targets, MESSAGE, time.monotonic() + 0.2)
        # what hangs must not keep the process from ending
        hanging = [thread.daemon for thread in set(enumerate_threads()) - before]
    finally:
        over.set()

    assert problems == ["first", "Slack: no answer in time", "last"]
    assert hanging == [True]


def test_without_time_nothing_is_waited_for() -> None:
    over = Event()
    targets: Any = [Told(lambda: str(over.wait(5)))]
    begun = time.monotonic()
    try:
        assert tell_all(targets, MESSAGE, begun - 1) == ["Slack: no answer in time"]
        assert time.monotonic() - begun < 0.9
    finally:
        over.set()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("json://localhost, xml://localhost", ["JSON", "XML"]),
        ("json://localhost\n\n xml://localhost \n", ["JSON", "XML"]),
        (" json://localhost ,\n,xml://localhost\t,", ["JSON", "XML"]),
        ("json://a,b@localhost/?x=1,2", ["JSON"]),
        ("", []),
    ],
)
def test_a_parameter_is_urls_between_lines_commas_or_blanks(text: str, names: list[str]) -> None:
    targets = Targets(text)

    assert [target.name for target in targets.usable] == names
    assert not targets.malformed


def test_a_message_is_signed_with_the_name_of_this_installation() -> None:
    [target] = Targets("json://localhost").usable

    assert target._service.asset.app_id == logger.service


def test_urls_that_apprise_does_not_know_are_told_by_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTIFY_SSM_PARAMETER", "/chat")

    targets = Targets("nonsense\n\njson://localhost\nno://way")

    assert [target.name for target in targets.usable] == ["JSON"]
    assert targets.malformed == (
        "SSM parameter /chat: of the 3 URLs in it Apprise does not know number 1, 3; "
        "the others are used"
    )
