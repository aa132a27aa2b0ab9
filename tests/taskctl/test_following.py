"""`taskctl run`, with a ledger that is written while it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from task_scheduler.runs.chunk import Counts, Mark
from task_scheduler.runs.identity import RunId, RunState
from taskctl.commands import logs
from taskctl.errors import AwsUnavailable
from taskctl.runs import following, starting
from taskctl.runs.log import Entry, Log
from taskctl.runs.reader import RunReader
from tests.taskctl.conftest import Call
from tests.taskctl.ledger import Recorded

SENT = {
    "schedule": "nightly", "sent": 2, "refused": 0, "continued_at": None, "reason": None,
}  # fmt: skip

ENTRY = Entry(
    time=datetime.now(UTC), run="nightly@2026-11-23T02:00:00Z", task="nightly #1", position=1,
    record=None, text="the last line", traceback=None, is_problem=False,
)  # fmt: skip


class SendTask:
    """A replacement for the function that `taskctl run` invokes.

    Attributes:
        event: that it was invoked with.
        does: with the run's identity, what the functions do.
    """

    def __init__(self) -> None:
        self.event: dict[str, Any] = {}
        self.does: Callable[[RunId], None] = lambda run: None
        self.summary = SENT

    def __call__(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        self.event = dict(event)
        self.does(RunId(schedule=event["schedule"], key=event["key"]))
        return self.summary


@pytest.fixture
def send_task(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> SendTask:
    """Put a function of the test's own in place of send_task."""
    recorded.add_schedule("nightly")
    send_task = SendTask()
    monkeypatch.setattr(starting, "invoke", send_task)
    monkeypatch.setattr(following, "POLL_SECONDS", 0.01)
    return send_task


def run_again(recorded: Recorded, run: RunId, **facts: Any) -> None:
    """Record a run of two tasks, of which the second fails."""
    recorded.begin(run.key, total=2, **facts)
    recorded.keep(run, 1, result="fine")
    recorded.end(run, range(1, 2))
    recorded.keep(run, 2, error="ValueError", reason="no number")
    counts = recorded.end(run, range(2, 3), Mark.BAD)
    assert counts
    recorded.close(run, counts)


def test_who_started_a_run_and_why_is_in_its_event(
    recorded: Recorded, call: Call, send_task: SendTask
) -> None:
    send_task.does = lambda run: recorded.close(recorded.begin(run.key, total=0), Counts())

    done = call("run", "nightly", "--yes", "--why", "the export came late")

    assert (done.code, done.err) == (0, "")
    assert send_task.event["why"] == "the export came late"
    assert send_task.event["started_by"].startswith("arn:aws:")


def test_it_waits_until_the_ledger_says_that_the_run_is_over(
    recorded: Recorded, call: Call, send_task: SendTask
) -> None:
    workers: list[threading.Timer] = []

    def work(run: RunId) -> None:
        workers.append(threading.Timer(0.3, run_again, (recorded, run)))
        workers[0].start()

    send_task.does = work

    done = call("run", "nightly", "--yes")

    assert done.code == 1
    first, *tasks, last = done.out.splitlines()
    assert first.endswith(", 2 tasks sent")
    assert tasks == [
        "  #1 greet  success, attempt 1: fine",
        "  #2 greet  failed, attempt 1: ValueError: no number",
    ]
    assert last == "nightly: failed, 1 of 2 tasks failed"
    assert "`taskctl retry nightly@" in done.err
    workers[0].join()


def test_no_wait_prints_the_key_and_leaves(call: Call, send_task: SendTask) -> None:
    done = call("run", "nightly", "--yes", "--no-wait", "--json")
    run = {"run": send_task.event["key"], "sent": 2, "refused": 0, "parents": []}
    assert (done.code, done.json) == (0, run)


def test_a_run_that_is_not_over_in_time_has_an_exit_code_of_its_own(
    recorded: Recorded, call: Call, send_task: SendTask
) -> None:
    def begin(run: RunId) -> None:
        recorded.begin(run.key, total=2)

    send_task.does = begin

    done = call("run", "nightly", "--yes", "--timeout", "1s")

    assert done.code == 124
    assert done.out.splitlines()[-1] == "nightly: running, 0/2 tasks ended"
    assert done.err.startswith("It is not over yet")


@pytest.mark.parametrize(
    ("state", "code"),
    [(RunState.SUCCEEDED, 0), (RunState.FAILED, 1), (RunState.INCOMPLETE, 1),
     (RunState.CANCELLED, 1), (RunState.SKIPPED, 2)],
)  # fmt: skip
def test_the_exit_code_tells_how_the_run_ended(
    recorded: Recorded, call: Call, send_task: SendTask, state: RunState, code: int
) -> None:
    def end(run: RunId) -> None:
        recorded.begin(run.key, total=1)
        recorded.edit(run, state={"S": state}, reason={"S": "for a reason"})

    send_task.does = end

    done = call("run", "nightly", "--yes")

    assert done.code == code
    assert done.out.splitlines()[-1].startswith(f"nightly: {state}")
    assert done.out.splitlines()[-1].endswith(": for a reason")


def test_of_a_long_list_only_failures_are_printed(
    recorded: Recorded, call: Call, send_task: SendTask
) -> None:
    def work(run: RunId) -> None:
        recorded.begin(run.key, total=50)
        for number in range(1, 26):
            recorded.keep(run, number, result="fine")
        for number in range(26, 51):
            recorded.keep(run, number, reason="broken")
        recorded.end(run, range(1, 26))
        counts = recorded.end(run, range(26, 51), Mark.BAD)
        assert counts
        recorded.close(run, counts)

    send_task.does = work

    done = call("run", "nightly", "--yes")

    assert "fine" not in done.out
    assert done.out.count("failed, attempt 1: broken") == 20
    assert "  ... `taskctl show nightly@" in done.out


def test_a_timeout_that_is_no_span_is_refused_before_anything_runs(
    call: Call, send_task: SendTask
) -> None:
    done = call("run", "nightly", "--yes", "--timeout", "soon")
    assert (done.code, send_task.event) == (2, {})
    assert "'soon' must be a number and a unit" in done.err


def test_following_survives_throttling(
    recorded: Recorded,
    call: Call,
    send_task: SendTask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send_task.does = lambda run: recorded.close(recorded.begin(run.key, total=0), Counts())
    read, asked = RunReader.run, []

    def throttled(reader: RunReader, id_: RunId) -> Any:
        asked.append(id_)
        if len(asked) < 3:
            raise AwsUnavailable("AWS asks to try again later")
        return read(reader, id_)

    monkeypatch.setattr(RunReader, "run", throttled)

    done = call("run", "nightly", "--yes")

    assert (done.code, done.err.count("AWS asks to try again later")) == (0, 2)


def test_following_the_log_reads_the_last_lines_in_spite_of_throttling(
    recorded: Recorded, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recorded.begin("nightly@2026-11-23T02:00:00Z", total=1)
    read: list[list[Entry] | None] = [[], None, [ENTRY]]

    def throttled(log: Log) -> list[Entry]:
        entries = read.pop(0)
        if len(read) == 2:
            recorded.end_and_close(run, total=1)
        if entries is None:
            raise AwsUnavailable("AWS asks to try again later")
        return entries

    monkeypatch.setattr(Log, "read", throttled)
    monkeypatch.setattr(logs, "_POLL_SECONDS", 0.01)
    done = call("logs", run.key, "--follow")
    assert (done.code, read) == (0, [])
    assert "the last line" in done.out


def test_a_run_that_the_ledger_does_not_have_is_said_to_be_missing(
    call: Call, send_task: SendTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "UNKNOWN_SECONDS", 0)
    began = time.monotonic()
    done = call("run", "nightly", "--yes", "--timeout", "1s")
    assert time.monotonic() - began >= 1
    assert done.code == 2
    assert "The ledger does not have the run yet" in done.err
    assert "the ledger does not have the run nightly@" in done.err
