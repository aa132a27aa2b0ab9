"""One try to run one task: which one it is, what the task may know of it, what comes of it."""

from __future__ import annotations

import time
from math import inf
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.errors import Expired, InvalidMessage, NeverStarted, Retry
from task_scheduler.execution.attempt import Attempt
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.tasks.registered import Task
from tests.unit.conftest import Write

TIME = "2026-11-23T02:00:00Z"


def record_of(body: str | Message, receives: int = 1, *, sent: float = 0.0) -> Record:
    return Record(
        sqs_id="sqs-1", receipt_handle="r", body=body if isinstance(body, str) else body.encode(),
        receives=receives, sent=sent or time.time(), first_received=0.0, message_group=None,
        deduplication_id=None,
    )  # fmt: skip


def attempt(receives: int = 1, *, function: Any = None, is_last: bool = False) -> Attempt:
    message = Message(
        id="s@t#1", schedule="s", scheduled_time=TIME, task="t", args={"a": 1}, retries=2
    )
    task = Task("t", function or (lambda **_: "done"), never_retry=(KeyError,))
    return Attempt(record_of(message, receives), message, task, None, is_last, last_due=inf)


def test_its_task_is_told_all_that_there_is_to_know() -> None:
    context = attempt(2).context(30)

    assert (context.schedule, context.scheduled_time, context.attempt) == ("s", TIME, 2)
    assert 20 < context.remaining <= 30
    assert not context.cancelled
    assert context.log_fields == {
        "id": "s@t#1", "schedule": "s", "scheduled_time": TIME, "task": "t", "attempt": 2,
    }  # fmt: skip


def test_of_a_body_that_cannot_be_read_sqs_id_is_known(tmp_path: Path) -> None:
    unreadable = Attempt.prepare(
        record_of("{}", 4), task_folder=tmp_path, max_receives=5, retention=inf
    )

    context = unreadable.context(30)

    assert (context.schedule, context.scheduled_time, context.attempt) == (None, None, 1)
    assert unreadable.log_fields == {"id": "sqs-1", "attempt": 1}
    assert isinstance(unreadable.problem, InvalidMessage)
    assert unreadable.run(context).outcome is Outcome.UNREADABLE


def test_a_text_typed_by_hand_goes_by_sqs_id(write_tasks: Write) -> None:
    typed = Attempt.prepare(
        record_of("a text"), task_folder=write_tasks(), max_receives=5, retention=inf
    )

    assert typed.log_fields == {"id": "sqs-1", "attempt": 1}


@pytest.mark.parametrize(("receives", "is_last"), [(4, False), (5, True), (6, True)])
def test_it_is_the_last_if_sqs_would_not_hand_it_over_once_more(
    tmp_path: Path, receives: int, is_last: bool
) -> None:
    made = Attempt.prepare(
        record_of("a text", receives), task_folder=tmp_path, max_receives=5, retention=inf
    )

    assert made.is_last == is_last


@pytest.mark.parametrize(("age", "is_run"), [(50, True), (70, False)])
def test_a_task_is_run_up_to_its_max_age_and_then_told_how_old_it_is(
    write_tasks: Write, age: int, is_run: bool
) -> None:
    message = Message(id="x", text="a", max_age=60)
    old = record_of(message, sent=time.time() - age)

    problem = Attempt.prepare(old, task_folder=write_tasks(), max_receives=5, retention=inf).problem

    if is_run:
        assert problem is None
    else:
        assert isinstance(problem, Expired)
        assert str(problem) == "70 s on the queue: max_age is 60 s"


def test_what_it_returns_and_how_long_it_took_is_told() -> None:
    def succeed(a: int) -> int:
        time.sleep(0.05)
        return a + 1

    tried = attempt(2, function=succeed)

    result = tried.run(tried.context(30))

    assert (result.outcome, result.attempt, result.value) == (Outcome.SUCCESS, 2, 2)
    assert 0.05 <= result.seconds < 5
    assert result.error is None


def test_how_long_a_failure_took_is_told_too() -> None:
    def fail(a: int) -> None:
        time.sleep(0.05)
        raise OSError(a)

    tried = attempt(2, function=fail)

    result = tried.run(tried.context(30))

    assert (result.outcome, result.attempt) == (Outcome.RETRY, 2)
    assert 0.05 <= result.seconds < 5
    assert isinstance(result.error, OSError)


def test_a_task_has_the_time_that_its_context_says() -> None:
    tried = attempt(function=lambda a: time.sleep(30))

    result = tried.run(tried.context(0.05))

    assert str(result.error).startswith("ran for more than 0.0")
    assert result.outcome is Outcome.RETRY


@pytest.mark.parametrize(
    ("receives", "is_last", "error", "outcome"),
    [
        (1, False, OSError(), Outcome.RETRY),
        (2, False, OSError(), Outcome.RETRY),
        (3, False, OSError(), Outcome.FAILED),
        (1, True, OSError(), Outcome.FAILED),
        (1, False, KeyError(), Outcome.FAILED),
        (1, False, NeverStarted(), Outcome.FAILED),
        (1, False, Retry("busy", after=7), Outcome.RETRY),
        (3, False, Retry("busy", after=7), Outcome.FAILED),
        (3, True, InvalidMessage(), Outcome.UNREADABLE),
        (1, False, Expired(), Outcome.EXPIRED),
    ],
)
def test_an_error_means_another_attempt_while_there_is_one_that_may_help(
    receives: int, is_last: bool, error: Exception, outcome: Outcome
) -> None:
    result = attempt(receives, is_last=is_last).failed(error, 1.5)

    assert (result.outcome, result.error, result.seconds) == (outcome, error, 1.5)
    assert result.attempt == receives
    if outcome is not Outcome.RETRY:
        assert result.retry_after is None
    elif isinstance(error, Retry):
        assert result.retry_after == 7
    else:
        assert result.retry_after is not None
        assert 5 * receives <= result.retry_after <= 10 * receives


def test_an_attempt_that_could_not_be_made_comes_again_after_the_wait() -> None:
    error = OSError("no table")

    result = attempt(2).postponed(error, 31)

    assert (result.outcome, result.attempt, result.error) == (Outcome.RETRY, 2, error)
    assert result.retry_after == 31
