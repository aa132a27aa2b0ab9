"""List the runs that the ledger has."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.runs.chunk import Counts, Mark
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.run import key_of_request
from task_scheduler_local.places import ROOT
from tests.faults.proxy import (
    CLIENTS_TRIES,
    Fault,
    FaultProxy,
    Rule,
    failing,
    over_capacity,
    reset,
    throttled,
)
from tests.system.stack import wait_for
from tests.taskctl.conftest import Call
from tests.taskctl.ledger import HOUR, Recorded
from tests.taskctl.terminal import on_a_terminal


def key(schedule: str, at: int, suffix: str = "") -> str:
    return f"{schedule}@{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}{suffix}"


def test_runs_of_all_schedules_come_by_the_time_at_which_they_were_due(
    recorded: Recorded, call: Call
) -> None:
    now = recorded.now
    expected = [
        key("nightly", now - 3 * HOUR),
        key("hourly", now - 2 * HOUR),
        key("hourly", now - 2 * HOUR, "+run-1a2b3c4d"),
        key("nightly", now - HOUR),
    ]
    for one in [expected[3], expected[1], expected[0], expected[2]]:
        due = int(datetime.fromisoformat(one.partition("@")[2][:20]).timestamp())
        recorded.ran(one, succeeded=2, due=due)
    recorded.ran(key("nightly", now - 30 * HOUR), due=now - 30 * HOUR)

    assert [run["run"] for run in call("runs", "--json").json] == expected
    assert [run["run"] for run in call("runs", "nightly", "--since", "2h", "--json").json] == [
        expected[3]
    ]
    assert len(call("runs", "--since", "2d", "--json").json) == 5
    until = (datetime.now(UTC) - timedelta(hours=2.5)).isoformat()
    assert [run["run"] for run in call("runs", "--until", until, "--json").json] == [expected[0]]


@pytest.mark.parametrize(("due", "is_last"), [(-3_600, False), (3_600, True)])
def test_the_last_run_of_a_schedule_is_the_one_that_was_due_or_began_last(
    recorded: Recorded, call: Call, due: int, *, is_last: bool
) -> None:
    untimed = recorded.ran(key_of_request("nightly", "1d1e0a64"), succeeded=1)
    due += recorded.now
    at = datetime.fromtimestamp(due, UTC)
    timed = recorded.ran(f"nightly@{at:%Y-%m-%dT%H:%M:%SZ}", succeeded=1, due=due)

    assert call("show", "nightly", "--json").json["run"] == (timed if is_last else untimed).key


def test_a_run_without_a_scheduled_time_is_listed_by_when_it_began(
    recorded: Recorded, call: Call
) -> None:
    name = key_of_request("nightly", "1d1e0a64-4d2a-4f3b-9d5c-d6f2d30f62c1")
    recorded.ran(name, succeeded=1)

    assert [run["run"] for run in call("runs", "--json").json] == [name]
    assert [run["run"] for run in call("runs", "--until", "2999-01-01", "--json").json] == [name]
    assert call("runs", "--since", "7d", "--until", "1d", "--json").json == []


def test_a_run_has_its_state_counts_and_times(recorded: Recorded, call: Call) -> None:
    recorded.now -= 100
    name = key("nightly", recorded.now)
    run = recorded.begin(name, total=3, started_by="arn:aws:iam::1:user/anna", why="a test")
    recorded.end(run, range(1, 3))
    counts = recorded.end(run, range(3, 4), Mark.BAD)
    recorded.now += 90
    assert counts
    recorded.close(run, counts)

    (found,) = call("runs", "--json").json

    times = [found.pop(name) for name in ("due", "began", "closed")]
    assert [datetime.fromisoformat(at).timestamp() for at in times] == [
        recorded.now - 90, recorded.now - 90, recorded.now,
    ]  # fmt: skip
    assert found == {
        "run": name, "schedule": "nightly", "state": "failed", "seconds": 90, "total": 3,
        "ended": 3, "failed": 1, "missing": None, "not_run": None, "reason": None,
        "started_by": "arn:aws:iam::1:user/anna", "why": "a test", "cancelled": None,
        "cancelled_by": None, "redriven_by": None, "redriven_why": None, "odd": [], "parents": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("total", "ended"), [(20, 5), (250, 249), (600, 260), (None, 7), (None, 260), (501, 500)]
)
def test_a_running_run_is_counted_by_its_chunks(
    recorded: Recorded, call: Call, total: int | None, ended: int
) -> None:
    run = recorded.begin(key("nightly", recorded.now), total=total)
    recorded.end(run, range(1, ended))
    recorded.end(run, range(ended, ended + 1), Mark.BAD)

    (found,) = call("runs", "--json").json

    assert (found["state"], found["total"]) == ("running", total)
    assert (found["ended"], found["failed"]) == (ended, 1)


def test_failed_shows_runs_with_failures_and_the_tasks_that_failed(
    recorded: Recorded, call: Call
) -> None:
    recorded.ran(key("good", recorded.now), succeeded=2)
    run = recorded.ran(key("bad", recorded.now), succeeded=1, failed=1)
    recorded.keep(run, 1, result="fine")
    recorded.keep(run, 2, reason="ValueError: not a number")

    (found,) = call("runs", "--failed", "--json").json

    assert found["run"] == run.key
    assert [end["reason"] for end in found["tasks"]] == ["ValueError: not a number"]
    assert [end["number"] for end in call("runs", "bad", "--json").json[0]["tasks"]] == [1, 2]
    done = call("runs", "--failed")
    assert re.search("  #2 greet +failed +ValueError: not a number", done.out)
    assert "good" not in done.out


def states(recorded: Recorded) -> None:
    """Record a run in each state, with a name that is long."""
    name, now = "nightly-reports", recorded.now
    recorded.ran(key(name, now - 7), succeeded=12_190)
    recorded.ran(key(name, now - 6), succeeded=1, failed=1)
    running = recorded.begin(key(name, now - 5), total=20)
    recorded.end(running, range(1, 3))
    for number, state in enumerate((RunState.SKIPPED, RunState.WAITING, RunState.INCOMPLETE)):
        run = recorded.begin(key(name, now - 4 + number))
        reason = "the run of 02:00 is still running, and overlap is skip: nothing was sent at all"
        recorded.edit(run, state={"S": state}, reason={"S": reason})
    run = recorded.begin(key(name, now - 1), total=2)
    recorded.close(run, Counts(ended=1), RunState.CANCELLED)
    recorded.edit(run, cancelled_by={"S": "arn:aws:sts::1:assumed-role/Admin/anna"})


def test_every_state_is_readable_at_80_columns(recorded: Recorded, tmp_path: Path) -> None:
    states(recorded)

    lines = on_a_terminal(
        80, "runs", "--prefix", recorded.prefix, environment=recorded.aws, folder=tmp_path
    )

    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    for word in RunState:
        assert f" {word} " in text or f" {word}\n" in text, word
    assert " 12,190 " in text
    assert " 2/20 " in text
    assert "cancelled by assumed-role/Admin/anna" in text
    assert text.count("nightly-reports ") == len(RunState)


def odd_items(recorded: Recorded) -> dict[str, dict[str, Any]]:
    """Return items that the functions of this release do not write, with attributes of theirs."""
    return {
        "newer": {"state": {"S": "archived"}, "shape": {"L": [{"S": "?"}]}, "began": {"N": "5"}},
        "half": {"state": {"S": "running"}, "began": {"N": "1.5"}, "total": {"S": "three"}},
        "typed": {"state": {"N": "7"}, "not_run": {"S": "x"}, "reason": {"M": {}}},
        "stateless": {"ended": {"B": b"x"}},
        "early": {"state": {"S": "succeeded"}, "began": {"N": "9" * 30}, "closed": {"N": "-1"}},
    }


def test_an_odd_item_is_a_row_that_says_so_and_hides_no_other(
    recorded: Recorded, call: Call
) -> None:
    recorded.ran(key("good", recorded.now), succeeded=1)
    for name, values in odd_items(recorded).items():
        recorded.edit(RunId(schedule=name, key=key(name, recorded.now)), **values)
        recorded.ran(key(name, recorded.now - 1), succeeded=1)

    listed = call("runs", "--json").json

    assert len(listed) == 11
    found = {run["schedule"]: run for run in listed}
    assert found["good"]["odd"] == []
    assert "state 'archived' is not one" in " ".join(found["newer"]["odd"])
    assert "total is 'three': must be a whole number" in found["half"]["odd"]
    assert "reason is '{}': must be a text" in found["typed"]["odd"]
    assert found["stateless"]["state"] == "unknown"
    done = call("runs")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("odd: ") == 5


def test_counts_that_were_edited_by_hand_are_odd(recorded: Recorded, call: Call) -> None:
    run = recorded.begin(key("nightly", recorded.now), total=600)
    recorded.end(run, range(1, 10))
    chunk = {"pk": {"S": run.chunk(0)[0]}, "sk": {"S": "chunk"}, "ok": {"S": "all"}}
    recorded.dynamodb.put_item(TableName=f"{recorded.prefix}-ledger", Item=chunk)

    (found,) = call("runs", "--json").json

    assert found["odd"] == ["the counts of its tasks cannot be read"]


def test_what_has_expired_is_not_there_any_more(recorded: Recorded, call: Call) -> None:
    run = recorded.ran(key("nightly", recorded.now), succeeded=1)
    assert call("runs", "--json").json
    recorded.edit(run, expires={"N": "1"})
    assert call("runs", "--json").json == []


def test_a_stack_without_a_ledger_is_named(recorded: Recorded, call: Call) -> None:
    recorded.dynamodb.delete_table(TableName=f"{recorded.prefix}-ledger")
    done = call("runs")
    assert done.code == 2
    place = "account 000000000000, region us-east-1"
    assert f"no table {recorded.prefix}-ledger in {place}" in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--since", "a while"), "'a while' must be a date and time"),
        (("--since", "1h", "--until", "2h"), "--until 2h must not be before --since 1h"),
        (("--follow", "--until", "2h"), "leave out --until"),
        (("nigthly",), "no schedule 'nigthly' in the stack"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    recorded: Recorded, call: Call, arguments: tuple[str, ...], sentence: str
) -> None:
    recorded.add_schedule("nightly")
    done = call("runs", *arguments)
    assert done.code == 2
    assert sentence in done.err


@contextmanager
def following(recorded: Recorded, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Follow the runs of a stack in a process of its own, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "taskctl", "runs", "--follow", "--prefix", recorded.prefix],
        env={
            **os.environ,
            **recorded.aws,
            "PYTHONPATH": f"{ROOT}:{ROOT}/lambda_src/python",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Of a shell's background job, which is what a test run may be, SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline()


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Press ctrl-C, and return the exit code and what else was printed."""
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate()
    return process.returncode, rest, errors


def end_badly(recorded: Recorded, run: RunId) -> None:
    counts = recorded.end(run, range(1, 2), Mark.BAD)
    assert counts
    recorded.close(run, counts)


def test_follow_prints_each_change_of_a_runs_state(recorded: Recorded) -> None:
    run = recorded.begin(key("nightly", recorded.now), total=1)
    with following(recorded) as process:
        assert f"{run.key}  running, 0/1 tasks ended" in line_of(process)
        end_badly(recorded, run)
        assert f"{run.key}  failed, 1 of 1 task failed" in line_of(process)
        assert interrupt(process) == (0, "", "")


@pytest.mark.parametrize("fault", [throttled, over_capacity, failing, reset])
def test_follow_goes_on_when_aws_throttles_it_or_fails(recorded: Recorded, fault: Fault) -> None:
    run = recorded.begin(key("nightly", recorded.now), total=1)
    with FaultProxy(recorded.aws["AWS_ENDPOINT_URL"]) as proxy:
        with following(recorded, AWS_ENDPOINT_URL=proxy.url) as process:
            assert f"{run.key}  running, 0/1 tasks ended" in line_of(process)
            refused = Rule("Query", fault, tries=CLIENTS_TRIES)
            proxy.inject(refused)
            wait_for(lambda: refused.struck > 3)  # a request is sent up to three times
            end_badly(recorded, run)
            proxy.inject()
            assert f"{run.key}  failed, 1 of 1 task failed" in line_of(process)
            code, rest, errors = interrupt(process)
    assert (code, rest) == (0, "")
    assert {line.partition(":")[0] for line in errors.splitlines()} == {"taskctl"}
