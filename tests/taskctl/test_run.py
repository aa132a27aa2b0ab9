"""Run a schedule now, and list its runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import pytest

from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT
from taskctl.costs import pricing
from tests.taskctl.conftest import Applied, Operate

Read = Callable[..., Any]


def test_run_follows_the_tasks_to_their_ends(operate: Operate) -> None:
    done = operate("run", "nightly", "--yes")

    assert (done.returncode, done.stderr) == (0, "")
    first, *attempts, last = done.stdout.splitlines()
    assert first.startswith("nightly: run nightly@")
    assert first.endswith(", 2 tasks sent")
    assert sorted(line.partition("nightly ")[2].partition(",")[0] for line in attempts) == [
        "#1 greet  success",
        "#2 greet  success",
    ]
    assert any('Hi <you> & "me", one' in line for line in attempts)
    assert last == "nightly: 2 success"


def test_runs_lists_a_run_and_its_tasks(operate: Operate, read: Read) -> None:
    ran = read("run", "nightly", "--yes")

    found = [run for run in read("runs", "nightly") if run["run"] == ran["run"]]

    assert found == [ran]
    assert (ran["sent"], ran["outcomes"]) == (2, {"success": 2})
    assert sorted(task["result"] for task in ran["tasks"]) == [
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
    assert done.returncode == 1
    assert done.stderr == "taskctl: no task #9 in the list of nightly: nothing was run\n"


def test_a_past_time_is_in_the_schedules_own_zone(read: Read) -> None:
    ran = read("run", "nightly", "--at", "2026-07-01T02:00", "--yes")
    assert ran["scheduled_time"] == "2026-07-01T00:00:00Z"  # Zurich has summer time then
    assert ran["outcomes"] == {"success": 2}


@pytest.mark.parametrize(
    ("at", "reason"),
    [("2999-01-01T00:00", "is in the future"), ("yesterday", "must be a date and time")],
)
def test_illegal_and_future_times_are_refused(at: str, reason: str, operate: Operate) -> None:
    done = operate("run", "nightly", "--at", at, "--yes")
    assert done.returncode == 1
    assert reason in done.stderr


def test_a_failure_makes_the_exit_code_1_and_runs_failed_lists_it(
    operate: Operate, read: Read
) -> None:
    done = operate("run", "needy", "--task", "1", "--yes")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "needy: 1 failed"
    failed = operate("runs", "--failed").stdout
    assert "FileNotFoundError: there is no alpha" in failed
    assert "nightly (by hand)" not in failed
    assert all(run["outcomes"].get("failed") or run["refused"] or run["reason"]
               for run in read("runs", "--failed"))  # fmt: skip


def test_a_failure_of_send_task_is_reported_at_once(operate: Operate) -> None:
    done = operate("run", "sourceless", "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith("taskctl: operated-send-task failed: ")
    assert "no @task_source('nowhere')" in done.stderr


def test_missing_runs_and_unknown_schedules_are_reported_in_a_sentence(operate: Operate) -> None:
    now = datetime.now(UTC)
    done = operate("runs", "written_off")
    assert (done.returncode, done.stdout[:18]) == (0, "Nothing ran since "), now
    done = operate("runs", "nigthly")
    assert (done.returncode, done.stderr) == (
        1,
        "taskctl: no schedule 'nigthly' in the stack 'operated'; did you mean nightly?\n",
    )
    done = operate("runs", "--since", "a while")
    assert done.returncode == 1
    assert "'a while'" in done.stderr


@contextmanager
def following(applied: Applied, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`runs --follow` for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "taskctl", "runs", "--follow", "--since", "1s",
         "--prefix", "operated", *arguments],
        env={**os.environ, **applied.aws, "PYTHONPATH": f"{ROOT}:{ROOT}/lambda_src/python"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Of a shell's background job, which is what a test run may be, SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, ""), rest


def test_follow_prints_each_line_as_it_arrives(applied: Applied, operate: Operate) -> None:
    with following(applied, "nightly") as process:
        assert operate("run", "nightly", "--yes").returncode == 0
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
    assert sum("2 sent" in line for line in lines) == 1
    assert sum("success, attempt 1" in line for line in lines) == 2


def test_follow_prints_nothing_older_than_since(applied: Applied, read: Read) -> None:
    read("run", "nightly", "--yes")
    now = datetime.now(UTC).isoformat()
    with following(applied, "nightly", "--since", now, "--json") as process:
        key = read("run", "nightly", "--yes")["run"]
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert {(line.get("run") or line["id"]).partition("#")[0] for line in lines} == {key}


def test_follow_prints_only_failures_with_failed(applied: Applied, operate: Operate) -> None:
    with following(applied, "--failed") as process:
        assert operate("run", "wavering", "--yes").returncode == 0  # at its second attempt
        assert operate("run", "lines", "--yes").returncode == 1
        assert operate("run", "needy", "--task", "3", "--yes").returncode == 1
        assert process.stdout is not None
        lines = [*takewhile(lambda line: "there is no gamma" not in line, process.stdout)]
    assert sum("lines  2 sent, 1 refused" in line for line in lines) == 1
    assert not any("wavering" in line for line in lines)
