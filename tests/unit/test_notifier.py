"""What a sandbox tells and what it only counts, from invocation to invocation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.errors import NoTargets
from task_scheduler.execution.result import Ended, Result
from task_scheduler.notifications import notifier, service
from task_scheduler.notifications.chat_message import ChatMessage, Notification
from task_scheduler.notifications.notifier import Notifier, ending
from task_scheduler.outcome import NotifyEvent, Outcome
from tests.unit.conftest import Log
from tests.unit.test_attempt import TIME, delivery

ALL = ["success", "failure", "recovery"]


def end(
    outcome: Outcome, tries: int = 1, notify_on: list[str] | None = ALL, **result: Any
) -> Ended:
    tried = delivery(tries)
    assert tried.message is not None
    message = replace(tried.message, text="Bern", notify_on=notify_on)
    return Ended(tried._replace(message=message), Result(outcome=outcome, **result))


SUCCESS = end(Outcome.SUCCESS, preview="done")
RECOVERY = end(Outcome.SUCCESS, tries=2, preview="done")
FAILURE = end(Outcome.FAILED, error=OSError("no route"))


@dataclass
class Services:
    """Chat, and a clock that stands until it is set."""

    now: float = 1_000.0
    usable: list[str] = field(default_factory=lambda: ["Slack", "Discord"])
    malformed: str = ""
    problems: list[str] = field(default_factory=list)
    trouble: Callable[[], object] = lambda: None
    told: list[ChatMessage] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    def read(self) -> Any:
        self.trouble()
        return SimpleNamespace(usable=self.usable, malformed=self.malformed)

    def tell(self, _targets: object, message: ChatMessage, deadline: float) -> list[str]:
        self.told.append(message)
        self.deadlines.append(deadline)
        return self.problems


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services()
    monkeypatch.setattr(notifier, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(notifier, "_read_targets", made.read)
    monkeypatch.setattr(service, "tell_all", made.tell)
    return made


def raise_(error: Exception) -> Callable[[], object]:
    def trouble() -> object:
        raise error

    return trouble


@pytest.mark.parametrize(("seconds", "given"), [(3.0, 3.0), (100.0, 10.0)])
def test_telling_takes_no_more_than_the_time_that_there_is_and_ten_seconds(
    services: Services, seconds: float, given: float
) -> None:
    Notifier().tell([SUCCESS], seconds=seconds)

    assert services.deadlines == [1_000.0 + given]


@pytest.mark.parametrize("first", [FAILURE, RECOVERY])
def test_within_a_minute_of_a_failure_or_recovery_others_are_counted(
    services: Services, first: Ended
) -> None:
    notifier = Notifier()
    notifier.tell([first], seconds=3)
    for services.now in (1_000.0, 1_030.0, 1_059.9):
        notifier.tell([FAILURE, RECOVERY], seconds=3)
    assert len(services.told) == 1

    services.now = 1_060.0
    notifier.tell([FAILURE], seconds=3)
    services.now = 2_000.0
    notifier.tell([FAILURE], seconds=3)

    _, second, third = services.told
    assert second.body.endswith("\nNot told one by one: 3 failed, 3 recovered; see the log.")
    assert "Not told" not in third.body


def test_successes_are_always_told_and_make_no_minute_quiet(services: Services) -> None:
    notifier = Notifier()
    for ended in ([SUCCESS], [FAILURE], [SUCCESS, FAILURE], [SUCCESS]):
        notifier.tell(ended, seconds=3)

    assert [message.title for message in services.told] == [
        "s: 1 succeeded", "s: 1 failed", "s: 1 failed, 1 succeeded", "s: 1 succeeded",
    ]  # fmt: skip
    assert services.told[2].body.splitlines()[1:] == [
        "✓ #1 t “Bern”: done", "Not told one by one: 1 failed; see the log.",
    ]  # fmt: skip
    assert "Not told" not in services.told[3].body


def test_what_nobody_wants_to_hear_is_not_even_looked_up(services: Services) -> None:
    services.trouble = raise_(AssertionError("it was"))

    Notifier().tell([end(Outcome.SUCCESS, notify_on=["failure"])], seconds=3)

    assert services.told == []


def test_what_no_service_took_is_warned_of_once_and_counted_each_time(
    services: Services, log_lines: Log
) -> None:
    notifier = Notifier()
    services.problems = ["Slack: it answers 403", "Discord: it answers 404"]
    notifier.tell([FAILURE, SUCCESS], seconds=3)
    notifier.tell([FAILURE], seconds=3)
    services.problems = []
    notifier.tell([SUCCESS], seconds=3)

    first, second = log_lines()
    assert (first["level"], first["message"], first["undelivered"]) == (
        "WARNING",
        "notification",
        2,
    )
    assert first["reason"] == "Slack: it answers 403; Discord: it answers 404"
    assert (second["level"], second["message"], second["undelivered"]) == (
        "INFO",
        "notification",
        1,
    )
    assert "reason" not in second
    for line in (first, second):
        assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "undelivered"}]
    assert services.told[-1].body.endswith(
        "\nNot told one by one: 2 failed, 1 succeeded; see the log."
    )


def test_what_one_of_two_services_took_is_told(services: Services, log_lines: Log) -> None:
    notifier = Notifier()
    services.problems = ["Slack: it answers 403"]
    notifier.tell([SUCCESS], seconds=3)
    notifier.tell([SUCCESS], seconds=3)

    assert "Not told" not in services.told[1].body
    assert [line["undelivered"] for line in log_lines()] == [1, 1]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoTargets("secret x cannot be read"), "secret x cannot be read"),
        (ValueError("slack://a-secret"), "ValueError"),
        (TimeoutError("no answer within 3 s"), "there was no time left to tell it"),
    ],
)
def test_why_the_services_are_not_known_is_told_without_what_is_secret(
    services: Services, log_lines: Log, error: Exception, reason: str
) -> None:
    notifier = Notifier()
    services.trouble = raise_(error)
    notifier.tell([FAILURE], seconds=3)
    services.trouble = lambda: None
    notifier.tell([FAILURE], seconds=3)

    assert [line["reason"] for line in log_lines()] == [reason]
    [message] = services.told
    assert message.body.endswith("\nNot told one by one: 1 failed; see the log.")


def test_services_that_are_not_known_in_time_are_not_waited_for(
    services: Services, log_lines: Log
) -> None:
    over = Event()
    services.trouble = lambda: over.wait(5)
    try:
        Notifier().tell([FAILURE], seconds=0.05)
    finally:
        over.set()

    assert [line["reason"] for line in log_lines()] == ["there was no time left to tell it"]


def test_malformed_urls_are_warned_of_once_and_again_when_they_are_others(
    services: Services, log_lines: Log
) -> None:
    notifier = Notifier()
    for services.malformed in ("number 1", "number 1", "number 2"):
        notifier.tell([SUCCESS], seconds=3)

    assert [(line["level"], line["message"], line["reason"]) for line in log_lines()] == [
        ("WARNING", "notification", "number 1"), ("WARNING", "notification", "number 2"),
    ]  # fmt: skip
    assert len(services.told) == 3


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        (SUCCESS, NotifyEvent.SUCCESS),
        (RECOVERY, NotifyEvent.RECOVERY),
        (FAILURE, NotifyEvent.FAILURE),
        (end(Outcome.EXPIRED, tries=2), NotifyEvent.FAILURE),
        (end(Outcome.DUPLICATE), None),
        (end(Outcome.RETRY), None),
    ],
)
def test_a_task_ends_in_success_recovery_or_failure(
    ended: Ended, event: NotifyEvent | None
) -> None:
    found = ending(ended)

    assert (found and found[0].event) == event


@pytest.mark.parametrize(
    ("notify_on", "success", "recovery", "failure"),
    [
        (None, False, False, False),
        ([], False, False, False),
        (["success"], True, True, False),
        (["recovery"], False, True, False),
        (["failure"], False, False, True),
    ],
)
def test_a_schedule_hears_what_it_asked_for(
    notify_on: list[str] | None, success: bool, recovery: bool, failure: bool
) -> None:
    wanted = []
    for ended in (SUCCESS, RECOVERY, FAILURE):
        found = ending(end(ended.result.outcome, ended.delivery.number, notify_on))
        assert found is not None
        wanted.append(found[1])

    assert wanted == [success, recovery, failure]


def test_a_notice_says_which_task_and_what_came_of_it() -> None:
    failed = ending(end(Outcome.FAILED, tries=3, error=OSError("x" * 301)))
    succeeded = ending(end(Outcome.SUCCESS, preview='{"rows":3}'))

    assert failed is not None
    assert failed[0] == Notification(
        event=NotifyEvent.FAILURE,
        schedule="s",
        scheduled_time=TIME,
        position="1",
        task="t",
        text="Bern",
        detail=f"OSError: {'x' * 300}... (1 more characters)",
        attempt=3,
    )
    assert succeeded is not None
    assert succeeded[0].detail == '{"rows":3}'


def test_a_message_typed_by_hand_may_belong_to_no_schedule_and_have_any_id() -> None:
    tried = SUCCESS.delivery
    assert tried.message is not None
    typed = replace(tried.message, id="my#own#3", schedule=None)

    found = ending(Ended(tried._replace(message=typed), SUCCESS.result))

    assert found is not None
    assert (found[0].schedule, found[0].position) == ("", "3")


def test_a_body_that_is_no_message_has_nobody_to_be_told_to() -> None:
    unreadable = delivery()._replace(message=None)
    result = Result(outcome=Outcome.UNREADABLE, error=OSError())

    assert ending(Ended(unreadable, result)) is None
