"""Notifications of a sandbox: listed or only counted, from invocation to invocation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.errors import NoTargets
from task_scheduler.execution.result import Ended, Result
from task_scheduler.notifications import delivery, notifier
from task_scheduler.notifications.chat_message import ChatMessage, Notification
from task_scheduler.notifications.notifier import Notifier, ending
from task_scheduler.outcome import NotifyEvent, Outcome
from tests.unit.conftest import Log
from tests.unit.test_attempt import TIME
from tests.unit.test_attempt import delivery as delivered

ALL = ["success", "failure", "recovery"]


def end(
    outcome: Outcome,
    tries: int = 1,
    notify_on: list[str] | None = ALL,
    schedule: str = "s",
    **result: Any,
) -> Ended:
    tried = delivered(tries)
    assert tried.message is not None
    message = replace(tried.message, text="Bern", notify_on=notify_on, schedule=schedule)
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
    sent: list[ChatMessage] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    def read(self) -> Any:
        self.trouble()
        return SimpleNamespace(usable=self.usable, malformed=self.malformed)

    def deliver(self, _targets: object, message: ChatMessage, deadline: float) -> list[str]:
        self.sent.append(message)
        self.deadlines.append(deadline)
        return self.problems


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services()
    monkeypatch.setattr(notifier, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(notifier, "_read_targets", made.read)
    monkeypatch.setattr(delivery, "deliver", made.deliver)
    return made


def raise_(error: Exception) -> Callable[[], object]:
    def trouble() -> object:
        raise error

    return trouble


@pytest.mark.parametrize(("seconds", "given"), [(3.0, 3.0), (100.0, 10.0)])
def test_a_notification_takes_at_most_the_time_given_and_ten_seconds(
    services: Services, seconds: float, given: float
) -> None:
    Notifier().notify([SUCCESS], seconds=seconds)

    assert services.deadlines == [1_000.0 + given]


@pytest.mark.parametrize("first", [FAILURE, RECOVERY])
def test_within_a_minute_of_a_failure_or_recovery_others_of_the_schedule_are_counted(
    services: Services, first: Ended
) -> None:
    notifier = Notifier()
    notifier.notify([first], seconds=3)
    for services.now in (1_000.0, 1_030.0, 1_059.9):
        notifier.notify([FAILURE, RECOVERY], seconds=3)
    assert len(services.sent) == 1

    services.now = 1_060.0
    notifier.notify([FAILURE], seconds=3)
    services.now = 2_000.0
    notifier.notify([FAILURE], seconds=3)

    _, second, third = services.sent
    assert second.body.endswith("\nNot listed: 3 failed, 3 recovered; see the log.")
    assert "Not listed" not in third.body


def test_the_quiet_minute_of_one_schedule_is_not_that_of_another(services: Services) -> None:
    notifier = Notifier()
    notifier.notify([end(Outcome.FAILED, schedule="a", error=OSError())], seconds=3)
    services.now += 1
    both = [end(Outcome.FAILED, schedule=one, error=OSError()) for one in ("a", "b")]
    notifier.notify(both, seconds=3)
    services.now += 1
    notifier.notify(both, seconds=3)
    services.now += 60
    notifier.notify([both[1]], seconds=3)

    assert [message.title for message in services.sent] == [
        "a: 1 failed", "b: 1 failed", "b: 1 failed",
    ]  # fmt: skip
    assert "Not listed" not in services.sent[1].body
    assert services.sent[2].body.endswith("Not listed: 1 failed; see the log.")


def test_the_names_of_schedules_that_are_kept_are_bounded(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "MAX_SCHEDULES", 10)
    made = Notifier()
    for services.problems in ([], ["Slack: answered 403", "Discord: answered 403"]):
        for number in range(25):
            made.notify([end(Outcome.FAILED, schedule=str(number), error=OSError())], seconds=3)

    assert len(made._quiet_until) <= 10
    assert len(made._undelivered) <= 10


def test_successes_are_always_listed_and_start_no_quiet_minute(services: Services) -> None:
    notifier = Notifier()
    for ended in ([SUCCESS], [FAILURE], [SUCCESS, FAILURE], [SUCCESS]):
        notifier.notify(ended, seconds=3)

    assert [message.title for message in services.sent] == [
        "s: 1 succeeded", "s: 1 failed", "s: 1 failed, 1 succeeded", "s: 1 succeeded",
    ]  # fmt: skip
    assert services.sent[2].body.splitlines()[1:] == [
        "✓ #1 t “Bern”: done", "Not listed: 1 failed; see the log.",
    ]  # fmt: skip
    assert "Not listed" not in services.sent[3].body


def test_without_a_wanted_event_the_services_are_not_looked_up(services: Services) -> None:
    services.trouble = raise_(AssertionError("it was"))

    Notifier().notify([end(Outcome.SUCCESS, notify_on=["failure"])], seconds=3)

    assert services.sent == []


def test_an_undelivered_message_is_warned_of_once_and_counted_each_time(
    services: Services, log_lines: Log
) -> None:
    notifier = Notifier()
    services.problems = ["Slack: answered 403", "Discord: answered 404"]
    notifier.notify([FAILURE, SUCCESS], seconds=3)
    notifier.notify([FAILURE], seconds=3)
    services.problems = []
    notifier.notify([SUCCESS], seconds=3)

    first, second = log_lines()
    assert (first["level"], first["message"], first["undelivered"]) == (
        "WARNING",
        "notification",
        2,
    )
    assert first["reason"] == "Slack: answered 403; Discord: answered 404"
    assert (second["level"], second["message"], second["undelivered"]) == (
        "INFO",
        "notification",
        1,
    )
    assert "reason" not in second
    for line in (first, second):
        assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "undelivered"}]
    assert services.sent[-1].body.endswith("\nNot listed: 2 failed, 1 succeeded; see the log.")


def test_a_message_that_one_of_two_services_took_is_delivered(
    services: Services, log_lines: Log
) -> None:
    notifier = Notifier()
    services.problems = ["Slack: answered 403"]
    notifier.notify([SUCCESS], seconds=3)
    notifier.notify([SUCCESS], seconds=3)

    assert "Not listed" not in services.sent[1].body
    assert [line["undelivered"] for line in log_lines()] == [1, 1]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoTargets("secret x cannot be read"), "secret x cannot be read"),
        (ValueError("slack://a-secret"), "ValueError"),
        (TimeoutError("no answer within 3 s"), "no time was left to notify"),
    ],
)
def test_the_reason_why_services_are_not_known_holds_no_secret(
    services: Services, log_lines: Log, error: Exception, reason: str
) -> None:
    notifier = Notifier()
    services.trouble = raise_(error)
    notifier.notify([FAILURE], seconds=3)
    services.trouble = lambda: None
    notifier.notify([FAILURE], seconds=3)

    assert [line["reason"] for line in log_lines()] == [reason]
    [message] = services.sent
    assert message.body.endswith("\nNot listed: 1 failed; see the log.")


def test_services_that_are_not_known_in_time_are_not_waited_for(
    services: Services, log_lines: Log
) -> None:
    over = Event()
    services.trouble = lambda: over.wait(5)
    try:
        Notifier().notify([FAILURE], seconds=0.05)
    finally:
        over.set()

    assert [line["reason"] for line in log_lines()] == ["no time was left to notify"]


def test_malformed_urls_are_warned_of_once_and_again_when_they_are_others(
    services: Services, log_lines: Log
) -> None:
    notifier = Notifier()
    for services.malformed in ("number 1", "number 1", "number 2"):
        notifier.notify([SUCCESS], seconds=3)

    assert [(line["level"], line["message"], line["reason"]) for line in log_lines()] == [
        ("WARNING", "notification", "number 1"), ("WARNING", "notification", "number 2"),
    ]  # fmt: skip
    assert len(services.sent) == 3


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
def test_a_schedule_is_notified_of_the_events_it_asked_for(
    notify_on: list[str] | None, success: bool, recovery: bool, failure: bool
) -> None:
    wanted = []
    for ended in (SUCCESS, RECOVERY, FAILURE):
        found = ending(end(ended.result.outcome, ended.delivery.number, notify_on))
        assert found is not None
        wanted.append(found[1])

    assert wanted == [success, recovery, failure]


def test_a_notification_names_the_task_and_its_result() -> None:
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


def test_an_unreadable_body_has_no_notification() -> None:
    unreadable = delivered()._replace(message=None)
    result = Result(outcome=Outcome.UNREADABLE, error=OSError())

    assert ending(Ended(unreadable, result)) is None
