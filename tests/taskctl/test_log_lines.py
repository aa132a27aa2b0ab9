"""Lines of the functions' logs, as taskctl reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from task_scheduler.queue.task_id import TaskId
from taskctl.ids import sent_again
from taskctl.runs import log_lines
from taskctl.runs.log_lines import RunLine, TaskLine, line_text

NOW = datetime.now(UTC)
KEY = "nightly@2026-11-24T02:00:00Z"


@pytest.mark.parametrize(
    ("values", "problem", "has_failed"),
    [
        ({"sent": 2, "refused": 0}, None, False),
        ({"sent": 2, "refused": 1}, None, True),
        ({"reason": "throttled", "error": "NotSent"}, "throttled", True),
        ({"error": "ValueError"}, "ValueError", True),  # of no text
    ],
)
def test_a_run_that_refused_lines_or_could_not_send_has_failed(
    values: dict[str, object], problem: str | None, has_failed: bool
) -> None:
    line = RunLine(time=NOW, run=KEY, schedule="nightly", **values)  # type: ignore[arg-type]
    assert (line.problem, line.has_failed) == (problem, has_failed)


@pytest.mark.parametrize(
    ("outcome", "has_failed"),
    [("success", False), ("retry", False), ("duplicate", False), ("failed", True),
     ("expired", True), ("unreadable", True), ("newer", False)],
)  # fmt: skip
def test_a_task_that_became_a_dead_letter_has_failed(outcome: str, has_failed: bool) -> None:
    line = TaskLine(time=NOW, id=f"{KEY}#1", attempt=1, outcome=outcome, duration_ms=1)
    assert line.has_failed == has_failed
    assert f"#1 (text)  {outcome}, attempt 1, 1 ms" in line_text(line)


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
