"""Dead letters: they say where what they are about came from, and quote little of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from task_scheduler.firing import Firing
from task_scheduler.letters import START_BYTES, line_letter
from task_scheduler.sources import Refused


@pytest.mark.parametrize(
    "source",
    [{"tasks_file": "list.csv"}, {"tasks_s3_uri": "s3://b/list.csv"}, {"tasks_source": "pages"}],
)
def test_a_refused_lines_letter_names_the_list_that_it_stood_in(source: dict[str, Any]) -> None:
    firing = Firing(key="s@t", schedule="s", **source)

    body = json.loads(line_letter(firing, Refused(7, "no JSON", b"{")).body)

    assert [body["file"]] == list(source.values())
    assert body["line"] == 7


def test_a_quote_that_ends_within_a_character_is_a_text_still() -> None:
    data = b"x" * (START_BYTES - 1) + "ü".encode()

    letter = line_letter(Firing(key="s@t", schedule="s"), Refused(1, "why", data))

    assert json.loads(letter.body)["start"] == "x" * (START_BYTES - 1) + "\ufffd"
