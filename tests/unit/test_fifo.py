"""FIFO queues: what SQS takes for a repetition is the same id with the same content."""

from __future__ import annotations

import re

import pytest

from task_scheduler.queue.fifo import deduplication_id, is_fifo


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://sqs.eu-west-1.amazonaws.com/1/tasks.fifo", True), ("https://x/1/tasks", False)],
)
def test_a_fifo_queue_is_known_by_its_suffix(url: str, expected: bool) -> None:
    assert is_fifo(url) == expected


def test_a_message_sent_again_has_the_same_deduplication_id() -> None:
    assert deduplication_id("s@t#1", "body") == deduplication_id("s@t#1", "body")


def test_another_task_under_the_same_id_is_not_taken_for_a_repetition() -> None:
    ids = {deduplication_id(*each) for each in [("s@t#1", "a"), ("s@t#1", "b"), ("s@t#2", "a")]}

    assert len(ids) == 3


def test_an_id_and_a_body_do_not_run_into_each_other() -> None:
    assert deduplication_id("a", "bc") != deduplication_id("ab", "c")


def test_sqs_accepts_the_deduplication_id_of_any_message() -> None:
    assert re.fullmatch("[0-9a-f]{64}", deduplication_id("é b\ud83d" * 100, "ü"))
