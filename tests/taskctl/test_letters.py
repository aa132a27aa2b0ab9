"""Dead letters of every sender, as AWS documents them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from task_scheduler.outcome import Outcome
from task_scheduler_local.places import ROOT
from taskctl.dead_letters.dead_letter import DIED, DeadLetter, Kind, read_dead_letter

RUNS = "https://sqs.example/1/jobs-runs-dead-letter"
TASKS = "https://sqs.example/1/jobs-tasks-dead-letter.fifo"
DUE = "2026-11-24T02:00:00Z"


def dead_letter(body: object, queue: str = RUNS, **attributes: str) -> DeadLetter:
    return read_dead_letter(
        {
            "MessageId": "1a2b3c4d-0000",
            "ReceiptHandle": "handle",
            "Body": body if isinstance(body, str) else json.dumps(body),
            "Attributes": {"SentTimestamp": "1764000000000", "MessageGroupId": "group"},
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        },
        queue,
    )


def test_a_run_that_scheduler_could_not_deliver_is_sent_as_it_would_have_been() -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": DUE, "tasks": ["x"]}
    read = dead_letter(
        event,
        ERROR_CODE="AWS.Scheduler.InternalServerError",
        ERROR_MESSAGE="no answer",
        RETRY_ATTEMPTS="3",
        SCHEDULE_ARN="arn:aws:scheduler:eu-central-1:1:schedule/jobs/nightly",
    )
    assert (read.kind, read.outcome, read.attempts) == (Kind.RUN, "undelivered", 4)
    assert read.reason == "AWS.Scheduler.InternalServerError: no answer"
    assert (read.event, read.needs_input) == (event, False)


def test_the_time_that_scheduler_left_open_comes_from_its_attributes() -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": "<aws.scheduler.x>"}
    assert dead_letter(event, SCHEDULED_TIME=DUE).event["scheduled_time"] == DUE


def test_an_event_that_scheduler_cut_is_made_of_the_schedule_again() -> None:
    read = dead_letter(
        '{"version": 1, "tas',
        SCHEDULED_TIME=DUE,
        SCHEDULE_ARN="arn:aws:scheduler:eu-central-1:1:schedule/jobs/nightly",
    )
    assert (read.schedule, read.event, read.needs_input) == (
        "nightly",
        {"scheduled_time": DUE},
        True,
    )


def test_an_invocation_that_failed_goes_on_at_its_cursor() -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": DUE, "cursor": {"line": 7}}
    read = dead_letter(
        {
            "version": "1.0",
            "requestContext": {"requestId": "r", "condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": {"errorType": "NotSent", "errorMessage": "throttled"},
        }
    )
    assert (read.outcome, read.reason, read.event) == ("failed", "NotSent: throttled", event)
    assert read.what == f"due {DUE}, from line 7"


def test_a_run_by_hand_keeps_the_key_that_its_request_gave_it() -> None:
    read = dead_letter(
        {
            "requestContext": {"requestId": "r-1", "condition": "RetriesExhausted"},
            "requestPayload": {"version": 1, "schedule": "nightly", "tasks": ["x"]},
        }
    )
    assert (read.event["key"], read.reason) == ("nightly@r-1", "RetriesExhausted")


def test_a_line_is_asked_for_alone() -> None:
    read = dead_letter(
        {"kind": "line", "schedule": "nightly", "run": f"nightly@{DUE}", "scheduled_time": DUE,
         "file": "names.csv", "line": 17, "reason": "no CSV row", "start": "x"}
    )  # fmt: skip
    assert (read.kind, read.what, read.needs_input) == (Kind.LINE, "line 17 of names.csv", True)
    assert read.event == {"key": f"nightly@{DUE}", "scheduled_time": DUE, "only": 17}


@pytest.mark.parametrize(
    ("goes_on_at", "only", "event"),
    [(None, None, {}), (3, None, {"cursor": {"line": 3}}), (None, 5, {"only": 5})],
)
def test_an_incomplete_list_goes_on_where_it_can(
    goes_on_at: int | None, only: int | None, event: dict[str, Any]
) -> None:
    read = dead_letter(
        {"kind": "incomplete", "schedule": "nightly", "run": "key", "scheduled_time": DUE,
         "only": only, "reason": "raised", "goes_on_at": goes_on_at}
    )  # fmt: skip
    assert read.event == {"key": "key", "scheduled_time": DUE} | event


def test_a_task_tells_what_run_task_wrote_down() -> None:
    body = {"version": 1, "id": "nightly@x#2", "schedule": "nightly", "task": "greet", "text": "A"}
    read = dead_letter(body, TASKS, outcome="expired", error="Expired", reason="old", attempts="3")
    assert (read.outcome, read.reason, read.attempts) == ("expired", "Expired: old", 3)
    assert (read.schedule, read.what, read.message_group) == ("nightly", "#2 greet “A”", "group")


def test_an_exception_without_a_text_is_told_by_its_name() -> None:
    body = {"version": 1, "id": "nightly@x#2", "task": "greet"}
    assert dead_letter(body, TASKS, outcome="failed", error="ValueError").reason == "ValueError"


def test_a_task_without_a_reason_died_with_its_function() -> None:
    read = dead_letter({"version": 1, "id": "nightly@x#2", "text": "A"}, TASKS)
    assert (read.outcome, read.can_be_sent) == ("died", True)


def test_what_cannot_be_read_is_not_sent_again() -> None:
    assert not dead_letter({"version": 99}, TASKS).can_be_sent
    assert not dead_letter("whatever").can_be_sent
    assert not dead_letter(["a", "list"]).can_be_sent


def test_every_kind_and_outcome_is_explained() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = document.partition("## What a dead letter says")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (task|line|run|unknown) \| (?:`(\w+)` )?\|", table)
    dead = [DIED, *(outcome for outcome in Outcome if outcome.is_dead)]
    assert sorted(rows) == sorted(
        [
            *((Kind.TASK, outcome) for outcome in dead),
            (Kind.LINE, "refused"),
            *((Kind.RUN, outcome) for outcome in ("failed", "incomplete", "undelivered")),
            (Kind.UNKNOWN, ""),
        ]
    )
