"""The wait before the next attempt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.queue.backoff import compute_backoff


def test_the_series_is_the_documented_one() -> None:
    series = [compute_backoff(attempt, jitter=1.0) for attempt in range(1, 10)]

    assert series == [10, 20, 40, 80, 160, 320, 640, 900, 900]


@given(
    attempt=st.integers(1, 10_000),
    base=st.floats(0.01, 100),
    cap=st.floats(100, 10_000),
)
def test_a_wait_lies_between_half_its_term_and_the_cap(
    attempt: int, base: float, cap: float
) -> None:
    assert base / 2 <= compute_backoff(attempt, base=base, cap=cap) <= cap


def test_waits_are_spread() -> None:
    assert len({compute_backoff(3) for _ in range(20)}) > 1
