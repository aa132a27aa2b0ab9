"""The kill rate of mutants: what counts as killed, what as survived, and what not at all."""

from __future__ import annotations

from collections import Counter

import pytest

from tools import mutation

KILLED, SURVIVED, NO_TESTS, TIMEOUT, NOT_RUN = 1, 0, 33, -24, None
"""Exit codes that mutmut writes down."""


def test_mutants_are_counted_by_status_and_those_that_were_not_run_are_not() -> None:
    codes = [KILLED, KILLED, SURVIVED, NO_TESTS, TIMEOUT, NOT_RUN]

    counts = mutation.count({f"mutant {number}": code for number, code in enumerate(codes)})

    assert counts == {"killed": 2, "survived": 1, "no tests": 1, "timeout": 1}


@pytest.mark.parametrize(
    ("counts", "rate"),
    [
        ({"killed": 3, "survived": 1}, 75.0),
        ({"killed": 1, "timeout": 1, "survived": 2}, 50.0),
        ({"killed": 1, "no tests": 1}, 50.0),
        ({"killed": 1, "suspicious": 1, "segfault": 2}, 25.0),
        ({}, 0.0),
    ],
)
def test_the_rate_takes_timeouts_for_killed_and_whatever_else_for_survived(
    counts: dict[str, int], rate: float
) -> None:
    assert mutation.rate(Counter(counts)) == rate
