"""Reconstruct runs from log lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from task_scheduler.queue.task_id import TaskId
from taskctl.commands import runs
from taskctl.errors import AwsUnavailable
from taskctl.ids import sent_again
from taskctl.runs import log_lines
from taskctl.runs.history import collect_runs
from taskctl.runs.log_lines import RunLine, TaskLine
from taskctl.runs.run_table import run_rows
from taskctl.stack.stack import Stack

NOW = datetime.now(UTC)
KEY = "nightly@2026-11-24T02:00:00Z"


def run(**values: object) -> RunLine:
    return RunLine(time=NOW, run=KEY, schedule="nightly", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "problem", "has_failed"),
    [
        (run(sent=2, refused=0), None, False),
        (run(sent=2, refused=1), None, True),
        (run(reason="throttled", error="NotSent"), "throttled", True),
        (run(error="ValueError"), "ValueError", True),  # of no text
    ],
)
def test_a_run_that_refused_lines_or_could_not_send_has_failed(
    line: RunLine, problem: str | None, has_failed: bool
) -> None:
    run = collect_runs([line])[KEY]
    assert (run.problem, run.has_failed, line.has_failed) == (problem, has_failed, has_failed)


@pytest.mark.parametrize(
    ("outcome", "has_failed"),
    [("success", False), ("retry", False), ("duplicate", False), ("failed", True),
     ("expired", True), ("unreadable", True)],
)  # fmt: skip
def test_a_task_that_became_a_dead_letter_has_failed(outcome: str, has_failed: bool) -> None:
    line = TaskLine(time=NOW, id=f"{KEY}#1", attempt=1, outcome=outcome, duration_ms=1)
    run = collect_runs([line])[KEY]
    assert (run.has_failed, line.has_failed) == (has_failed, has_failed)


@pytest.mark.parametrize("scheduled_time", ["never", "9999-12-31T23:59:59-12:00"])
def test_a_run_with_an_odd_scheduled_time_is_a_row_that_says_so(scheduled_time: str) -> None:
    line = TaskLine(
        time=NOW, id="odd@x#1", scheduled_time=scheduled_time, attempt=1, outcome="success",
        duration_ms=1,
    )  # fmt: skip
    row, *_ = run_rows(collect_runs([line])["odd@x"], [])
    assert row["due"] is None
    assert scheduled_time in row["detail"]


def test_an_unknown_outcome_is_shown_as_it_is() -> None:
    line = TaskLine(time=NOW, id=f"{KEY}#1", attempt=1, outcome="cancelled", duration_ms=1)
    _, row = run_rows(collect_runs([line])[KEY], [line])
    assert (row["outcome"], line.has_failed) == ("cancelled", False)


@pytest.mark.parametrize(
    "logged",
    [
        "[" * 100_000,
        '{"message": "task"}',
        '{"message": "task", "service": "s", "id": "a#1", "attempt": 1, "outcome": "failed"}',
        '{"message": "task", "service": "s", "id": 7, "attempt": 1, "outcome": "failed",'
        ' "duration_ms": 1}',
        '{"message": "task", "service": "s", "id": "a#1", "attempt": "1", "outcome": "failed",'
        ' "duration_ms": 1}',
        '{"message": "task", "id": "a#1", "attempt": 1, "outcome": "failed", "duration_ms": 1}',
    ],
)
def test_a_line_that_the_runtime_does_not_write_is_ignored(logged: str) -> None:
    assert log_lines._parse({"message": logged, "timestamp": 0}, TaskLine) is None


@pytest.mark.parametrize(
    ("text", "run", "position"),
    [
        (f"{KEY}#17", KEY, 17),
        (f"{KEY}+run-1a2b3c4d#2", f"{KEY}+run-1a2b3c4d", 2),
        ("typed-by-hand", "typed-by-hand", None),
        ("order#A17", "order#A17", None),
        ("#5", "#5", None),
        (f"a#{'9' * 5_000}", f"a#{'9' * 5_000}", None),
    ],
)
def test_a_message_id_has_a_run_and_a_position(text: str, run: str, position: int | None) -> None:
    parsed = TaskId.parse(text)
    assert (parsed.run, parsed.position, str(parsed)) == (run, position, text)


def test_a_task_sent_again_twice_names_the_last_dead_letter() -> None:
    again = sent_again(sent_again(TaskId.parse(f"{KEY}#3"), "11111111"), "22222222")
    assert str(again) == f"{KEY}+again-22222222#3"


def test_following_survives_throttling(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = TaskLine(time=NOW, id=f"{KEY}#1", attempt=1, outcome="success", duration_ms=1)
    answers: list[Any] = [
        AwsUnavailable("AWS asks to try again later"),
        [line],
        KeyboardInterrupt(),
    ]

    def read(*_: Any, **__: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(runs, "_POLL_SECONDS", 0)
    monkeypatch.setattr(runs, "read_log_lines", read)
    with pytest.raises(KeyboardInterrupt):
        runs._follow(Stack("x"), None, NOW, [], failed=False, as_json=False)
    printed = capsys.readouterr()
    assert printed.err == "taskctl: AWS asks to try again later\n"
    assert "#1 (text)  success" in printed.out
