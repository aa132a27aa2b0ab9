"""Alarms and dashboard know of the functions what is written in two languages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from task_scheduler import send_task
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.outcome import Outcome
from task_scheduler_local.places import ROOT

from .conftest import Planned, Variables, resources


@pytest.mark.parametrize("timeout", [10, 60, 900])
def test_an_alarm_goes_off_between_what_is_usual_and_the_end(
    plan: Callable[[Variables], Planned], timeout: int
) -> None:
    planned = plan(
        {
            "send_task_timeout": timeout,
            "run_task_timeout": timeout,
            "monitoring": {"early_warnings": True},
        }
    )
    thresholds = {
        alarm["alarm_name"].removeprefix("cdklab-"): alarm["threshold"] / 1000
        for alarm in resources(planned, "aws_cloudwatch_metric_alarm").values()
    }
    interrupted = TimeBudget(lambda: timeout).limit(None)
    assert thresholds["run-task-duration"] == pytest.approx(0.9 * interrupted, abs=0.001)
    reserve = min(send_task.MAX_RESERVE_SECONDS, timeout * send_task.RESERVE_SHARE)
    assert thresholds["send-task-duration"] == timeout - reserve / 2


def test_the_dashboard_counts_every_outcome() -> None:
    written = (ROOT / "modules" / "monitoring" / "dashboard.tf").read_text(encoding="utf-8")
    listed = re.search(r"^  outcomes = \[(.*)\]$", written, re.MULTILINE)
    assert listed
    assert re.findall(r'"(\w+)"', listed[1]) == [*Outcome]
