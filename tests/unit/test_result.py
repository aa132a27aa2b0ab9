"""From errors to results: another attempt while there is one that may help, or a dead letter."""

from __future__ import annotations

import time
from math import inf
from types import SimpleNamespace

import pytest

from task_scheduler.errors import Expired, InvalidMessage, NeverStarted, Retry, TooLate
from task_scheduler.execution.result import Result, failure, postponement
from task_scheduler.outcome import Outcome
from tests.unit.test_attempt import MESSAGE, delivery, record_of


@pytest.mark.parametrize(
    ("receives", "max_receives", "error", "outcome"),
    [
        (1, inf, OSError(), Outcome.RETRY),
        (2, inf, OSError(), Outcome.RETRY),
        (3, inf, OSError(), Outcome.FAILED),
        (1, 3, OSError(), Outcome.RETRY),
        (1, 2, OSError(), Outcome.FAILED),
        (1, inf, KeyError(), Outcome.FAILED),
        (1, inf, NeverStarted(), Outcome.FAILED),
        (1, inf, Retry("busy", after=7), Outcome.RETRY),
        (3, inf, Retry("busy", after=7), Outcome.FAILED),
        (3, 3, InvalidMessage(), Outcome.UNREADABLE),
        (1, inf, Expired(), Outcome.EXPIRED),
    ],
)
def test_an_error_means_another_attempt_while_there_is_one_that_may_help(
    receives: int, max_receives: float, error: Exception, outcome: Outcome
) -> None:
    failed = delivery(receives, max_receives=max_receives)

    result = failure(failed, error, 1.5, never_retry=(KeyError,))

    assert (result.outcome, result.error, result.seconds) == (outcome, error, 1.5)
    assert result.attempt == receives
    if outcome is not Outcome.RETRY:
        assert result.retry_after is None
    elif isinstance(error, Retry):
        assert result.retry_after == 7
    else:
        assert result.retry_after is not None
        assert 5 * receives <= result.retry_after <= 10 * receives


@pytest.mark.parametrize(
    ("receives", "used", "number"), [(1, 0, 1), (3, 2, 3), (3, 0, 1), (9, 2, 3), (12, 1, 2)]
)
def test_a_receive_that_used_no_attempt_is_none(receives: int, used: int, number: int) -> None:
    tried = delivery(receives, used=used)

    assert tried.number == number
    assert tried.is_out_of_retries == (number == 3)
    assert not tried.has_no_attempt_left


def test_no_attempt_is_left_when_more_were_used_than_permitted() -> None:
    assert delivery(4, used=3).has_no_attempt_left
    assert delivery(4, used=3).number == 3


def test_an_attempt_that_could_not_be_made_comes_again_after_the_wait_and_counts_as_none() -> None:
    error = OSError("no table")

    result = postponement(delivery(2), error, 31)

    assert result == Result(
        outcome=Outcome.RETRY, attempt=2, error=error, retry_after=31, is_attempt=False
    )


@pytest.mark.parametrize(("receives", "least", "most"), [(1, 5, 10), (4, 40, 80), (64, 1800, 3600)])
def test_an_outage_is_waited_for_ever_longer_up_to_an_hour(
    receives: int, least: float, most: float
) -> None:
    waits = [postponement(delivery(receives), OSError("no table")).retry_after for _ in range(20)]

    assert all(wait is not None and least <= wait <= most for wait in waits)
    assert max(filter(None, waits)) > most / 2


def test_at_the_last_receive_for_an_attempt_there_is_no_other_to_wait_for() -> None:
    result = postponement(delivery(4, max_receives=5), OSError("no table"), 31)

    assert (result.outcome, result.retry_after) == (Outcome.FAILED, None)
    assert isinstance(result.error, NeverStarted)
    assert str(result.error) == "received 4 times; no table"


def test_an_attempt_that_would_come_after_the_message_is_dropped_is_the_dead_letters() -> None:
    old = delivery(record=record_of(MESSAGE, sent=time.time() - 3_000), retention=3_600)
    late = "another attempt in 400 s would come after the queue drops the message"
    error = Retry("busy", after=400)

    failed = failure(old, error)
    assert isinstance(failed.error, TooLate)
    assert failed.error.__cause__ is error
    assert (failed.outcome, failed.retry_after) == (Outcome.FAILED, None)
    assert str(failed.error) == f"Retry: busy; {late} (message_retention)"
    put_off = postponement(old, OSError("no table"), 400)
    assert isinstance(put_off.error, NeverStarted)
    assert str(put_off.error) == f"OSError: no table; {late} (message_retention)"
    assert failure(old, Retry(after=100)).outcome is Outcome.RETRY


def test_a_retry_waits_no_longer_than_sqs_can_hide_a_message() -> None:
    lasting = delivery(retention=10 * 86_400)

    assert failure(lasting, Retry(after=41_999)).retry_after == 41_999
    assert failure(lasting, Retry(after=43_200)).retry_after == 42_000


@pytest.mark.parametrize(
    ("retention", "age", "is_in_time"),
    [(60, 50, True), (60, 55, False), (86_400, 86_000, True), (86_400, 86_200, False)],
)
def test_a_tenth_of_the_retention_at_most_five_minutes_is_left_after_the_last_attempt(
    retention: float, age: float, is_in_time: bool
) -> None:
    waiting = delivery(record=record_of(MESSAGE, sent=time.time() - age), retention=retention)

    assert waiting.is_in_time(0.0) is is_in_time
    assert waiting.is_in_time(retention) is False


def test_an_attempt_that_is_due_at_the_last_moment_is_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(time=lambda: 1_000.0)
    monkeypatch.setattr("task_scheduler.execution.delivery.time", clock)
    waiting = delivery(record=record_of(MESSAGE, sent=910.0), retention=200)

    assert waiting.is_in_time(90.0)
    assert not waiting.is_in_time(90.1)


def test_an_error_before_the_call_took_no_time() -> None:
    assert failure(delivery(), ValueError("why")).seconds == 0.0
