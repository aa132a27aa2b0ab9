"""Read dead letters of every sender, as AWS documents them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from task_scheduler.outcome import Outcome
from task_scheduler_local.places import ROOT
from taskctl.dead_letters.dead_letter import DIED, Contents, DeadLetter, Kind
from taskctl.dead_letters.reading import read_dead_letter

RUNS = "https://sqs.example/1/jobs-runs-dead-letter"
TASKS = "https://sqs.example/1/jobs-tasks-dead-letter.fifo"
DUE = "2026-11-24T02:00:00Z"


def receive(body: object, queue: str = RUNS, **attributes: str) -> DeadLetter:
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


def read_contents(body: object, queue: str = RUNS, **attributes: str) -> Contents:
    return receive(body, queue, **attributes).contents


def test_an_undelivered_run_keeps_its_original_event() -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": DUE, "tasks": ["x"]}
    read = read_contents(
        event,
        ERROR_CODE="AWS.Scheduler.InternalServerError",
        ERROR_MESSAGE="no answer",
        RETRY_ATTEMPTS="3",
        SCHEDULE_ARN="arn:aws:scheduler:eu-central-1:1:schedule/jobs/nightly",
    )
    assert (read.kind, read.outcome, read.attempts) == (Kind.RUN, "undelivered", 4)
    assert read.reason == "AWS.Scheduler.InternalServerError: no answer"
    assert (read.event, read.needs_input) == (event, False)


def test_an_unsubstituted_scheduled_time_is_taken_from_the_attributes() -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": "<aws.scheduler.x>"}
    assert read_contents(event, SCHEDULED_TIME=DUE).event["scheduled_time"] == DUE


def test_a_truncated_event_is_rebuilt_from_the_schedule() -> None:
    read = read_contents(
        '{"version": 1, "tas',
        SCHEDULED_TIME=DUE,
        SCHEDULE_ARN="arn:aws:scheduler:eu-central-1:1:schedule/jobs/nightly",
    )
    assert (read.schedule, read.event, read.needs_input) == (
        "nightly",
        {"scheduled_time": DUE},
        True,
    )


def test_a_failed_invocation_continues_at_its_cursor() -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": DUE, "cursor": {"line": 7}}
    read = read_contents(
        {
            "version": "1.0",
            "requestContext": {"requestId": "r", "condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": {"errorType": "NotSent", "errorMessage": "throttled"},
        }
    )
    assert (read.outcome, read.reason, read.event) == ("failed", "NotSent: throttled", event)
    assert read.what == f"due {DUE}, from line 7"


def test_a_run_without_scheduled_time_keeps_the_key_of_its_request() -> None:
    read = read_contents(
        {
            "requestContext": {"requestId": "r-1", "condition": "RetriesExhausted"},
            "requestPayload": {"version": 1, "schedule": "nightly", "tasks": ["x"]},
        }
    )
    assert (read.event["key"], read.reason) == ("nightly@request-r-1", "RetriesExhausted")


def test_a_refused_line_is_requested_alone() -> None:
    read = read_contents(
        {"kind": "line", "schedule": "nightly", "run": f"nightly@{DUE}", "scheduled_time": DUE,
         "file": "names.csv", "line": 17, "reason": "malformed CSV row", "start": "x"}
    )  # fmt: skip
    assert (read.kind, read.what, read.needs_input) == (Kind.LINE, "line 17 of names.csv", True)
    assert read.event == {"key": f"nightly@{DUE}", "scheduled_time": DUE, "only": 17}


@pytest.mark.parametrize(
    ("goes_on_at", "only", "event"),
    [(None, None, {}), (3, None, {"cursor": {"line": 3}}), (None, 5, {"only": 5})],
)
def test_an_incomplete_list_continues_where_it_can(
    goes_on_at: int | None, only: int | None, event: dict[str, Any]
) -> None:
    read = read_contents(
        {"kind": "incomplete", "schedule": "nightly", "run": "key", "scheduled_time": DUE,
         "only": only, "reason": "raised", "goes_on_at": goes_on_at}
    )  # fmt: skip
    assert read.event == {"key": "key", "scheduled_time": DUE} | event


def test_a_task_shows_the_attributes_that_run_task_wrote() -> None:
    body = {"version": 1, "id": "nightly@x#2", "schedule": "nightly", "task": "greet", "text": "A"}
    read = read_contents(
        body, TASKS, outcome="expired", error="Expired", reason="old", attempts="3"
    )
    assert (read.outcome, read.reason, read.attempts) == ("expired", "Expired: old", 3)
    assert (read.schedule, read.what) == ("nightly", "#2 greet “A”")
    assert receive(body, TASKS).message_group == "group"


def test_an_exception_without_text_is_shown_by_its_name() -> None:
    body = {"version": 1, "id": "nightly@x#2", "task": "greet"}
    assert read_contents(body, TASKS, outcome="failed", error="ValueError").reason == "ValueError"


def test_a_task_without_attributes_died_with_its_function() -> None:
    read = read_contents({"version": 1, "id": "nightly@x#2", "text": "A"}, TASKS)
    assert (read.outcome, read.can_be_sent) == ("died", True)


def test_unreadable_dead_letters_cannot_be_sent_again() -> None:
    assert not read_contents({"version": 99}, TASKS).can_be_sent
    assert not read_contents("whatever").can_be_sent
    assert not read_contents(["a", "list"]).can_be_sent


def test_every_kind_and_outcome_is_documented() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = document.partition("## Kinds of dead letters")[2].partition("\n## ")[0]
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


@pytest.mark.parametrize(
    "body",
    [
        {"version": 1, "schedule": "nightly", "scheduled_time": 5},
        {"requestPayload": {"schedule": "nightly"}, "requestContext": "none"},
        {"requestPayload": {"schedule": "nightly", "cursor": 7}},
        {"kind": "line", "schedule": "nightly", "line": 2},
        {"kind": "incomplete", "schedule": "nightly", "goes_on_at": 3},
        "[" * 100_000,
        '{"version": 1, "schedule": "nightly", "scheduled_time": ' + "9" * 5_000 + "}",
    ],
)
def test_a_misshapen_run_is_of_kind_unknown_and_says_why(body: object) -> None:
    read = read_contents(body)
    assert (read.kind, read.can_be_sent) == (Kind.UNKNOWN, False)
    assert read.reason


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        {"version": 1, "id": 7, "text": "x"},
        {"version": True, "id": "a#1", "text": "x"},
        {"version": 1, "text": "x"},
        {"version": 1, "id": "a#1", "task": ["greet"]},
    ],
)
def test_a_misshapen_task_is_unreadable_and_says_why(body: object) -> None:
    read = read_contents(body, TASKS)
    assert (read.kind, read.outcome) == (Kind.TASK, "unreadable")
    assert read.reason


@pytest.mark.parametrize("retries", ["many", "", "9" * 5_000])
def test_odd_attributes_leave_the_attempts_empty(retries: str) -> None:
    event = {"version": 1, "schedule": "nightly", "scheduled_time": DUE}
    assert read_contents(event, RETRY_ATTEMPTS=retries).attempts is None


def test_a_task_with_registered_objects_is_readable_without_their_classes() -> None:
    point = {"py/object": "mine.Point", "x": 1}
    body = {"version": 1, "id": "nightly@x#2", "task": "greet", "args": {"at": point}}
    read = read_contents(body, TASKS, outcome="failed", reason="no")
    assert (read.outcome, read.can_be_sent, read.what) == ("failed", True, "#2 greet")
