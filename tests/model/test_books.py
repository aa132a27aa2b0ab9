"""The books of tasks and of their attempts, over seeded random runs of the model."""

from __future__ import annotations

import pytest

from tests.model.chaos import run_once


@pytest.mark.parametrize("seed", range(20))
def test_each_task_has_an_effect_or_a_dead_letter_whatever_befalls_it(seed: int) -> None:
    world = run_once(seed)

    assert world.queue.messages == []
    assert world.queue.dropped == []
    assert world.balance.lost == set()
