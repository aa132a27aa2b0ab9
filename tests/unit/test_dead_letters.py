"""Dead letters: they say where what they are about came from, and quote little of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from task_scheduler.errors import FailedBefore, IncompleteRun
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Result
from task_scheduler.outcome import Outcome
from task_scheduler.queue.dead_letters import (
    REASON_CHARACTERS,
    START_BYTES,
    incomplete_run_dead_letter,
    line_dead_letter,
    task_dead_letter,
)
from task_scheduler.queue.place import Place
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.listed import Refused
from tests.unit.test_attempt import delivery


@pytest.mark.parametrize(
    "source",
    [{"tasks_file": "list.csv"}, {"tasks_s3_uri": "s3://b/list.csv"}, {"tasks_source": "pages"}],
)
def test_a_refused_lines_letter_names_the_list_that_it_stood_in(source: dict[str, Any]) -> None:
    run = Run(key="s@t", schedule="s", **source)

    body = json.loads(line_dead_letter(run, Refused(7, "invalid JSON", b"{"), 3).body)

    assert [body["file"]] == list(source.values())
    assert (body["line"], body["number"]) == (7, 3)


def test_a_quote_that_ends_within_a_character_is_a_text_still() -> None:
    data = b"x" * (START_BYTES - 1) + "ü".encode()

    dead_letter = line_dead_letter(Run(key="s@t", schedule="s"), Refused(1, "why", data), 1)

    assert json.loads(dead_letter.body)["start"] == "x" * (START_BYTES - 1) + "\ufffd"


def test_a_long_reason_is_truncated() -> None:
    run, reason = Run(key="s@t", schedule="s"), "x" * 9_999
    line = line_dead_letter(run, Refused(1, reason, b""), 1)
    incomplete = incomplete_run_dead_letter(run, IncompleteRun(reason))

    for dead_letter in (line, incomplete):
        kept = json.loads(dead_letter.body)["reason"]
        assert kept == "x" * REASON_CHARACTERS + "... (8999 more characters)"


def test_an_incomplete_runs_letter_says_what_to_do_with_the_rest() -> None:
    run = Run(key="s@t", schedule="s", scheduled_time="t", tasks_source="pages", only=3)

    dead_letter = incomplete_run_dead_letter(run, IncompleteRun("why", goes_on_at=7))

    assert dead_letter.attributes == {"kind": "incomplete", "schedule": "s"}
    assert json.loads(dead_letter.body) == {
        "kind": "incomplete",
        "schedule": "s",
        "run": "s@t",
        "scheduled_time": "t",
        "only": 3,
        "reason": "why",
        "goes_on_at": 7,
    }


def with_record(made: Delivery, **attributes: Any) -> Delivery:
    return made._replace(record=replace(made.record, **attributes))


def test_a_tasks_letter_is_its_message_with_why_it_is_dead_and_since_when() -> None:
    dead = with_record(delivery(3), first_received=1795399200.9)
    failed = Result(outcome=Outcome.FAILED, attempt=3, error=OSError("no route"))

    dead_letter = task_dead_letter(dead, failed)

    assert dead_letter.body == dead.record.body
    attributes = dict(dead_letter.attributes)
    last = str(attributes.pop("last_received"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", last)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(last)).total_seconds()) < 60
    assert attributes == {
        "outcome": "failed",
        "reason": "no route",
        "error": "OSError",
        "attempts": "3",
        "first_received": "2026-11-23T02:00:00Z",
        "schedule": "s",
        "task": "t",
    }
    assert (dead_letter.message_group, dead_letter.deduplication_id) == (None, None)


def test_the_letter_of_a_task_that_failed_before_has_what_it_failed_with() -> None:
    failed = Result(outcome=Outcome.FAILED, error=FailedBefore("no luck", "KeyError"))

    attributes = task_dead_letter(delivery(), failed).attributes

    assert (attributes["reason"], attributes["error"]) == ("no luck", "KeyError")


def test_a_letter_of_what_cannot_be_read_names_no_schedule_and_keeps_its_place() -> None:
    made = with_record(delivery(), body="{}", message_group="g", deduplication_id="d")

    dead_letter = task_dead_letter(
        made._replace(message=None), Result(outcome=Outcome.UNREADABLE, error=ValueError("why"))
    )

    assert not {"schedule", "task"} & set(dead_letter.attributes)
    assert (dead_letter.body, dead_letter.message_group, dead_letter.deduplication_id) == (
        "{}",
        "g",
        "d",
    )


def test_a_text_typed_by_hand_has_a_letter_without_schedule_and_task() -> None:
    made = delivery()
    assert made.message is not None
    typed = made._replace(message=replace(made.message, schedule=None, task=None))

    dead_letter = task_dead_letter(typed, Result(outcome=Outcome.FAILED, error=ValueError("why")))

    assert (dead_letter.attributes["schedule"], dead_letter.attributes["task"]) == ("", "")


@pytest.mark.parametrize(("redrive", "times"), [(0, None), (2, "2")])
def test_a_tasks_letter_keeps_its_place_beside_all_else(redrive: int, times: str | None) -> None:
    made = with_record(delivery(), place=Place("s@t", 3, redrive))

    attributes = task_dead_letter(
        made, Result(outcome=Outcome.FAILED, error=ValueError("why"))
    ).attributes

    assert (attributes["place"], attributes["redrive"]) == ("s@t#3", times)
    assert (attributes["reason"], attributes["task"]) == ("why", "t")


def test_a_refused_line_that_was_sent_again_says_how_often() -> None:
    run = Run(key="s@t", schedule="s", tasks=["a"], redrive=2)
    letter = line_dead_letter(run, Refused(7, "why", b"{"), 3)
    assert letter.attributes == {"kind": "line", "schedule": "s"}
    assert json.loads(letter.body) == {
        "kind": "line",
        "schedule": "s",
        "run": "s@t",
        "scheduled_time": None,
        "file": None,
        "line": 7,
        "number": 3,
        "redrive": 2,
        "reason": "why",
        "start": "{",
    }
    first = replace(run, redrive=0)
    assert json.loads(line_dead_letter(first, Refused(7, "why", b""), 3).body)["redrive"] is None


def test_the_rest_of_a_list_has_what_is_known_of_its_cursor() -> None:
    run = Run(key="s@t", schedule="s", tasks=["a"])
    letter = incomplete_run_dead_letter(run, IncompleteRun("why"), Cursor(line=3, offset=7))
    assert json.loads(letter.body)["cursor"] == {"line": 3, "offset": 7}
