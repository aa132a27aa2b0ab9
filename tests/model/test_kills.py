"""run_task is killed before and after each of its calls: nothing is lost or counted wrongly."""

from __future__ import annotations

import pytest

from tests.model.books import Plan
from tests.model.handlers import run
from tests.model.world import World

PLANS = [Plan(), Plan(failures=1, retries=1), Plan(failures=9, retries=0)]

CALLS = [
    "SendMessageBatch dead",  # the third task is out of retries
    "ChangeMessageVisibilityBatch tasks",  # the second comes again
]
"""What run_task asks of SQS for these tasks, and the points at which it is killed."""


def make_world(groups: int) -> World:
    return World(PLANS, seed=1, groups=groups)


@pytest.mark.parametrize("groups", [0, 3])
def test_the_calls_of_a_batch_and_of_its_retry_are_these(groups: int) -> None:
    world = make_world(groups)

    run(world, concurrency=1)

    assert sorted(call.removesuffix(".fifo") for call in world.faults.calls) == sorted(CALLS)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(len(CALLS)))
@pytest.mark.parametrize("groups", [0, 3])
def test_a_kill_at_a_call_loses_no_task_and_does_nothing_twice_that_it_does_not_explain(
    groups: int, number: int, when: str
) -> None:
    world = make_world(groups)
    world.faults.kill_at = (number, when)

    run(world, concurrency=1)

    assert world.poller.deaths == 1
    assert world.queue.messages == []
    balance = world.balance
    assert not balance.lost | balance.doubled | balance.too_many
