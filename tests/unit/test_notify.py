"""Results in chat: Apprise's own Slack and Discord, sent to servers of ours that answer like them.

Only the addresses of the two services are replaced.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apprise
import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from botocore.stub import Stubber
from pytest_httpserver import HTTPServer

from task_scheduler import aws
from task_scheduler.notifications import notifier, targets
from task_scheduler.observability.task_output import capture_output
from task_scheduler.queue.message import Message
from tests.unit.chat_services import Answer, ChatService, Discord, Slack, serving
from tests.unit.conftest import Bench, Log, fail, note

SLACK_URL = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD_URL = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
SECRETS = ["T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ", "4174216298", "JHMHI8qBe7bk2ZwO5U"]

ALL = ["success", "failure", "recovery"]


@dataclass
class ChatRoom:
    """Both services, and the parameter that names them."""

    slack: ChatService
    discord: ChatService
    parameter: str = field(default_factory=lambda: f"/test/{uuid.uuid4().hex}")

    def set_urls(self, *urls: str, separator: str = "\n") -> None:
        aws.ssm().put_parameter(
            Name=self.parameter, Value=separator.join(urls), Type="SecureString", Overwrite=True
        )

    @property
    def titles(self) -> list[str]:
        """Of the messages that Slack took."""
        return [message["attachments"][0]["title"] for message in self.slack.received]

    @property
    def bodies(self) -> list[str]:
        return [message["attachments"][0]["text"] for message in self.slack.received]


@pytest.fixture
def room(
    bench: Bench, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ChatRoom]:
    """Both services in the parameter of run_task, and a sandbox that has sent nothing yet."""
    del bench  # its emulator's environment is what comes first
    apprise.Apprise.instantiate(SLACK_URL)  # loads all of its plugins, once
    monkeypatch.setattr(notifier, "NOTIFIER", notifier.Notifier())
    # a message is not held back because one went out a second ago
    monkeypatch.setattr(NotifySlack, "request_rate_per_sec", 0)
    monkeypatch.setattr(NotifyDiscord, "request_rate_per_sec", 0)
    monkeypatch.setattr(targets, "WAIT_SECONDS", 0.05)
    with serving(Slack(), httpserver) as slack, serving(Discord(), httpserver) as discord:
        monkeypatch.setattr(NotifySlack, "webhook_url", slack.url)
        monkeypatch.setattr(NotifyDiscord, "notify_url", discord.url)
        made = ChatRoom(slack, discord)
        made.set_urls(SLACK_URL, DISCORD_URL)
        monkeypatch.setenv("NOTIFY_SSM_PARAMETER", made.parameter)
        targets._get.cache_clear()
        targets._targets.cache_clear()
        yield made


def receive_again(bench: Bench, times: int, *messages: Message) -> list[dict[str, Any]]:
    """The messages' records, as when they are received for so many times."""
    bench.put(*messages)
    records = bench.receive()
    for record in records:
        record["attributes"]["ApproximateReceiveCount"] = str(times)
    return records


def undelivered(log_lines: Log) -> list[dict[str, Any]]:
    return [line for line in log_lines() if line["message"] == "notification"]


def test_an_invocation_sends_one_message_to_each_service(bench: Bench, room: ChatRoom) -> None:
    due = "2026-11-23T02:00:00Z"
    bench.put(
        note("1", notify_on=ALL, scheduled_time=due),
        note("2", notify_on=ALL, scheduled_time=due),
        fail("3", notify_on=ALL, scheduled_time=due, retries=0),
        fail("4", notify_on=ALL, scheduled_time=due),  # tried again later: no end yet
    )

    assert len(bench.run()) == 1

    assert room.titles == ["s: 1 failed, 2 succeeded"]
    assert room.bodies[0].splitlines() == [
        f"due {due}",
        "✗ #3 fail “3”: ValueError: no luck",
        '✓ #1 note “1”: {"noted":"1"}',
        '✓ #2 note “2”: {"noted":"2"}',
    ]
    [sent] = room.discord.received
    assert sent["content"].split("\n", 1)[0].strip() == room.titles[0]
    assert sent["content"].split("\n", 1)[1] == room.bodies[0]


def test_several_schedules_of_a_batch_share_a_message_that_names_each(
    bench: Bench, room: ChatRoom
) -> None:
    bench.put(
        Message(id="a@t#1", schedule="a", task="note", text="1", notify_on=ALL),
        Message(id="b@t#7", schedule="b", task="fail", text="7", notify_on=ALL, retries=0),
    )

    bench.run()

    assert room.titles == ["2 schedules: 1 failed, 1 succeeded"]
    assert "a: 1 succeeded" in room.bodies[0]
    assert "b: 1 failed" in room.bodies[0]
    assert "✗ b#7 fail “7”: ValueError: no luck" in room.bodies[0]


def test_a_failure_is_notified_once_after_the_last_attempt(bench: Bench, room: ChatRoom) -> None:
    message = fail("2", notify_on=["failure"], retries=1)
    first = receive_again(bench, 1, message, note("neighbour"))
    bench.run_records(first)
    assert room.slack.requests == 0

    bench.run_records(receive_again(bench, 2, message))

    assert room.titles == ["s: 1 failed"]
    assert room.bodies == ["✗ #2 fail “2”: ValueError: no luck (attempt 2)"]


def test_success_after_a_failed_attempt_is_recovery(bench: Bench, room: ChatRoom) -> None:
    bench.run_records(receive_again(bench, 3, note("1", notify_on=["failure", "recovery"])))

    assert room.titles == ["s: 1 recovered"]
    assert room.bodies == ['↻ #1 note “1”: {"noted":"1"} (attempt 3)']


def test_a_notification_counts_no_more_attempts_than_the_task_has(
    bench: Bench, room: ChatRoom
) -> None:
    bench.run_records(receive_again(bench, 5, fail("2", notify_on=["failure"], retries=1)))

    assert room.bodies == ["✗ #2 fail “2”: ValueError: no luck (attempt 2)"]


def long(number: int) -> Message:
    """A message for which there is no time once a neighbour has run."""
    text = str(number)
    return Message(id=f"s@t#{text}", schedule="s", task="long", text=text, notify_on=["recovery"])


def test_success_after_being_given_back_unstarted_is_no_recovery(
    bench: Bench, room: ChatRoom
) -> None:
    bench.put(*map(long, range(3)))

    assert len(bench.run(seconds=15)) == 2
    bench.run(seconds=15)
    bench.wait_until(lambda: bench.run() == [] and len(bench.ran) == 3)

    assert sorted(bench.ran) == ["0", "1", "2"]
    assert room.slack.requests == 0


def test_success_after_being_given_back_and_a_failed_attempt_is_recovery(
    bench: Bench, room: ChatRoom
) -> None:
    bench.put(*map(long, range(2)))
    bench.run(seconds=15)
    [record] = bench.receive()
    record["attributes"]["ApproximateReceiveCount"] = "3"

    assert bench.run_records([record]) == []

    assert room.titles == ["s: 1 recovered"]
    assert room.bodies[0].endswith(" (attempt 2)")


@pytest.mark.parametrize("notify_on", [None, [], ["failure", "recovery"]])
def test_without_a_wanted_event_nothing_is_sent(
    bench: Bench, room: ChatRoom, notify_on: list[str] | None
) -> None:
    bench.put(note("1", notify_on=notify_on), fail("2"))

    bench.run()

    assert room.slack.requests == room.discord.requests == 0


def test_failures_within_a_minute_are_counted_in_the_next_message(
    bench: Bench, room: ChatRoom
) -> None:
    for number in range(4):
        bench.put(fail(str(number), notify_on=["failure"], retries=0))
        bench.run()
    assert room.titles == ["s: 1 failed"]

    notifier.NOTIFIER._quiet_until.clear()  # the minute is over
    bench.put(fail("4", notify_on=["failure"], retries=0))
    bench.run()

    assert len(room.titles) == 2
    assert room.bodies[1].splitlines() == [
        "✗ #4 fail “4”: ValueError: no luck",
        "Not listed: 3 failed; see the log.",
    ]


def test_successes_are_listed_within_that_minute_too(bench: Bench, room: ChatRoom) -> None:
    bench.put(fail("0", notify_on=ALL, retries=0))
    bench.run()
    bench.put(note("1", notify_on=ALL), fail("2", notify_on=ALL, retries=0))
    bench.run()

    assert room.titles[1] == "s: 1 failed, 1 succeeded"
    assert "no luck" not in room.bodies[1]
    assert "Not listed: 1 failed" in room.bodies[1]


def test_a_service_that_asks_to_wait_gets_the_message_after_that(
    bench: Bench, room: ChatRoom
) -> None:
    room.slack.answers.append(room.slack.rate_limited(0.2))
    room.discord.answers.append(room.discord.rate_limited(0.2))
    bench.put(note("1", notify_on=ALL))

    bench.run()

    assert len(room.slack.received) == len(room.discord.received) == 1
    assert room.slack.requests == room.discord.requests == 2


@pytest.mark.parametrize("kind", ["slack", "discord"])
def test_a_service_that_asks_for_more_time_than_there_is_is_paused(
    bench: Bench, room: ChatRoom, log_lines: Log, kind: str
) -> None:
    service = getattr(room, kind)
    room.set_urls({"slack": SLACK_URL, "discord": DISCORD_URL}[kind])
    service.answers.append(service.rate_limited(120))

    for number in range(3):
        bench.put(note(str(number), notify_on=ALL))
        assert bench.run() == []

    assert service.requests == 1
    lines = undelivered(log_lines)
    assert [line["undelivered"] for line in lines] == [1, 1, 1]
    assert lines[0]["reason"] == f"{kind.title()}: answered 429"


def test_an_undelivered_end_is_counted_in_the_next_message(bench: Bench, room: ChatRoom) -> None:
    room.set_urls(SLACK_URL)
    room.slack.answers.append(Answer(403, "invalid_token"))
    bench.put(fail("1", notify_on=ALL, retries=0), note("2", notify_on=ALL))
    bench.run()
    targets._targets.cache_clear()  # as if its pause were over

    bench.put(note("3", notify_on=ALL))
    bench.run()

    assert room.titles == ["s: 1 succeeded"]
    assert "Not listed: 1 failed, 1 succeeded; see the log." in room.bodies[0]


def test_a_service_that_fails_is_tried_again(bench: Bench, room: ChatRoom) -> None:
    room.slack.answers.append(Answer(503, "upstream connect error"))
    bench.put(note("1", notify_on=ALL))

    bench.run()

    assert len(room.slack.received) == 1


def test_one_service_that_is_down_keeps_nothing_from_the_other(
    bench: Bench, room: ChatRoom, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:9/services")
    bench.put(note("1", notify_on=ALL))

    assert bench.run() == []

    assert len(room.discord.received) == 1
    [line] = undelivered(log_lines)
    assert (line["level"], line["undelivered"]) == ("WARNING", 1)
    assert line["reason"] == "Slack: ConnectionError"
    [metric] = line["_aws"]["CloudWatchMetrics"]
    assert metric["Metrics"] == [{"Name": "undelivered"}]


def test_a_service_that_hangs_is_not_waited_for_beyond_the_functions_time(
    bench: Bench, room: ChatRoom, log_lines: Log
) -> None:
    """It answers when the test has ended: whoever waits for it waits for ever."""
    room.slack.answers.append(Answer(200, "ok", hangs=True))
    bench.put(fail("1", notify_on=ALL, retries=0), note("2", notify_on=ALL))

    assert bench.run(seconds=2, passing=True) == []

    assert len(bench.dead_letters.receive_all()) == 1
    assert len(room.discord.received) == 1
    assert undelivered(log_lines)[0]["reason"] in ("Slack: no answer in time", "Slack: ReadTimeout")


def test_a_task_that_took_all_the_time_is_notified_still(
    bench: Bench, room: ChatRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("task_scheduler.execution.time_budget.RESERVE_SHARE", 0.8)
    bench.put(Message(id="s@t#1", schedule="s", task="hang", retries=0, notify_on=["failure"]))

    bench.run(seconds=3, passing=True)

    assert room.titles == ["s: 1 failed"]
    assert "TaskTimeout: ran for more than" in room.bodies[0]


def test_a_missing_parameter_is_one_warning_and_each_time_a_count(
    bench: Bench, room: ChatRoom, log_lines: Log
) -> None:
    aws.ssm().delete_parameter(Name=room.parameter)
    for number in range(3):
        bench.put(note(str(number), notify_on=ALL))
        assert bench.run() == []

    assert bench.ran == ["0", "1", "2"]
    lines = undelivered(log_lines)
    assert [line["undelivered"] for line in lines] == [1, 1, 1]
    [warning] = [line for line in lines if line["level"] == "WARNING"]
    assert warning["reason"].startswith(f"SSM parameter {room.parameter} cannot be read: ")
    assert "ParameterNotFound" in warning["reason"]


def test_a_parameter_that_may_not_be_read_is_logged_with_the_missing_permission(
    bench: Bench, room: ChatRoom, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = aws.ssm()
    monkeypatch.setattr(aws, "ssm", lambda: client)
    with Stubber(client) as stub:
        stub.add_client_error(
            "get_parameter", "AccessDeniedException", "not authorized to perform: ssm:GetParameter"
        )
        bench.put(note("1", notify_on=ALL))
        assert bench.run() == []

    [line] = undelivered(log_lines)
    assert "not authorized to perform: ssm:GetParameter" in line["reason"]


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_secret_of_secrets_manager_names_the_services_as_well(
    bench: Bench, room: ChatRoom, monkeypatch: pytest.MonkeyPatch, kind: Callable[[str], Any]
) -> None:
    name = f"chat-{uuid.uuid4().hex}"
    value = kind(f"{SLACK_URL}, {DISCORD_URL}")
    if isinstance(value, str):
        aws.secretsmanager().create_secret(Name=name, SecretString=value)
    else:
        aws.secretsmanager().create_secret(Name=name, SecretBinary=value)
    monkeypatch.delenv("NOTIFY_SSM_PARAMETER")
    monkeypatch.setenv("NOTIFY_SECRET", name)
    bench.put(note("1", notify_on=ALL))

    bench.run()

    assert len(room.slack.received) == len(room.discord.received) == 1


@pytest.mark.parametrize("name", ["not-there", "empty"])
def test_a_secret_without_a_service_is_logged_by_its_name(
    bench: Bench, room: ChatRoom, monkeypatch: pytest.MonkeyPatch, log_lines: Log, name: str
) -> None:
    secret = f"{name}-{uuid.uuid4().hex}"
    if name == "empty":
        aws.secretsmanager().create_secret(Name=secret, SecretString=" ")
    monkeypatch.delenv("NOTIFY_SSM_PARAMETER")
    monkeypatch.setenv("NOTIFY_SECRET", secret)
    bench.put(note("1", notify_on=ALL))

    assert bench.run() == []

    assert room.slack.requests == 0
    reason = undelivered(log_lines)[0]["reason"]
    if name == "empty":
        assert reason == f"secret {secret} holds no URL that Apprise knows"
    else:
        assert reason.startswith(f"secret {secret} cannot be read: ")
        assert "ResourceNotFoundException" in reason


@pytest.mark.parametrize("separator", ["\n", " ", ", ", "\r\n"])
def test_malformed_urls_are_logged_by_their_places_and_the_others_are_used(
    bench: Bench, room: ChatRoom, log_lines: Log, separator: str
) -> None:
    room.set_urls("slack://secret-typo", SLACK_URL, "slak://T1/s3cr3t", separator=separator)
    for number in range(2):
        bench.put(note(str(number), notify_on=ALL))
        bench.run()

    assert len(room.slack.received) == 2
    [line] = undelivered(log_lines)
    assert line["reason"] == (
        f"SSM parameter {room.parameter}: of the 3 URLs in it Apprise does not know number 1, 3; "
        "the others are used"
    )
    assert "secret-typo" not in json.dumps(log_lines())


@pytest.mark.parametrize("text", ["hunter2", "slak://hunter2", " "])
def test_a_parameter_without_a_url_says_so(
    bench: Bench, room: ChatRoom, log_lines: Log, text: str
) -> None:
    room.set_urls(text)
    bench.put(note("1", notify_on=ALL))

    assert bench.run() == []

    assert undelivered(log_lines)[0]["reason"] == (
        f"SSM parameter {room.parameter} holds no URL that Apprise knows"
    )
    assert "hunter2" not in json.dumps(log_lines())


@contextmanager
def all_of_the_log(path: Path) -> Iterator[None]:
    """Whatever gets into any log also goes into a file, as task code may set it up: DEBUG, too."""
    capture_output()  # sets levels of its own
    handler = logging.FileHandler(path)
    names = ("", "apprise", "botocore", "urllib3")
    before = [(logger, logger.level) for logger in map(logging.getLogger, names)]
    for logger, _ in before:
        logger.addHandler(handler)
        logger.setLevel(1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
        handler.close()


@pytest.mark.parametrize(
    "trouble", ["none", "malformed", "refused", "503", "429", "hangs", "missing"]
)
def test_no_secret_gets_into_a_log_whatever_happens(
    bench: Bench,
    room: ChatRoom,
    tmp_path: Path,
    log_lines: Log,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    match trouble:
        case "malformed":
            room.set_urls(SLACK_URL + "/?format=nonsense", "T1JJ3T3L2/A1BRTD4JD", DISCORD_URL[:24])
        case "refused":
            monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:9/services")
        case "503":
            room.slack.answers.extend([Answer(503)] * 9)
        case "429":
            room.discord.answers.append(room.discord.rate_limited(60))
        case "hangs":
            room.slack.answers.append(Answer(200, hangs=True))
        case "missing":
            aws.ssm().delete_parameter(Name=room.parameter)
    bench.put(note("1", notify_on=ALL), fail("2", notify_on=ALL, retries=0))

    with all_of_the_log(tmp_path / "log"):
        bench.run(seconds=2, passing=True)
        logging.getLogger("urllib3").debug("the test sees what is logged")

    captured = capsys.readouterr()
    logged = (tmp_path / "log").read_text() + json.dumps(log_lines()) + captured.out + captured.err
    assert "the test sees what is logged" in logged
    assert [secret for secret in SECRETS if secret in logged] == []
    assert "discord://" not in logged


def test_a_long_list_of_failures_fits_into_discords_message(bench: Bench, room: ChatRoom) -> None:
    bench.put(
        *(
            Message(
                id=f"s@t#{n}", schedule="s", task="rant", text="x" * 400, retries=0, notify_on=ALL
            )
            for n in range(10)
        )
    )

    bench.run()

    [sent] = room.discord.received
    assert len(sent["content"]) <= 2000
    assert "... and" in sent["content"]
    assert "10 failed" in sent["content"]


def test_a_tasks_output_pings_nobody(bench: Bench, room: ChatRoom) -> None:
    text = "@everyone <@123> <@&4> @here ada@example.org <!channel>"
    bench.put(Message(id="s@t#1", schedule="s", text=text, notify_on=ALL))

    bench.run()

    [sent] = room.discord.received
    for bell in ("@everyone", "<@123>", "<@&4>", "@here"):
        assert bell not in sent["content"]
    assert "ada@example.org" in sent["content"]
    assert "!channel" in room.bodies[0]
    assert "<!channel>" not in room.bodies[0].replace("&lt;", "<").replace("&gt;", ">")


def test_a_task_that_uses_apprise_itself_is_not_meddled_with(
    bench: Bench, room: ChatRoom, tmp_path: Path
) -> None:
    bench.put(note("1", notify_on=ALL))
    bench.run()

    service = apprise.Apprise()
    service.add(SLACK_URL)

    with all_of_the_log(tmp_path / "log"):
        assert service.notify(body="from a task")
    assert len(room.slack.received) == 2
    assert "Sent Slack" in (tmp_path / "log").read_text()


def test_an_unexpected_error_in_notifying_fails_no_task(
    bench: Bench, room: ChatRoom, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(notifier, "compose", broken)
    bench.put(note("1", notify_on=ALL))

    assert bench.run() == []
    _, warning = log_lines()
    assert (warning["level"], warning["message"]) == ("WARNING", "notification failed")
    assert "RuntimeError: a bug" in warning["exception"]
