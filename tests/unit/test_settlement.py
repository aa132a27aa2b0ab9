"""Settlement: what is given back when, and what never starts."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import DeadLetterNotSent, NeverStarted
from task_scheduler.execution.acknowledgement import Acknowledgement
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.recording import Recording
from task_scheduler.execution.result import Ended, Result
from task_scheduler.execution.settlement import Settlement
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.outcome import Outcome
from task_scheduler.queue.sending import Entry
from task_scheduler.runs.chunk import Mark, Marks, Position
from tests.model.still import Still, still_client, still_ledger
from tests.unit.conftest import Log
from tests.unit.test_attempt import MESSAGE
from tests.unit.test_recording import RUN, SETTINGS, record


class Batch:
    """A batch that is settled: its ledger and its queue note what they are told."""

    def __init__(self, settings: Settings) -> None:
        self.budget = TimeBudget(lambda: 30.0)
        self.ledger = still_ledger(Still(), still_client(Still()))
        self.recording = Recording(self.ledger, settings, self.budget)
        self.acknowledgement = Acknowledgement(settings.queue_url, self.budget, self.recording)
        self.settlement = Settlement(
            settings, self.budget, self.recording, self.acknowledgement, None
        )

    def give_back(self, number: int, *, receives: int = 1, sent: float | None = None) -> None:
        received = record(number, receives=receives, sent=time.time() if sent is None else sent)
        self.settlement.give_back(Delivery(received, MESSAGE, max_receives=5, retention=3_600))

    @property
    def waits(self) -> list[float]:
        return [kept.wait for kept in self.acknowledgement.kept]


@pytest.fixture
def dead_letters(monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    sent: list[Entry] = []

    def send_batch(_sqs: object, _url: str, entries: list[Entry]) -> None:
        sent.extend(entries)

    monkeypatch.setattr("task_scheduler.queue.sending.send_batch", send_batch)
    monkeypatch.setattr("task_scheduler.aws.sqs", lambda: None)
    return sent


@pytest.mark.parametrize(
    ("queue", "at_once", "waits"),
    [
        ("https://tasks", 1, [0, 12, 24, 36, 48]),
        ("https://tasks", 2, [0, 0, 12, 12, 24]),
        ("https://tasks.fifo", 2, [0, 0, 0, 0, 0]),
    ],
)
def test_what_is_given_back_comes_again_when_those_before_it_are_done(
    queue: str, at_once: int, waits: list[float]
) -> None:
    batch = Batch(replace(SETTINGS, queue_url=queue, task_concurrency=at_once))
    batch.budget.ended(12.0)

    for number in range(1, 6):
        batch.give_back(number)

    assert batch.waits == waits
    assert [kept.record.sqs_id for kept in batch.acknowledgement.kept] == [
        f"sqs-{number}" for number in range(1, 6)
    ]
    assert batch.settlement.ended == []
    assert batch.acknowledgement.done == 0


def test_what_is_given_back_has_spent_no_attempt() -> None:
    batch = Batch(SETTINGS)

    batch.give_back(1, receives=3)
    batch.recording.flush(9.0)

    expected = Marks()
    expected.add(Mark.BACK, Position(0, 0), receives=3)
    found = batch.ledger.read(RUN, 0).marks
    assert {mark: set(numbers) for mark, numbers in found.items() if numbers} == expected.sets


@pytest.mark.parametrize(
    ("error", "why"), [(ValueError("no luck"), "no luck"), (None, "no reason")]
)
def test_a_task_whose_dead_letter_was_not_sent_stays_on_the_queue_for_another_try(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, why: str
) -> None:
    waits: list[float] = []

    def refuse(seconds: float, _call: object) -> None:
        waits.append(seconds)
        raise TimeoutError("no answer")

    monkeypatch.setattr("task_scheduler.execution.settlement.call_with_timeout", refuse)
    batch = Batch(SETTINGS)
    tried = Delivery(record(1, receives=2, sent=time.time()), MESSAGE, used=1)

    batch.settlement.settle(Ended(tried, Result(Outcome.FAILED, 2, 1.5, error=error)))

    [ended] = batch.settlement.ended
    assert ended.delivery is tried
    not_sent = ended.result.error
    assert isinstance(not_sent, DeadLetterNotSent)
    assert str(not_sent) == f"failed: {why}; its dead letter was not sent: no answer"
    assert not_sent.__cause__ is error
    assert (ended.result.outcome, ended.result.attempt, ended.result.seconds) == (
        Outcome.RETRY, 2, 1.5,
    )  # fmt: skip
    assert ended.result.retry_after is not None
    assert 10 <= ended.result.retry_after <= 20
    assert batch.waits == [ended.result.retry_after]
    assert batch.acknowledgement.done == 0
    assert waits == [batch.budget.left_for_dead_letter()]


def test_the_beginning_of_a_suspect_is_recorded_once_the_others_are_safe() -> None:
    batch = Batch(SETTINGS)
    batch.recording.add_given_back(other := record(3))

    batch.settlement.prepare(record(1), is_suspect=False)
    assert not batch.recording.is_safe(other)
    batch.settlement.prepare(record(2, receives=2), is_suspect=True)

    chunk = batch.ledger.read(RUN, 0)
    assert batch.recording.is_safe(other)
    assert [chunk.attempts(Position(0, offset)) for offset in range(3)] == [0, 1, 0]


def test_an_attempt_that_cannot_be_logged_is_settled_all_the_same(
    monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    def refuse(*_: object) -> None:
        raise RecursionError("odd")

    monkeypatch.setattr("task_scheduler.execution.settlement.log_task", refuse)
    batch = Batch(SETTINGS)

    batch.settlement.settle(Ended(Delivery(record(1), MESSAGE), Result(Outcome.SUCCESS)))

    assert batch.acknowledgement.done == 1
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("WARNING", "attempt not logged")
    assert line["exception_name"] == "RecursionError"


def test_the_record_of_an_outcome_has_the_time_of_a_report() -> None:
    batch = Batch(SETTINGS)
    noted: list[tuple[Ended, float]] = []
    idempotency = SimpleNamespace(record=lambda *told: noted.append(told))
    settlement = Settlement(
        SETTINGS, batch.budget, batch.recording, batch.acknowledgement, cast(Any, idempotency)
    )

    settlement.settle(ended := Ended(Delivery(record(1), MESSAGE), Result(Outcome.SUCCESS)))

    assert noted == [(ended, batch.budget.left_for_report())]


def test_a_retry_that_asks_for_no_wait_comes_again_at_once() -> None:
    batch = Batch(SETTINGS)

    batch.settlement.settle(Ended(Delivery(record(1), MESSAGE), Result(Outcome.RETRY)))

    assert batch.waits == [0.0]


def test_a_message_that_no_task_is_run_for_is_settled_with_its_result() -> None:
    batch = Batch(SETTINGS)
    duplicate = Result(outcome=Outcome.DUPLICATE)

    batch.settlement.refuse(Delivery(record(1), MESSAGE), duplicate)

    assert [ended.result for ended in batch.settlement.ended] == [duplicate]
    assert (batch.acknowledgement.done, batch.waits) == (1, [])


@pytest.mark.parametrize(
    ("receives", "age", "reason"),
    [
        (5, 0, "received 5 times, and no time was left for it"),
        (1, 3_500, "no time was left for it before the queue drops it (message_retention)"),
    ],
)
def test_what_cannot_come_again_is_a_dead_letter_that_says_why(
    dead_letters: list[Entry], receives: int, age: float, reason: str
) -> None:
    batch = Batch(SETTINGS)

    batch.give_back(1, receives=receives, sent=time.time() - age)

    [ended] = batch.settlement.ended
    assert (ended.result.outcome, str(ended.result.error)) == (Outcome.FAILED, reason)
    assert isinstance(ended.result.error, NeverStarted)
    assert [reason in str(entry.attributes) for entry in dead_letters] == [True]
    assert (batch.acknowledgement.done, batch.waits) == (1, [])
