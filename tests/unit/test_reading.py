"""From a record to an attempt, or to the reason why there is none."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import Expired, InvalidMessage, OutOfReceives
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.reading import Unrunnable, read
from task_scheduler.execution.result import Result
from task_scheduler.execution.sandbox import MAX_REMEMBERED, Sandbox
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from tests.unit.conftest import Write
from tests.unit.test_attempt import record_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        queue_url="q", tasks_dead_letter_url="d", max_receive_count=5,
        message_retention=345_600, task_folder=tmp_path,
    )  # fmt: skip


def test_of_a_body_that_cannot_be_read_sqs_id_is_known(settings: Settings) -> None:
    unreadable = read(record_of("{}", 5), settings, Sandbox(), seconds=1.0)

    assert isinstance(unreadable, Unrunnable)
    assert unreadable.delivery.log_fields == {"id": "sqs-1", "attempt": 1}
    assert isinstance(unreadable.result.error, InvalidMessage)
    assert unreadable.result.outcome is Outcome.UNREADABLE


def test_a_text_typed_by_hand_goes_by_sqs_id(settings: Settings) -> None:
    typed = read(record_of("a text"), settings, Sandbox(), seconds=1.0)

    assert isinstance(typed, Attempt)
    assert typed.delivery.log_fields == {"id": "sqs-1", "attempt": 1}


@pytest.mark.parametrize(("age", "is_run"), [(50, True), (70, False)])
def test_a_task_is_run_up_to_its_max_age_and_then_told_how_old_it_is(
    settings: Settings, age: int, is_run: bool
) -> None:
    message = Message(id="x", text="a", max_age=60)

    found = read(record_of(message, sent=time.time() - age), settings, Sandbox(), seconds=1.0)

    if is_run:
        assert isinstance(found, Attempt)
    else:
        assert isinstance(found, Unrunnable)
        assert isinstance(found.result.error, Expired)
        assert str(found.result.error) == "70 s on the queue: max_age is 60 s"


@pytest.mark.parametrize(("receives", "is_run"), [(4, True), (5, False), (6, False)])
def test_at_its_last_permitted_receive_a_message_is_a_dead_letter_instead_of_a_run(
    settings: Settings, receives: int, is_run: bool
) -> None:
    found = read(record_of("a text", receives), settings, Sandbox(), seconds=1.0)

    if is_run:
        assert isinstance(found, Attempt)
    else:
        assert isinstance(found, Unrunnable)
        assert found.result.outcome is Outcome.FAILED
        assert isinstance(found.result.error, OutOfReceives)
        assert str(found.result.error).startswith(f"received {receives} times")


def test_what_goes_wrong_while_a_task_is_looked_for_is_its_messages_trouble_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> None:
        raise RecursionError("odd")

    monkeypatch.setattr("task_scheduler.execution.reading.find_task", find)

    found = read(record_of(Message(id="x", task="t")), settings, Sandbox(), seconds=1.0)

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.RETRY


def test_of_a_message_whose_dead_letter_was_not_sent_only_that_is_tried_again(
    settings: Settings, write_tasks: Write
) -> None:
    sandbox = Sandbox()
    failed = Result(outcome=Outcome.FAILED, error=OSError("no luck"))
    sandbox.keep_unsent("sqs-1", failed)

    found = read(record_of("a text", 2), settings, sandbox, seconds=1.0)
    assert isinstance(found, Unrunnable)
    assert found.result is failed

    other = replace(record_of("a text"), sqs_id="sqs-2")
    assert isinstance(read(other, settings, sandbox, seconds=1.0), Attempt)
    sandbox.forget("sqs-1")
    assert isinstance(read(record_of("a text", 3), settings, sandbox, seconds=1.0), Attempt)


def test_a_sandbox_does_not_keep_messages_in_mind_for_ever() -> None:
    sandbox = Sandbox()
    for number in range(MAX_REMEMBERED + 10):
        sandbox.give_back(str(number))
        sandbox.keep_unsent(str(number), Result(outcome=Outcome.FAILED))

    assert len(sandbox.given_back) <= MAX_REMEMBERED
    assert len(sandbox.unsent) <= MAX_REMEMBERED
