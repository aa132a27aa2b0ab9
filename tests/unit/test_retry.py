"""Retry, which a task raises to be run again, and the Retry-After header of an answer."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler import Retry
from task_scheduler.tasks.retry_after import retry_after

HALF_A_DAY = 43_200


@pytest.mark.parametrize("after", [None, 0, 0.5, HALF_A_DAY])
def test_a_retry_may_be_asked_for_after_at_most_half_a_day(after: float | None) -> None:
    assert Retry("busy", after=after).after == after


@pytest.mark.parametrize("after", [-1, HALF_A_DAY + 1, float("nan")])
def test_a_wait_that_sqs_cannot_keep_is_refused_with_its_limits(after: float) -> None:
    with pytest.raises(ValueError, match=rf"Retry\(after={after}\): must be 0 to 43200 seconds"):
        Retry("busy", after=after)


def test_a_retry_without_a_reason_says_that_the_task_asked_for_it() -> None:
    assert str(Retry()) == "the task asked to be run again"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.25", 0.25),
        ("-1", 0.0),
        ("1000000", HALF_A_DAY),
        ("soon", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_the_seconds_of_a_header_are_kept_within_half_a_day(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after(header) == seconds


def test_a_date_in_a_header_is_so_many_seconds_from_now() -> None:
    seconds = retry_after(formatdate(time.time() + 120, usegmt=True))

    assert seconds is not None
    assert 100 < seconds <= 120
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


days = st.sampled_from(["Wed,", "", "Funday"])
zones = st.sampled_from(["GMT", "-9999", "+2400", "PST", "x", ""])
times = st.sampled_from(["07:28:00", "99:99:99", "7", ":", ""])
dates = st.builds(
    lambda day, number, month, year, *rest: " ".join([day, str(number), month, str(year), *rest]),
    days, st.integers(-1, 99), st.sampled_from(["Oct", "oct", "Okt", ""]), st.integers(-1, 10**20),
    times, zones,
)  # fmt: skip


@given(st.text() | dates)
def test_whatever_a_server_answers_is_a_wait_that_can_be_kept_or_none(header: str) -> None:
    seconds = retry_after(header)

    assert seconds is None or 0 <= seconds <= HALF_A_DAY
