"""The demo's board: what the log lines tell becomes one row a task."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from task_scheduler_local.board import count_outcomes, read_rows


def event(line: str | dict[str, Any], stream: str = "1") -> dict[str, str]:
    return {
        "logStreamName": stream,
        "message": line if isinstance(line, str) else json.dumps(line),
    }


def run(schedule: str, sent: int) -> dict[str, str]:
    told = {"message": "run", "schedule": schedule, "run": f"{schedule}@1", "sent": sent}
    return event(told | {"service": "x"})


def task(id_: str, outcome: str, stream: str = "1", **more: Any) -> dict[str, str]:
    told = {"message": "task", "id": id_, "schedule": id_.partition("@")[0], "outcome": outcome}
    return event(told | {"service": "x", "attempt": 1, "duration_ms": 2} | more, stream)


def test_a_run_queues_its_tasks_and_each_comes_to_its_outcome() -> None:
    rows = read_rows([run("a", 2), task("a@1#2", "success", task="greet", result="Hello")])
    assert [(row.position, row.outcome, row.detail) for row in rows.values()] == [
        ("1", "queued", ""),
        ("2", "success", "Hello"),
    ]
    assert count_outcomes(rows.values()) == {"a": Counter({"success": 1})}


def test_a_task_that_is_retried_is_one_row_that_is_final_at_its_last_attempt() -> None:
    first = task("a@1#1", "retry", reason="busy")
    assert count_outcomes(read_rows([first]).values()) == {}
    rows = read_rows([first, task("a@1#1", "failed", reason="down", attempt=2)])
    assert [(row.outcome, row.attempt, row.detail) for row in rows.values()] == [
        ("failed", 2, "down")
    ]
    assert count_outcomes(rows.values()) == {"a": Counter({"failed": 1})}


def test_what_a_text_printed_stands_in_its_own_row() -> None:
    rows = read_rows(
        [
            event({"level": "INFO", "message": "Hello!"}, "1"),
            event({"level": "INFO", "message": "Good bye!"}, "2"),
            task("a@1#1", "success", "1"),
            task("a@1#2", "success", "1"),
            task("a@1#3", "success", "2"),
        ]
    )
    assert [row.detail for row in rows.values()] == ["Hello!", "", "Good bye!"]


def test_other_lines_are_passed_over() -> None:
    lines = ["START RequestId", "17", "[]", '"x"', "{}", '{"message": "else"}']
    assert read_rows([event(line) for line in lines]) == {}
