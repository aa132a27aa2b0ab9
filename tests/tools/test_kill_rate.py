"""The kill rate of mutants: what counts as killed, what as survived, and what not at all."""

from __future__ import annotations

import pytest

from tools.kill_rate import Rate, count, whole

KILLED, SURVIVED, NO_TESTS, TIMEOUT, NOT_RUN, SEGFAULT = 1, 0, 33, -24, None, -11
"""Exit codes that mutmut writes down."""


def results(*codes: int | None) -> dict[str, int | None]:
    return {f"mutant {number}": code for number, code in enumerate(codes)}


def test_mutants_are_counted_by_status_and_those_that_were_not_run_are_not() -> None:
    counts = count(results(KILLED, KILLED, SURVIVED, NO_TESTS, TIMEOUT, NOT_RUN))

    assert counts == {"killed": 2, "survived": 1, "no tests": 1, "timeout": 1}


@pytest.mark.parametrize(
    ("codes", "percent"),
    [
        ([KILLED, KILLED, KILLED, SURVIVED], 75.0),
        ([KILLED, TIMEOUT, SURVIVED, SURVIVED], 50.0),
        ([KILLED, NO_TESTS, NOT_RUN], 50.0),
        ([KILLED, SURVIVED, SEGFAULT, SEGFAULT], 25.0),
        ([NOT_RUN], 0.0),
    ],
)
def test_the_rate_takes_timeouts_for_killed_and_whatever_else_for_survived(
    codes: list[int | None], percent: float
) -> None:
    assert Rate.of(results(*codes)).percent == percent


def test_a_room_of_which_a_sample_ran_has_more_mutants() -> None:
    assert Rate.of(results(KILLED, SURVIVED), mutants=90) == Rate(mutants=90, ran=2, killed=1)
    assert Rate.of(results(KILLED, NOT_RUN)) == Rate(mutants=2, ran=1, killed=1)


def test_the_interval_of_a_sample_is_wilsons() -> None:
    low, high = Rate(mutants=1_000, ran=100, killed=95).interval

    assert (round(low, 1), round(high, 1)) == (88.8, 97.8)


def test_a_sample_of_which_all_were_killed_proves_no_rate_of_100() -> None:
    low, high = Rate(mutants=1_000, ran=100, killed=100).interval

    assert (round(low, 1), round(high, 1)) == (96.3, 100.0)


def test_a_room_that_ran_whole_has_no_interval() -> None:
    assert Rate(mutants=40, ran=40, killed=30).interval == (75.0, 75.0)


def test_a_room_counts_by_its_mutants_and_not_by_those_that_were_sampled() -> None:
    rate, half = whole(
        [
            Rate(mutants=900, ran=100, killed=100),
            Rate(mutants=100, ran=100, killed=50),
            Rate(mutants=500, ran=0, killed=0),
        ]
    )

    assert rate == 95.0
    assert 0 < half < 5


def test_the_whole_of_rooms_that_ran_whole_is_no_estimate() -> None:
    assert whole([Rate(mutants=3, ran=3, killed=3), Rate(mutants=1, ran=1, killed=0)]) == (75.0, 0)
    assert whole([]) == (0.0, 0.0)
