"""Show a run, a task and their logs, and sum up the runs of schedules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.runs.closing import notified
from tests.system.stack import wait_for
from tests.taskctl.conftest import Call, Operate
from tests.taskctl.ledger import HOUR, Recorded

Read = Callable[..., Any]


@pytest.fixture
def failed(needed: Path, operate: Operate, read: Read) -> str:
    """The key of a run of three tasks that failed."""
    run: str = read("run", "needy", "--yes")["run"]
    wait_for(lambda: len([line for line in read("logs", run) if line["outcome"]]) == 3)
    return run


def test_the_log_of_a_run_has_each_attempt_and_the_traceback_of_its_own_code(
    operate: Operate, read: Read, failed: str
) -> None:
    lines = read("logs", failed)
    assert {line["run"] for line in lines} == {failed}
    ends = [line for line in lines if line["outcome"]]
    assert {(line["position"], line["outcome"]) for line in ends} == {
        (1, "failed"), (2, "failed"), (3, "failed"),
    }  # fmt: skip
    shown = operate("logs", f"{failed}#2").stdout
    assert "#2 need  failed, attempt 1, " in shown
    assert "#1" not in shown
    assert 'File "operated.py", line ' in shown
    assert "FileNotFoundError: there is no beta" in shown
    assert "/task_scheduler/" not in shown


def test_following_the_log_of_a_run_that_is_over_ends(operate: Operate, failed: str) -> None:
    done = operate("logs", failed, "--follow")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("  failed, attempt 1") == 3


def test_a_run_is_shown_with_its_ends_and_what_can_be_done(
    operate: Operate, read: Read, failed: str
) -> None:
    shown = operate("show", failed).stdout
    assert shown.splitlines()[0] == failed
    assert "  state   failed, 3 of 3 tasks failed: started by " in shown
    assert "#2 need  failed, attempt 1: FileNotFoundError: there is no beta" in shown
    assert f"  again   taskctl retry {failed}" in shown
    assert f"  log     taskctl logs {failed}" in shown
    assert [task["number"] for task in read("show", failed)["tasks"]] == [1, 2, 3]


def test_a_task_is_shown_with_its_message_and_attempts(
    operate: Operate, read: Read, failed: str
) -> None:
    task = read("show", f"{failed}#3")
    assert task["end"]["reason"] == "there is no gamma"
    assert '"text": "gamma"' in task["dead_letter"]["body"].replace('":"', '": "')
    assert [line["outcome"] for line in task["log"] if line["outcome"]] == ["failed"]
    shown = operate("show", f"{failed}#3").stdout
    assert "  again   taskctl redrive " in shown

    done = operate("show", f"{failed}#4")
    assert done.returncode == 2
    assert done.stderr == f"taskctl: nothing is known of a task #4 of {failed}. It has 3.\n"


def test_the_message_of_a_run_is_shown_as_it_was_sent(recorded: Recorded, call: Call) -> None:
    run = recorded.ran("nightly@2026-11-23T02:00:00Z", failed=1, notify_on=["failure"])
    recorded.notify(
        run, "failure", "✗ nightly: failed", "Due \x1b[2Jthen\nLog of the run: https://x"
    )

    shown = call("show", "nightly").out
    assert "as it was sent\n" in shown
    assert "          ✗ nightly: failed\n" in shown
    assert "          Log of the run: https://x\n" in shown
    assert "\x1b" not in shown
    digest = call("show", "nightly", "--json").json["digest"]
    assert (digest["event"], digest["title"]) == ("failure", "✗ nightly: failed")
    assert (digest["is_as_sent"], digest["awaits"]) == (True, None)


def test_a_message_whose_text_was_not_kept_is_written_anew_and_says_so(
    recorded: Recorded, call: Call
) -> None:
    run = recorded.ran("nightly@2026-11-23T02:00:00Z", failed=1, notify_on=["failure"])
    shown = call("show", "nightly").out
    assert "not delivered yet; this is what it would say now" in shown
    assert "✗ nightly: failed" in shown

    notified(recorded.ledger, run)
    shown = call("show", "nightly").out
    assert "its text was not kept: an earlier release sent it, or no service took it" in shown
    assert call("show", "nightly", "--json").json["digest"]["is_as_sent"] is False


def test_a_run_of_which_nobody_was_notified_has_no_message(recorded: Recorded, call: Call) -> None:
    recorded.ran("nightly@2026-11-23T02:00:00Z", succeeded=1, notify_on=["failure"])

    assert call("show", "nightly", "--json").json["digest"] is None
    assert "message" not in call("show", "nightly").out


@pytest.mark.parametrize("command", ["logs", "show"])
def test_a_run_that_is_not_there_is_named_with_those_that_are(
    recorded: Recorded, call: Call, command: str
) -> None:
    recorded.ran("nightly@2026-11-23T02:00:00Z", succeeded=1)
    done = call(command, "nightly@2027")
    assert done.code == 2
    assert "its last runs are nightly@2026-11-23T02:00:00Z" in done.err


def test_statistics_count_runs_and_tasks_by_schedule(recorded: Recorded, call: Call) -> None:
    begin = recorded.now
    for number, failures in enumerate([0, 0, 1, 0]):
        recorded.now = begin - (4 - number) * HOUR
        key = f"hourly@{datetime.fromtimestamp(recorded.now, UTC):%Y-%m-%dT%H:%M:%SZ}"
        run = recorded.begin(key, total=10, due=recorded.now)
        recorded.now += 60 * (number + 1)
        recorded.end_and_close(run, total=10, failed=failures)
    long_ago = begin - 50 * 24 * HOUR
    key = f"nightly@{datetime.fromtimestamp(long_ago, UTC):%Y-%m-%dT%H:%M:%SZ}"
    recorded.ran(key, succeeded=1, due=long_ago)

    (row,) = call("stats", "--json").json
    assert (row["schedule"], row["runs"], row["failed"], row["not_run"]) == ("hourly", 4, 1, 0)
    assert (row["tasks"], row["failed_tasks"], row["failed_tasks_percent"]) == (40, 1, 2.5)
    assert row["p50_seconds"] == 150
    assert row["p95_seconds"] == pytest.approx(231)
    assert len(call("stats", "--since", "90d", "--json").json) == 2
    assert "hourly" in call("stats").out
