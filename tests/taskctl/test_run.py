"""Run a schedule now, and list its runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler_local.leftovers import client
from taskctl.costs import pricing
from tests.taskctl.conftest import Applied, Operate

Read = Callable[..., Any]


def test_run_follows_the_tasks_to_their_ends(operate: Operate) -> None:
    done = operate("run", "nightly", "--yes")

    assert (done.returncode, done.stderr) == (0, "")
    first, *ends, last = done.stdout.splitlines()
    assert first.startswith("nightly: run nightly@")
    assert first.endswith(", 2 tasks sent")
    assert sorted(ends) == [
        '  #1 greet  success, attempt 1: Hi <you> & "me", one',
        '  #2 greet  success, attempt 1: Hi <you> & "me", two',
    ]
    assert last.startswith("nightly: succeeded, 2 tasks: started by ")


def test_runs_lists_a_run_and_its_tasks(operate: Operate, read: Read) -> None:
    ran = read("run", "nightly", "--yes", "--why", "a test")

    (found,) = [run for run in read("runs", "nightly") if run["run"] == ran["run"]]

    assert found == ran
    assert (ran["state"], ran["total"], ran["ended"], ran["failed"]) == ("succeeded", 2, 2, 0)
    assert (ran["why"], ran["started_by"][:8]) == ("a test", "arn:aws:")
    assert [task["result"] for task in ran["tasks"]] == [
        'Hi <you> & "me", one',
        'Hi <you> & "me", two',
    ]
    lines = operate("runs", "nightly").stdout.splitlines()
    assert "nightly (by hand)" in "\n".join(lines)
    assert any("#2 greet" in line and "success" in line for line in lines)
    assert "#2 greet" not in operate("runs").stdout


def test_a_successful_run_has_exactly_the_priced_metrics(applied: Applied, read: Read) -> None:
    key = read("run", "nightly", "--yes")["run"]
    logs, counted = client("logs", applied.aws), set()
    for function in ("send-task", "run-task"):
        answer = logs.filter_log_events(logGroupName=f"/aws/lambda/operated-{function}")
        for event in answer["events"]:
            if key not in event["message"] or '"_aws"' not in event["message"]:
                continue
            line = json.loads(event["message"])
            for group in line["_aws"]["CloudWatchMetrics"]:
                counted |= {
                    (metric["Name"], *(line[name] for name in dimensions))
                    for metric in group["Metrics"]
                    for dimensions in group["Dimensions"]
                }
    assert counted == {("sent", "operated"), ("duration_ms", "operated", "success")}
    assert len(counted) == pricing.METRICS


def test_one_task_is_run_by_its_position(read: Read) -> None:
    ran = read("run", "nightly", "--task", "2", "--yes")
    assert [task["result"] for task in ran["tasks"]] == ['Hi <you> & "me", two']


def test_an_unknown_position_is_an_error(operate: Operate) -> None:
    done = operate("run", "nightly", "--task", "9", "--yes")
    assert done.returncode == 2
    assert done.stderr == "taskctl: no task #9 in the list of nightly: nothing was run\n"


def test_a_past_time_is_in_the_schedules_own_zone(read: Read) -> None:
    ran = read("run", "nightly", "--at", "2026-07-01T02:00", "--yes")
    assert ran["due"] == "2026-07-01T00:00:00+00:00"  # Zurich has summer time then
    assert (ran["state"], ran["total"]) == ("succeeded", 2)


@pytest.mark.parametrize(
    ("at", "reason"),
    [("2999-01-01T00:00", "is in the future"), ("yesterday", "must be a date and time")],
)
def test_illegal_and_future_times_are_refused(at: str, reason: str, operate: Operate) -> None:
    done = operate("run", "nightly", "--at", at, "--yes")
    assert done.returncode == 2
    assert reason in done.stderr


def test_a_failure_makes_the_exit_code_1_and_runs_failed_lists_it(
    operate: Operate, read: Read
) -> None:
    done = operate("run", "needy", "--task", "1", "--yes")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("needy: failed, 1 of 1 task failed")
    failed = operate("runs", "--failed").stdout
    assert "FileNotFoundError: there is no alpha" in failed
    assert "nightly (by hand)" not in failed
    assert all(run["state"] in ("failed", "incomplete") for run in read("runs", "--failed"))


def test_a_line_that_is_no_task_is_named(operate: Operate) -> None:
    done = operate("run", "lines", "--yes")
    assert done.returncode == 1
    assert "  lines.jsonl, line 2  failed" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("lines: failed, 1 of 3 tasks failed")


def test_a_failure_of_send_task_is_reported_at_once(operate: Operate) -> None:
    done = operate("run", "sourceless", "--yes")
    assert done.returncode == 2
    assert done.stderr.startswith("taskctl: operated-send-task failed: ")
    assert "no @task_source('nowhere')" in done.stderr


def test_a_schedule_that_has_not_run_is_said_so(operate: Operate) -> None:
    done = operate("runs", "written_off")
    assert (done.returncode, done.stdout[:18]) == (0, "Nothing ran since ")
