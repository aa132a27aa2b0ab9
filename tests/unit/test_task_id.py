"""Keys and ids parse themselves, and are written as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.queue.task_id import RunKey, TaskId


def test_an_id_has_the_key_of_a_run_and_a_position() -> None:
    parsed = TaskId.parse("nightly@2026-11-23T02:00:00Z#17")

    assert parsed == TaskId("nightly@2026-11-23T02:00:00Z", 17)


@pytest.mark.parametrize(
    "text",
    ["059f36b4-87a3-44ab", "", "#1", "s@t#", "s@t#greet", "s@t#0", "s@t#07", "s@t#-1", "s@t#1 ",
     "s@t#1\n", "s@t#\N{ARABIC-INDIC DIGIT ONE}", "s@t#" + "9" * 5_000],
)  # fmt: skip
def test_any_other_id_was_typed_by_hand(text: str) -> None:
    assert TaskId.parse(text) == TaskId(text, None)


def test_the_last_number_is_the_position() -> None:
    assert TaskId.parse("a#1#2") == TaskId("a#1", 2)


@given(st.text(st.sampled_from("a#@019\n é"), max_size=10))
def test_an_id_is_written_as_it_was_parsed(text: str) -> None:
    assert str(TaskId.parse(text)) == text


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
