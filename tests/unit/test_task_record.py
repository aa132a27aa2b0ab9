"""The record of an attempt: its outcome, in fields that a query can use."""

from __future__ import annotations

import time
from typing import Any

import pytest

from task_scheduler.errors import Expired, Retry, UnknownTask
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Result
from task_scheduler.execution.task_record import log_task
from task_scheduler.observability.metrics import metrics
from task_scheduler.outcome import Outcome
from tests.unit.conftest import Log
from tests.unit.test_attempt import TIME, delivery

ABOUT = {"id": "s@t#1", "schedule": "s", "scheduled_time": TIME, "task": "t", "attempt": 1}
BESIDES = ("_aws", "service", "stack_trace")


@pytest.fixture
def tried() -> Delivery:
    return delivery()


def fields(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in BESIDES}


def test_a_success_has_its_duration_and_the_preview_of_its_result(
    tried: Delivery, log_lines: Log
) -> None:
    log_task(tried, Result(outcome=Outcome.SUCCESS, seconds=1.2345, preview="x ... x"))

    [line] = log_lines()
    assert fields(line) == {
        "level": "INFO",
        "message": "task",
        "outcome": "success",
        **ABOUT,
        "duration_ms": 1234,
        "result": "x ... x",
    }


def test_a_failure_has_its_reason_and_its_traceback(tried: Delivery, log_lines: Log) -> None:
    try:
        raise OSError("x" * 301)
    except OSError as error:
        log_task(tried, Result(outcome=Outcome.RETRY, error=error, retry_after=9.87))

    [line] = log_lines()
    found = fields(line)
    assert "in test_a_failure_has_its_reason" in found.pop("exception")
    assert found == {
        "level": "ERROR",
        "message": "task",
        "outcome": "retry",
        **ABOUT,
        "duration_ms": 0,
        "reason": "x" * 300 + "... (1 more characters)",
        "error": "OSError",
        "retry_after": 9.9,
        "exception_name": "OSError",
    }


@pytest.mark.parametrize(
    "error", [Retry("the service is busy"), UnknownTask("the service is busy"),
              Expired("the service is busy")],
)  # fmt: skip
def test_an_error_that_explains_itself_has_no_traceback(
    tried: Delivery, log_lines: Log, error: Exception
) -> None:
    log_task(tried, Result(outcome=Outcome.FAILED, error=error))

    [line] = log_lines()
    assert fields(line) == {
        "level": "ERROR",
        "message": "task",
        "outcome": "failed",
        **ABOUT,
        "duration_ms": 0,
        "reason": "the service is busy",
        "error": type(error).__name__,
    }


def test_its_duration_is_a_metric_by_outcome_and_on_demand_by_schedule(
    tried: Delivery, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_task(tried, Result(outcome=Outcome.SUCCESS))
    monkeypatch.setenv("METRICS_BY_SCHEDULE", "true")
    log_task(tried, Result(outcome=Outcome.SUCCESS))

    by_outcome, by_schedule = ["service", "outcome"], ["service", "schedule", "outcome"]
    dimensions = [[by_outcome], [by_outcome, by_schedule]]
    assert [line["_aws"]["CloudWatchMetrics"] for line in log_lines()] == [
        [
            {
                "Namespace": "TaskScheduler",
                "Dimensions": each,
                "Metrics": [{"Name": "duration_ms"}],
            }
        ]
        for each in dimensions
    ]


@pytest.mark.parametrize(
    ("asked", "schedule", "dimensions"),
    [
        ("true", "s", [["service"], ["service", "schedule"]]),
        ("true", None, [["service"]]),
        ("false", "s", [["service"]]),
        (None, "s", [["service"]]),
    ],
)
def test_metrics_have_whole_milliseconds_and_the_dimensions_that_are_paid_for(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, schedule: str | None, dimensions: Any
) -> None:
    monkeypatch.delenv("METRICS_BY_SCHEDULE", raising=False)
    if asked:
        monkeypatch.setenv("METRICS_BY_SCHEDULE", asked)

    found = metrics("sent", "refused", schedule=schedule)["_aws"]

    assert type(found["Timestamp"]) is int
    assert abs(found["Timestamp"] / 1000 - time.time()) < 60
    assert found["CloudWatchMetrics"] == [
        {
            "Namespace": "TaskScheduler",
            "Dimensions": dimensions,
            "Metrics": [{"Name": "sent"}, {"Name": "refused"}],
        }
    ]
