"""From errors to results: another attempt while there is one that may help, or a dead letter."""

from __future__ import annotations

import time
from math import inf

import pytest

from task_scheduler.errors import Expired, InvalidMessage, NeverStarted, Retry, TooLate
from task_scheduler.execution.result import failure, postponement
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

    assert (result.outcome, result.attempt, result.error) == (Outcome.RETRY, 2, error)
    assert result.retry_after == 31
    assert not result.is_attempt


def test_an_attempt_that_would_come_after_the_message_is_dropped_is_the_dead_letters() -> None:
    old = delivery(record=record_of(MESSAGE, sent=time.time() - 3_000), retention=3_600)

    assert isinstance(failure(old, Retry(after=400)).error, TooLate)
    assert isinstance(postponement(old, OSError(), 400).error, NeverStarted)
    assert failure(old, Retry(after=100)).outcome is Outcome.RETRY
