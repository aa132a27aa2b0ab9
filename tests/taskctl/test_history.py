"""Reconstruct runs from log lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from taskctl.runs.history import collect_runs
from taskctl.runs.log_lines import RunLine, TaskLine

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
