"""Keys and ids parse themselves, and are written as they were."""

from __future__ import annotations

import pytest

from task_scheduler.queue.task_id import RunKey, TaskId


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s@2026-11-23T02:00:00Z#17", TaskId("s@2026-11-23T02:00:00Z", 17)),
        ("my#own#3", TaskId("my#own", 3)),
        ("2c9c6ba9-7e28-4f4e-b1cd-9f6e9d4a1f0e", TaskId("2c9c6ba9-7e28-4f4e-b1cd-9f6e9d4a1f0e")),
        ("late#one", TaskId("late#one")),
        ("#7", TaskId("#7")),
        ("x#²", TaskId("x#²")),
    ],
)
def test_a_tasks_id_is_its_runs_key_and_its_position(text: str, expected: TaskId) -> None:
    assert TaskId.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s@2026-11-23T02:00:00Z", RunKey("s", "2026-11-23T02:00:00Z")),
        ("s@2026-11-23T02:00:00Z+run-1", RunKey("s", "2026-11-23T02:00:00Z+run-1")),
        ("by hand", RunKey("by hand", "")),
    ],
)
def test_a_runs_key_is_its_schedule_and_its_time(text: str, expected: RunKey) -> None:
    assert RunKey.parse(text) == expected
    assert str(expected) == text
