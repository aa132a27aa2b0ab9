"""Digests in chat: Apprise's own Slack and Discord, sent to servers of ours that answer like them.

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
from typing import TYPE_CHECKING, Any

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from botocore.stub import Stubber
from pytest_httpserver import HTTPServer

from task_scheduler import aws
from task_scheduler.notifications import notifier, targets
from task_scheduler.notifications.digest import Digest, TaskEnd
from task_scheduler.notifications.notifier import Notifier
from task_scheduler.notifications.watch_digest import notify_of_watch
from task_scheduler.observability.task_output import capture_output
from task_scheduler.outcome import NotifyEvent
from tests.unit.chat_services import Answer, ChatService, Discord, Slack, serving
from tests.unit.conftest import Log

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SLACK_URL = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD_URL = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
SLACK_WEBHOOK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD_WEBHOOK = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
SECRETS = ["T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ", "4174216298", "JHMHI8qBe7bk2ZwO5U"]
TABLE = "team    hours\nNorth      12\nSouth       8\nWest      101"


def digest(**facts: Any) -> Digest:
    known: dict[str, Any] = {
        "key": "nightly@2026-11-23T01:00:00Z", "schedule": "nightly",
        "event": NotifyEvent.FAILURE, "due": 1_795_395_600, "total": 100, "failed": 2,
        "failures": [
            TaskEnd(position="3", text="ValueError: <b> & `tick` @here"),
            TaskEnd(position="8", text="KeyError: 'a_b_c'"),
        ],
    }  # fmt: skip
    return Digest(**known | facts)


@dataclass
class ChatRoom:
    """Both services, and the parameter that names them."""

    slack: ChatService
    discord: ChatService
    parameter: str = field(default_factory=lambda: f"/test/{uuid.uuid4().hex}")
    notifier: Notifier = field(default_factory=Notifier)

    def set(self, text: str) -> None:
        aws.ssm().put_parameter(
            Name=self.parameter, Value=text, Type="SecureString", Overwrite=True
        )
        targets._get.cache_clear()
        targets.target_of.cache_clear()

    def send(self, *, seconds: float = 5.0, **facts: Any) -> bool:
        return self.notifier.send(digest(**facts), seconds=seconds).is_done

    @property
    def attachment(self) -> dict[str, Any]:
        """Of the last message that Slack took."""
        attachment: dict[str, Any] = self.slack.received[-1]["attachments"][0]
        return attachment


@pytest.fixture
def room(
    sqs: SQSClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ChatRoom]:
    """Both services in the parameter, and a sandbox that has sent nothing yet."""
    del sqs  # its emulator's environment is what comes first
    monkeypatch.setattr(NotifySlack, "request_rate_per_sec", 0)
    monkeypatch.setattr(targets, "WAIT_SECONDS", 0.05)
    with serving(Slack(), httpserver) as slack, serving(Discord(), httpserver) as discord:
        monkeypatch.setattr(NotifySlack, "webhook_url", slack.url)
        monkeypatch.setattr(NotifyDiscord, "notify_url", discord.url)
        made = ChatRoom(slack, discord)
        made.set(f"{SLACK_URL}\n{DISCORD_URL}")
        monkeypatch.setenv("NOTIFY_SSM_PARAMETER", made.parameter)
        yield made
    targets._get.cache_clear()
    targets.target_of.cache_clear()


def notifications(log_lines: Log) -> list[dict[str, Any]]:
    return [line for line in log_lines() if line["message"] == "notification"]


def test_a_run_is_one_message_in_each_service(room: ChatRoom) -> None:
    assert room.send()

    assert room.slack.requests == room.discord.requests == 1
    assert room.attachment["title"] == "✗ nightly: 2 of 100 failed"
    assert room.attachment["text"].splitlines() == [
        "Due Mon 2026-11-23 01:00 UTC; took 0 s",
        "`ValueError: &lt;b&gt; &amp; 'tick' @\u200bhere` (#3)",
        "`KeyError: 'a_b_c'` (#8)",
    ]
    assert room.attachment["mrkdwn_in"] == ["text"]
    assert room.attachment["color"] == "#A32037"
    assert room.discord.received[0]["content"].splitlines() == [
        "**✗ nightly: 2 of 100 failed**",
        "Due Mon 2026-11-23 01:00 UTC; took 0 s",
        "`ValueError: <b> & 'tick' @\u200bhere` (#3)",
        "`KeyError: 'a_b_c'` (#8)",
    ]


@pytest.mark.parametrize("reason", ["no run for 60 s", None])
def test_a_silence_and_its_end_are_taken_by_both(
    room: ChatRoom, monkeypatch: pytest.MonkeyPatch, reason: str | None
) -> None:
    """Apprise sends nothing that has no text."""
    monkeypatch.setattr(notifier, "NOTIFIER", room.notifier)

    assert notify_of_watch(
        "nightly",
        headline="has not run",
        reason=reason,
        notify_on=["failure", "recovery"],
        notify_to=None,
        mention=None,
        streak=0,
        seconds=5.0,
    )

    assert room.slack.requests == room.discord.requests == 1
    assert room.attachment["title"].endswith("nightly: has not run")


def test_a_table_is_a_block_of_code_in_both(room: ChatRoom) -> None:
    results = [TaskEnd(position="1", text=TABLE)]

    assert room.send(event=NotifyEvent.SUCCESS, failed=0, total=1, failures=(), results=results)

    block = f"```\n{TABLE}\n```"
    assert room.attachment["text"].endswith(f"\n{block}")
    assert room.discord.received[0]["content"].endswith(f"\n{block}")


def test_a_link_is_one_in_both(room: ChatRoom) -> None:
    room.send(log_link="https://example.org/$252F?a=b")

    assert room.attachment["text"].endswith("\n<https://example.org/$252F?a=b|Log of the run>")
    content = room.discord.received[0]["content"]
    assert content.endswith("\n[Log of the run](<https://example.org/$252F?a=b>)")


@pytest.mark.parametrize(
    ("mention", "at_slack"),
    [("<@U123>", "<@U123>"), ("<!channel>", "<!channel>"), ("@here", "<!here>")],
)
def test_slack_gets_the_mention_above_the_attachment(
    room: ChatRoom, mention: str, at_slack: str
) -> None:
    room.send(mention=mention)

    assert room.slack.received[0]["text"] == at_slack
    assert mention not in room.attachment["text"]


@pytest.mark.parametrize(
    ("mention", "allowed"),
    [
        ("<@123> <@&77>", {"parse": [], "users": ["123"], "roles": ["77"]}),
        ("@here", {"parse": ["everyone"], "users": [], "roles": []}),
        (None, {"parse": [], "users": [], "roles": []}),
    ],
)
def test_discord_is_told_whom_a_message_may_mention(
    room: ChatRoom, mention: str | None, allowed: dict[str, list[str]]
) -> None:
    room.send(mention=mention)

    [message] = room.discord.received
    assert message["allowed_mentions"] == allowed
    assert message["content"].splitlines()[1] == (
        mention or "Due Mon 2026-11-23 01:00 UTC; took 0 s"
    )


def test_a_recovery_mentions_nobody(room: ChatRoom) -> None:
    room.send(event=NotifyEvent.RECOVERY, mention="<!channel>")

    assert "text" not in room.slack.received[0]


def test_targets_are_picked_by_name(room: ChatRoom, log_lines: Log) -> None:
    room.set(json.dumps({"team": SLACK_WEBHOOK, "ops": [DISCORD_WEBHOOK]}))

    assert room.send(notify_to=["ops", "nobody"])

    assert (room.slack.requests, room.discord.requests) == (0, 1)
    [line] = notifications(log_lines)
    assert line["reason"] == "nobody: no target of this name"


def test_a_service_that_asks_to_wait_gets_the_message_after_that(room: ChatRoom) -> None:
    room.slack.answers.append(room.slack.rate_limited(0.2))
    room.discord.answers.append(room.discord.rate_limited(0.2))

    assert room.send()

    assert len(room.slack.received) == len(room.discord.received) == 1
    assert room.slack.requests == room.discord.requests == 2


@pytest.mark.parametrize("kind", ["slack", "discord"])
def test_a_service_that_asks_for_more_time_than_there_is_is_paused(
    room: ChatRoom, log_lines: Log, kind: str
) -> None:
    service = getattr(room, kind)
    room.set({"slack": SLACK_URL, "discord": DISCORD_URL}[kind])
    service.answers.append(service.rate_limited(120))

    assert [room.send() for _ in range(3)] == [False] * 3

    assert service.requests == 1
    lines = notifications(log_lines)
    assert [line["undelivered"] for line in lines] == [1, 1, 1]
    assert lines[0]["reason"] == f"{kind.title()}: answered 429"


def test_a_refusal_for_good_is_not_to_be_repeated(room: ChatRoom) -> None:
    room.set(SLACK_URL)
    room.slack.answers.append(Answer(403, "invalid_token"))

    assert room.send()
    assert room.slack.requests == 1


def test_one_service_that_is_down_keeps_nothing_from_the_other(
    room: ChatRoom, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:9/services")

    assert room.send()

    assert len(room.discord.received) == 1
    [line] = notifications(log_lines)
    assert (line["level"], line["undelivered"]) == ("WARNING", 1)
    assert line["reason"] == "Slack: ConnectionError"


def test_a_service_that_hangs_is_waited_for_as_long_as_there_is_time(
    room: ChatRoom, log_lines: Log
) -> None:
    """It answers when the test has ended: whoever waits for it waits for ever."""
    room.slack.answers.append(Answer(200, "ok", hangs=True))

    assert room.send(seconds=1)

    assert len(room.discord.received) == 1
    [line] = notifications(log_lines)
    assert line["reason"] in ("Slack: no answer in time", "Slack: ReadTimeout")


def test_a_missing_parameter_is_one_warning_and_each_time_a_count(
    room: ChatRoom, log_lines: Log
) -> None:
    aws.ssm().delete_parameter(Name=room.parameter)

    assert [room.send() for _ in range(3)] == [False] * 3

    lines = notifications(log_lines)
    assert [line["undelivered"] for line in lines] == [1, 1, 1]
    [warning] = [line for line in lines if line["level"] == "WARNING"]
    assert warning["reason"].startswith(f"SSM parameter {room.parameter} cannot be read: ")
    assert "ParameterNotFound" in warning["reason"]


def test_a_parameter_that_may_not_be_read_is_logged_with_the_missing_permission(
    room: ChatRoom, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = aws.ssm()
    monkeypatch.setattr(aws, "ssm", lambda: client)
    with Stubber(client) as stub:
        stub.add_client_error(
            "get_parameter", "AccessDeniedException", "not authorized to perform: ssm:GetParameter"
        )
        assert not room.send()

    [line] = notifications(log_lines)
    assert "not authorized to perform: ssm:GetParameter" in line["reason"]


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_secret_of_secrets_manager_names_the_services_as_well(
    room: ChatRoom, monkeypatch: pytest.MonkeyPatch, kind: Callable[[str], Any]
) -> None:
    name = f"chat-{uuid.uuid4().hex}"
    value = kind(f"{SLACK_URL}, {DISCORD_URL}")
    if isinstance(value, str):
        aws.secretsmanager().create_secret(Name=name, SecretString=value)
    else:
        aws.secretsmanager().create_secret(Name=name, SecretBinary=value)
    monkeypatch.delenv("NOTIFY_SSM_PARAMETER")
    monkeypatch.setenv("NOTIFY_SECRET", name)

    assert room.send()

    assert len(room.slack.received) == len(room.discord.received) == 1


@pytest.mark.parametrize("name", ["not-there", "empty"])
def test_a_secret_without_a_service_is_logged_by_its_name(
    room: ChatRoom, monkeypatch: pytest.MonkeyPatch, log_lines: Log, name: str
) -> None:
    secret = f"{name}-{uuid.uuid4().hex}"
    if name == "empty":
        aws.secretsmanager().create_secret(Name=secret, SecretString=" ")
    monkeypatch.delenv("NOTIFY_SSM_PARAMETER")
    monkeypatch.setenv("NOTIFY_SECRET", secret)

    assert not room.send()

    assert room.slack.requests == 0
    reason = notifications(log_lines)[0]["reason"]
    if name == "empty":
        assert reason == f"secret {secret} holds no address of a service"
    else:
        assert reason.startswith(f"secret {secret} cannot be read: ")
        assert "ResourceNotFoundException" in reason


@pytest.mark.parametrize("separator", ["\n", " ", ", ", "\r\n"])
def test_addresses_of_no_service_are_logged_by_their_places_and_the_others_are_used(
    room: ChatRoom, log_lines: Log, separator: str
) -> None:
    room.set(separator.join(["slack://secret-typo", SLACK_URL, "slak://T1/s3cr3t"]))

    assert room.send()

    assert len(room.slack.received) == 1
    [line] = notifications(log_lines)
    assert line["reason"] == (
        "address number 1: no service that Apprise knows; "
        "address number 3: no service that Apprise knows"
    )


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
    "trouble",
    ["none", "named", "json", "broken json", "malformed", "refused", "403", "503", "429", "hangs",
     "missing"],
)  # fmt: skip
def test_no_secret_gets_into_a_log_whatever_happens(
    room: ChatRoom,
    tmp_path: Path,
    log_lines: Log,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    match trouble:
        case "named":
            room.set(f"a={SLACK_URL}\nb={DISCORD_WEBHOOK}\nc={SLACK_WEBHOOK}/x")
        case "json":
            room.set(json.dumps({"a": [SLACK_WEBHOOK, SLACK_URL[1:]], "b": {"c": DISCORD_URL}}))
        case "broken json":
            room.set(f'{{"a": "{SLACK_URL}", "b": {DISCORD_URL}}}')
        case "malformed":
            room.set(f"{SLACK_URL}/?format=nonsense\nT1JJ3T3L2/A1BRTD4JD\n{DISCORD_URL[:24]}")
        case "refused":
            monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:9/services")
        case "403":
            room.slack.answers.append(Answer(403))
        case "503":
            room.slack.answers.extend([Answer(503)] * 9)
        case "429":
            room.discord.answers.append(room.discord.rate_limited(60))
        case "hangs":
            room.slack.answers.append(Answer(200, hangs=True))
        case "missing":
            aws.ssm().delete_parameter(Name=room.parameter)

    with all_of_the_log(tmp_path / "log"):
        room.send(seconds=2, notify_to=["a", "b", "x"] if trouble in ("named", "json") else None)
        logging.getLogger("urllib3").debug("the test sees what is logged")

    captured = capsys.readouterr()
    logged = (tmp_path / "log").read_text() + json.dumps(log_lines()) + captured.out + captured.err
    assert "the test sees what is logged" in logged
    assert bool(notifications(log_lines)) is (trouble != "none")
    assert [secret for secret in SECRETS if secret in logged] == []
    assert "discord://" not in logged


def test_a_long_list_of_failures_fits_into_discords_message(room: ChatRoom) -> None:
    failures = [TaskEnd(position=str(n), text=f"{chr(97 + n)} " * 400) for n in range(9)]

    assert room.send(failures=failures, mention="<@1>" * 30, failed=9, schedule="s" * 64)

    [sent] = room.discord.received
    assert 1_000 < len(sent["content"]) <= 2000


def test_a_tasks_output_pings_nobody(room: ChatRoom) -> None:
    text = "@everyone <@123> <@&4> @here ada@example.org <!channel>"

    room.send(
        failures=[TaskEnd(position="1", text=text)], results=[TaskEnd(position="2", text=text)]
    )

    content = room.discord.received[0]["content"]
    assert not [ping for ping in ("@everyone", "@here", "<@", "<!") if ping in content]
    assert "ada@example.org" in content
    assert not [ping for ping in ("<@", "<!", "@here") if ping in room.attachment["text"]]
