"""Days on which a schedule does not run: its runs are recorded as skipped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from task_scheduler.errors import InvalidRun, LedgerUnavailable
from task_scheduler.runs.claims import Claims
from task_scheduler.runs.day_filter import DayFilter, day_of
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.run import Run
from tests.unit.conftest import Fire, Queue

RUN = RunId.of("s@2026-11-23T02:00:00Z")


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ({"skip_on": ["2026-11-23"]}, "skip_on has 2026-11-23"),
        ({"only_on": ["2026-11-24"]}, "only_on does not have 2026-11-23"),
        (
            {"only_on": ["2026-11-23"], "skip_on": ["2026-11-23"]},
            "skip_on has 2026-11-23",
        ),
        (
            {"only_on": ["2026-11-22"], "timezone": "Asia/Taipei"},
            "only_on does not have 2026-11-23",
        ),
        (
            {"skip_on": ["2026-11-22"], "timezone": "America/New_York"},
            "skip_on has 2026-11-22",
        ),
    ],
)
@pytest.mark.usefixtures("runs_dead_letter")
def test_a_run_on_a_day_that_is_left_out_is_skipped_with_the_reason(
    queue: Queue, fire: Fire, ledger: Ledger, days: dict[str, Any], reason: str
) -> None:
    """It is due at two in the morning, UTC."""
    summary = fire(tasks=["one"], **days)

    assert (summary["claim"], summary["reason"], summary["sent"]) == ("skipped", reason, 0)
    item = ledger.table.get(RUN.item)
    assert (item["state"], item["reason"]) == (RunState.SKIPPED, reason)
    assert fire(tasks=["one"], **days)["claim"] == "skipped"  # delivered twice
    assert queue.receive_all() == []


@pytest.mark.parametrize(
    "more",
    [
        {"timezone": "America/New_York"},  # there it is still the day before
        {"started_by": "anna"},
        {"skip_on": None, "only_on": None},
    ],
)
@pytest.mark.usefixtures("runs_dead_letter")
def test_any_other_run_takes_place(queue: Queue, fire: Fire, more: dict[str, Any]) -> None:
    summary = fire(tasks=["one"], **{"skip_on": ["2026-11-23"], **more})
    assert (summary["claim"], summary["sent"]) == ("mine", 1)
    assert len(queue.receive_all()) == 1


@pytest.mark.usefixtures("runs_dead_letter")
def test_a_run_is_skipped_without_the_ledger_too(
    queue: Queue, fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise LedgerUnavailable("throttled")

    monkeypatch.setattr(Claims, "start", refuse)
    summary = fire(tasks=["one"], skip_on=["2026-11-23"], overlap="queue")
    assert (summary["claim"], summary["reason"]) == ("skipped", "skip_on has 2026-11-23")
    assert queue.receive_all() == []


def test_the_events_that_follow_are_not_asked_for_their_day_again() -> None:
    event = {"version": 1, "schedule": "s", "task": "x", "skip_on": ["2026-11-23"]}
    run = Run.from_event(event | {"only_on": ["2026-11-24"]}, request_id="r")
    assert (run.event()["skip_on"], run.event()["only_on"]) == (None, None)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"skip_on": ["DE"]}, "skip_on: 'DE' must be a date such as 2027-12-24"),
        ({"only_on": [20271224]}, "only_on: 20271224 must be a date such as 2027-12-24"),
        (
            {"skip_on": ["2027-12-24"], "timezone": "../../etc/passwd"},
            r"timezone '\.\./\.\./etc/passwd': must be an IANA time zone",
        ),
        (
            {"skip_on": ["2027-12-24"], "scheduled_time": "tomorrow"},
            "scheduled_time 'tomorrow': must be a time such as 2027-01-01T00:00:00Z",
        ),
    ],
)
@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_days_that_cannot_be_read_fail_the_run(
    fire: Fire, days: dict[str, Any], sentence: str
) -> None:
    """It neither runs on a day on which it must not, nor is it skipped in silence."""
    with pytest.raises(InvalidRun, match=sentence):
        fire(tasks=["one"], **days)


def test_without_a_scheduled_time_today_counts() -> None:
    assert day_of(None, "Asia/Taipei", 1_798_736_400) == date(
        2027, 1, 1
    )  # 17:00 UTC the day before
    assert day_of(None, None, 1_798_736_400) == date(2026, 12, 31)


def test_the_last_day_is_that_of_only_on_which_is_not_skipped() -> None:
    days = ["2027-01-01", "2027-01-02"]
    assert DayFilter.parse(["2027-01-02"], days).last == date(2027, 1, 1)
    assert DayFilter.parse(days, None).last is None
