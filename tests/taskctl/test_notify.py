"""Test messages: a row for each target, and never an address."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from apprise.plugins import pagerduty
from pytest_httpserver import HTTPServer

from task_scheduler.notifications.targets import parse
from task_scheduler_local.leftovers import client
from taskctl.commands.notify import _test
from tests.taskctl.conftest import Applied, Operate, Taskctl
from tests.unit.chat_services import Answer, PagerDuty, Webhook, serving

SetTargets = Callable[[str], None]


@pytest.fixture
def webhook(httpserver: HTTPServer) -> Iterator[Webhook]:
    with serving(Webhook(), httpserver) as made:
        yield made


@pytest.fixture
def set_targets(applied: Applied, webhook: Webhook) -> SetTargets:
    """Write the parameter that the stack's notify names; URL becomes that of the webhook."""

    def write(text: str) -> None:
        client("ssm", applied.aws).put_parameter(
            Name="/operated/chat", Type="SecureString", Overwrite=True,
            Value=text.replace("URL", f"{webhook.url.replace('http', 'json')}/s3cr3t"),
        )  # fmt: skip

    return write


def test_each_target_gets_a_test_message_and_is_a_row(
    operate: Operate, read: Callable[..., Any], set_targets: SetTargets, webhook: Webhook
) -> None:
    set_targets("team=URL\nops=URL\nurl=slak://s3cr3t\ndown=json://127.0.0.1:9/s3cr3t?retry=0")

    rows = read("notify", "--test", "--yes")

    assert [(row["name"], row["service"], row["ok"], row["result"]) for row in rows] == [
        ("team", "JSON", True, "ok"),
        ("ops", "JSON", True, "ok"),
        ("url", None, False, "no service that Apprise knows"),
        ("down", "JSON", False, "ConnectionError"),
    ]
    [message, _] = webhook.received
    assert (message["title"], message["type"]) == ("✓ operated: test", "success")
    done = operate("notify", "--test", "--yes")
    assert done.returncode == 1
    assert "s3cr3t" not in done.stdout + done.stderr + json.dumps(rows)


def test_a_target_may_be_chosen(
    operate: Operate, set_targets: SetTargets, webhook: Webhook
) -> None:
    set_targets('{"team": "URL", "ops": "slak://s3cr3t"}')

    done = operate("notify", "--test", "--to", "team", "--yes")

    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()][1:] == [["team", "JSON", "ok"]]
    assert len(webhook.received) == 1


def test_a_refusal_is_shown_with_the_services_answer(
    read: Callable[..., Any], set_targets: SetTargets, webhook: Webhook
) -> None:
    set_targets("URL")
    webhook.answers.append(Answer(404))

    [row] = read("notify", "--test", "--yes")

    assert (row["name"], row["result"]) == ("address number 1", "answered 404")


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        ("team=URL", ("--to", "teem"),
         "SSM parameter /operated/chat has no target 'teem'; did you mean team?"),
        ('{"team": }', (), "SSM parameter /operated/chat: invalid JSON at line 1: "
         "must be an object of names and addresses"),
        (" ", (), "SSM parameter /operated/chat holds no address of a service"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_parameter_is_one_sentence(
    operate: Operate, set_targets: SetTargets, text: str, arguments: tuple[str, ...], sentence: str
) -> None:
    set_targets(text)

    done = operate("notify", "--test", "--yes", *arguments)

    assert (done.returncode, done.stderr) == (2, f"taskctl: {sentence}\n")


def test_without_the_parameter_it_says_where_it_should_be(
    operate: Operate, set_targets: SetTargets, applied: Applied
) -> None:
    set_targets("x")
    client("ssm", applied.aws).delete_parameter(Name="/operated/chat")

    done = operate("notify", "--test", "--yes")

    place = "account 000000000000, region us-east-1"
    sentence = f"taskctl: no SSM parameter /operated/chat in {place}\n"
    assert (done.returncode, done.stderr) == (2, sentence)


def test_nothing_is_sent_without_test_or_confirmation(
    operate: Operate, set_targets: SetTargets, webhook: Webhook, taskctl: Taskctl
) -> None:
    set_targets("URL")

    assert "--test sends a test message" in taskctl("notify").stderr
    assert "Send a test message to 1 target?" in operate("notify", "--test").stderr
    assert webhook.requests == 0


def test_an_incident_is_opened_and_resolved(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(PagerDuty(), httpserver) as pages:
        monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, "us", f"{pages.url}/enqueue")
        [address] = parse(f"pager=pagerduty://{'0' * 32}@token")

        row = _test(address, "operated")

    assert (row["ok"], row["result"]) == (True, "ok, opened and resolved")
    assert [message["event_action"] for message in pages.received] == ["trigger", "resolve"]
    assert not pages.open
