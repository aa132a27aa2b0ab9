"""The notifier of a sandbox: whom it notifies, what it logs, when it wants to be called again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.errors import NoTargets
from task_scheduler.notifications import delivery, notifier
from task_scheduler.notifications.chat_message import ChatMessage
from task_scheduler.notifications.delivery import Problem
from task_scheduler.notifications.digest import Digest
from task_scheduler.notifications.notifier import Notifier
from task_scheduler.notifications.targets import parse
from task_scheduler.outcome import NotifyEvent
from tests.unit.conftest import Log

BOTH = "team=slack://a\nops=discord://b"


def digest(**facts: Any) -> Digest:
    known: dict[str, Any] = {
        "key": "s@t", "schedule": "s", "event": NotifyEvent.FAILURE, "due": 0, "total": 2,
        "failed": 1,
    }  # fmt: skip
    return Digest(**known | facts)


@dataclass
class Services:
    """The targets of a parameter, what comes of messages to them, and a clock that stands."""

    text: str = BOTH
    known: tuple[str, ...] = ("slack", "discord", "pagerduty")
    problems: list[Problem] = field(default_factory=list)
    trouble: Callable[[], object] = lambda: None
    sent: list[ChatMessage] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    def read(self) -> Any:
        self.trouble()
        return parse(self.text)

    def target_of(self, address: Any) -> Any:
        return address.url if address.url.startswith(self.known) else None

    def deliver(self, targets: Any, message: ChatMessage, deadline: float) -> list[Problem]:
        self.asked += targets
        self.sent.append(message)
        self.deadlines.append(deadline)
        return self.problems


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services()
    monkeypatch.setenv("NOTIFY_SSM_PARAMETER", "/chat")
    monkeypatch.setattr(notifier, "time", SimpleNamespace(monotonic=lambda: 1_000.0))
    monkeypatch.setattr(notifier, "read_addresses", made.read)
    monkeypatch.setattr(notifier, "target_of", made.target_of)
    monkeypatch.setattr(delivery, "deliver", made.deliver)
    return made


def raise_(error: BaseException) -> Callable[..., object]:
    def trouble(*_: object) -> object:
        raise error

    return trouble


def send(digest: Digest, *, seconds: float = 3.0) -> bool:
    """Return whether nothing is left to do."""
    return Notifier().send(digest, seconds=seconds).is_done


@pytest.mark.parametrize(("seconds", "given"), [(3.0, 3.0), (100.0, 10.0)])
def test_a_notification_takes_at_most_the_time_given_and_ten_seconds(
    services: Services, seconds: float, given: float
) -> None:
    assert send(digest(), seconds=seconds)

    assert services.deadlines == [1_000.0 + given]


@pytest.mark.parametrize(
    ("names", "asked"),
    [(None, ["slack://a", "discord://b"]), (["ops"], ["discord://b"]), ((), [])],
)
def test_a_message_goes_to_the_targets_that_its_schedule_names(
    services: Services, names: list[str] | None, asked: list[str], log_lines: Log
) -> None:
    assert send(digest(notify_to=names))

    assert services.asked == asked
    assert log_lines() == []


def test_without_a_parameter_nobody_is_notified(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SSM_PARAMETER")
    services.trouble = raise_(AssertionError("it was read"))

    assert send(digest())


def test_for_a_schedule_that_notifies_nobody_no_address_is_read(services: Services) -> None:
    services.trouble = raise_(AssertionError("it was read"))

    assert send(digest(notify_to=()))


def test_an_unknown_target_is_reported_by_its_name_and_the_others_get_the_message(
    services: Services, log_lines: Log
) -> None:
    assert send(digest(notify_to=["ops", "opps"]))

    assert services.asked == ["discord://b"]
    [line] = log_lines()
    assert (line["level"], line["reason"]) == ("WARNING", "opps: no target of this name")
    assert (line["schedule"], line["undelivered"]) == ("s", 1)
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "undelivered"}]


def test_a_digest_with_unknown_targets_alone_is_not_sent_again(
    services: Services, log_lines: Log
) -> None:
    assert send(digest(notify_to=["opps"]))

    assert services.sent == []
    assert len(log_lines()) == 1


def test_an_address_of_no_service_is_reported_by_its_place_or_name(
    services: Services, log_lines: Log
) -> None:
    services.text = f"nonsense-s3cr3t\n{BOTH}\ndev=slak://s3cr3t"

    assert send(digest())

    assert services.asked == ["slack://a", "discord://b"]
    [line] = log_lines()
    assert line["undelivered"] == 2
    assert line["reason"] == (
        "address number 1: no service that Apprise knows; dev: no service that Apprise knows"
    )


@pytest.mark.parametrize("event", NotifyEvent)
def test_an_unwanted_event_goes_to_incident_services_alone(
    services: Services, event: NotifyEvent
) -> None:
    services.text = f"{BOTH}\npager=pagerduty://c"

    assert send(digest(event=event, is_wanted=False))

    assert services.asked == ["pagerduty://c"]
    assert services.sent[0].is_failing is (event is NotifyEvent.FAILURE)


def test_an_unwanted_event_without_an_incident_service_loads_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    monkeypatch.setattr(notifier, "target_of", raise_(AssertionError("it was loaded")))

    assert send(digest(is_wanted=False, notify_to=["team", "opps"]))

    assert services.sent == []
    assert log_lines() == []


def test_the_state_of_the_schedule_decides_over_an_incident(services: Services) -> None:
    services.text = "pagerduty://c"

    send(digest(event=NotifyEvent.FAILURE, is_failing=False))
    send(digest(event=NotifyEvent.SUCCESS, is_failing=True))

    assert [message.is_failing for message in services.sent] == [False, True]


@pytest.mark.parametrize(
    ("problems", "is_done"),
    [
        ([], True),
        ([Problem("Slack", "answered 403", True)], True),  # the other took it
        ([Problem("Slack", "answered 503")], True),
        ([Problem("Slack", "answered 403", True), Problem("Discord", "answered 404", True)], True),
        ([Problem("Slack", "answered 403", True), Problem("Discord", "answered 503")], False),
        ([Problem("Slack", "answered 503"), Problem("Discord", "no answer in time")], False),
    ],
)
def test_a_message_is_sent_again_if_nobody_took_it_and_somebody_may(
    services: Services, log_lines: Log, problems: list[Problem], is_done: bool
) -> None:
    services.problems = problems

    assert send(digest()) is is_done

    assert [line["undelivered"] for line in log_lines()] == [len(problems)] * bool(problems)


@pytest.mark.parametrize(
    ("problems", "is_taken"),
    [
        ([], True),
        ([Problem("Slack", "answered 403", True)], True),
        ([Problem("Slack", "answered 403", True), Problem("Discord", "answered 404", True)], False),
        ([Problem("Slack", "answered 503"), Problem("Discord", "answered 503")], False),
    ],
)
def test_a_message_counts_as_sent_if_a_service_took_it(
    services: Services, problems: list[Problem], is_taken: bool
) -> None:
    services.problems = problems

    taken = Notifier().send(digest(), seconds=3).taken

    assert taken == (services.sent[0] if is_taken else None)


def test_a_reason_is_a_warning_once_and_counted_each_time(
    services: Services, log_lines: Log
) -> None:
    made = Notifier()
    services.problems = [Problem("Slack", "answered 403", True)]
    for _ in range(3):
        made.send(digest(), seconds=3)

    first, *others = log_lines()
    assert (first["level"], first["message"]) == ("WARNING", "notification")
    assert first["reason"] == "Slack: answered 403"
    facts = ("level", "message", "undelivered")
    assert [[line[name] for name in facts] for line in others] == [["INFO", "notification", 1]] * 2
    assert not any("reason" in line for line in others)


def test_the_reasons_that_are_remembered_are_bounded(
    services: Services, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "MAX_WARNINGS", 3)
    made = Notifier()
    for number in range(9):
        made.send(digest(notify_to=[f"n{number}"]), seconds=3)

    assert len(made._warned) == 3
    assert len(log_lines()) == 9


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoTargets("secret x cannot be read"), "secret x cannot be read"),
        (ValueError("slack://a-secret"), "ValueError"),
        (TimeoutError("no answer within 3 s"), "no time was left to notify"),
    ],
)
def test_the_reason_why_targets_are_not_known_holds_no_secret(
    services: Services, log_lines: Log, error: Exception, reason: str
) -> None:
    services.trouble = raise_(error)

    assert not send(digest())

    assert [line["reason"] for line in log_lines()] == [reason]


def test_targets_that_are_not_known_in_time_are_not_waited_for(
    services: Services, log_lines: Log
) -> None:
    over = Event()
    services.trouble = lambda: over.wait(5)
    try:
        assert not send(digest(), seconds=0.05)
    finally:
        over.set()

    assert [line["reason"] for line in log_lines()] == ["no time was left to notify"]


def test_a_delivery_that_breaks_raises_nothing(
    services: Services, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "deliver", raise_(RuntimeError("slack://a-secret")))

    assert not send(digest())

    assert [line["reason"] for line in log_lines()] == ["RuntimeError"]
