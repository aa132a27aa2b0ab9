"""Incidents: one a schedule, opened while it fails and resolved when it does no more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from apprise.plugins import jira, opsgenie, pagerduty
from pytest_httpserver import HTTPServer

from task_scheduler.notifications.delivery import Target, deliver
from task_scheduler.notifications.digest import Digest, compose_digest
from task_scheduler.notifications.targets import parse, target_of
from task_scheduler.outcome import NotifyEvent
from tests.unit.chat_services import Answer, Opsgenie, PagerDuty, serving

FAILURE, RECOVERY, SUCCESS = NotifyEvent.FAILURE, NotifyEvent.RECOVERY, NotifyEvent.SUCCESS
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
STACK = "service_undefined"  # what POWERTOOLS_SERVICE_NAME would name


@pytest.fixture
def pages(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PagerDuty]:
    with serving(PagerDuty(), httpserver) as made:
        monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, "us", f"{made.url}/enqueue")
        yield made


@pytest.fixture
def alerts(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opsgenie]:
    with serving(Opsgenie(), httpserver) as made:
        monkeypatch.setitem(opsgenie.OPSGENIE_API_LOOKUP, "us", made.url)
        monkeypatch.setitem(opsgenie.OPSGENIE_API_LOOKUP, "eu", made.url)
        monkeypatch.setitem(jira.JIRA_API_LOOKUP, "us", made.url)
        yield made


def target(url: str) -> Target:
    """Return a target as a sandbox that has just started has it."""
    target_of.cache_clear()
    found = target_of(parse(url)[0])
    assert found is not None
    found.plugin.request_rate_per_sec = 0
    return found


def pager(parameters: str = "") -> Target:
    return target(f"pagerduty://{ROUTING_KEY}@token{parameters}")


def send(to: Target, event: NotifyEvent, schedule: str = "nightly", **facts: Any) -> list[str]:
    digest = Digest(
        key=f"{schedule}@t", schedule=schedule, event=event, due=0, total=9, failed=1,
        log_link="https://example.org/log", **facts,
    )  # fmt: skip
    return list(map(str, deliver([to], compose_digest(digest), time.monotonic() + 3)))


def test_pagerduty_has_one_incident_a_schedule(pages: PagerDuty) -> None:
    for schedule in ("nightly", "hourly", "nightly"):
        assert send(pager(), FAILURE, schedule) == []

    assert pages.open == {
        f"{STACK}/nightly": "✗ nightly: 1 of 9 failed",
        f"{STACK}/hourly": "✗ hourly: 1 of 9 failed",
    }
    message = pages.received[0]
    assert message["routing_key"] == ROUTING_KEY
    assert message["payload"]["severity"] == "critical"
    assert message["payload"]["custom_details"]["run"].startswith("Due Thu 1970-01-01 00:00 UTC")
    assert message["links"] == [{"href": "https://example.org/log"}]


@pytest.mark.parametrize("event", [RECOVERY, SUCCESS])
def test_pagerduty_is_told_that_it_is_over_by_any_sandbox(
    pages: PagerDuty, event: NotifyEvent
) -> None:
    send(pager(), FAILURE)
    send(pager(), FAILURE, "hourly")

    assert send(pager(), event) == []

    assert list(pages.open) == [f"{STACK}/hourly"]
    assert pages.received[-1] == {
        "routing_key": ROUTING_KEY, "event_action": "resolve", "dedup_key": f"{STACK}/nightly",
    }  # fmt: skip


def test_the_state_of_the_schedule_decides_and_not_the_run(pages: PagerDuty) -> None:
    send(pager(), SUCCESS, is_failing=True)
    assert list(pages.open) == [f"{STACK}/nightly"]

    send(pager(), FAILURE, is_failing=False)
    assert not pages.open


def test_what_is_resolved_already_is_taken_as_resolved(pages: PagerDuty) -> None:
    assert send(pager(), SUCCESS) == []


def test_keys_of_the_operators_own_are_kept(pages: PagerDuty, alerts: Opsgenie) -> None:
    send(pager("/host/unit?dedup=mine&severity=warning"), FAILURE)
    send(target("opsgenie://key?alias=own"), FAILURE)

    assert list(pages.open) == ["mine"]
    assert pages.received[0]["payload"]["severity"] == "warning"
    assert list(alerts.open) == ["own"]


def test_a_long_name_makes_no_key_that_is_refused(pages: PagerDuty) -> None:
    assert send(pager(), FAILURE, "s" * 400) == []
    assert send(pager(), RECOVERY, "s" * 400) == []

    assert not pages.open


def test_a_key_that_pagerduty_refuses_is_reported_without_it(pages: PagerDuty) -> None:
    assert send(target("pagerduty://short@token"), FAILURE) == ["Pager Duty: answered 400"]


@pytest.mark.parametrize("url", ["opsgenie://key", "opsgenie://key?region=eu", "jira://key"])
@pytest.mark.parametrize("event", [RECOVERY, SUCCESS])
def test_an_alert_is_opened_once_and_closed_by_any_sandbox(
    alerts: Opsgenie, url: str, event: NotifyEvent
) -> None:
    for schedule in ("nightly", "hourly", "nightly"):
        assert send(target(url), FAILURE, schedule) == []
    assert list(alerts.open) == [f"{STACK}/nightly", f"{STACK}/hourly"]

    assert send(target(url), event) == []

    assert list(alerts.open) == [f"{STACK}/hourly"]
    assert alerts.received[-1]["note"].startswith(("↻ nightly", "✓ nightly"))
    assert alerts.received[-1]["source"] == alerts.received[0]["source"]


def test_a_close_is_tried_again_as_any_message(
    alerts: Opsgenie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("task_scheduler.notifications.targets.WAIT_SECONDS", 0.02)
    to = target("opsgenie://key")
    send(to, FAILURE)
    alerts.answers.append(Answer(503))

    assert send(to, RECOVERY) == []
    assert not alerts.open


def test_what_the_operator_maps_otherwise_stays_so(alerts: Opsgenie) -> None:
    to = target("opsgenie://key?:success=note")
    send(to, FAILURE)
    send(to, RECOVERY)

    assert list(alerts.open) == [f"{STACK}/nightly"]
