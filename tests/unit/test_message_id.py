"""Message ids are parsed in one place, and written as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.queue.message_id import MessageId


def test_an_id_has_the_key_of_a_run_and_a_position() -> None:
    parsed = MessageId.parse("nightly@2026-11-23T02:00:00Z#17")

    assert parsed == MessageId("nightly@2026-11-23T02:00:00Z", 17)


@pytest.mark.parametrize(
    "text",
    ["059f36b4-87a3-44ab", "", "#1", "s@t#", "s@t#greet", "s@t#0", "s@t#07", "s@t#-1", "s@t#1 ",
     "s@t#1\n", "s@t#\N{ARABIC-INDIC DIGIT ONE}", "s@t#" + "9" * 5_000],
)  # fmt: skip
def test_any_other_id_was_typed_by_hand(text: str) -> None:
    assert MessageId.parse(text) == MessageId(text, None)


def test_the_last_number_is_the_position() -> None:
    assert MessageId.parse("a#1#2") == MessageId("a#1", 2)


@given(st.text(st.sampled_from("a#@019\n é"), max_size=10))
def test_an_id_is_written_as_it_was_parsed(text: str) -> None:
    assert str(MessageId.parse(text)) == text
