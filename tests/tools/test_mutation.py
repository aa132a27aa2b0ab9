"""Samples of mutants: the same ones for a seed, whatever else has changed."""

from __future__ import annotations

from tools.mutation import sample

NAMES = [f"mutant {number}" for number in range(100)]


def test_a_sample_is_chosen_by_the_seed() -> None:
    assert sample(NAMES, 10, "0") == sample(reversed(NAMES), 10, "0")
    assert sample(NAMES, 10, "0") != sample(NAMES, 10, "1")


def test_a_sample_of_more_than_there_are_is_all_of_them() -> None:
    assert sorted(sample(NAMES, 1_000, "0")) == sorted(NAMES)


def test_a_larger_sample_holds_the_smaller_and_a_mutant_less_replaces_one() -> None:
    chosen = set(sample(NAMES, 10, "0"))

    assert chosen < set(sample(NAMES, 20, "0"))
    without = set(NAMES) - {min(chosen)}
    assert len(chosen - set(sample(without, 10, "0"))) == 1
