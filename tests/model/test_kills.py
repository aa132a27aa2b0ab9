"""run_task is killed before and after each of its calls: nothing is lost or counted wrongly."""

from __future__ import annotations

import pytest

from tests.model.books import Plan
from tests.model.handlers import run
from tests.model.world import World

PLANS = [Plan(), Plan(failures=1, retries=1), Plan(failures=9, retries=0)]

CALLS = [
    "get_item ledger",  # is the run cancelled, or sent anew?
    "SendMessageBatch dead",  # the third task is out of retries
    "put_item ledger",  # its reason
    "update_item ledger",  # the ends of the first and the third, the attempt of the second
    "ChangeMessageVisibilityBatch tasks",  # the second comes again
    "DeleteMessageBatch tasks",
    "put_item ledger",  # keep_runs is to look at a run with a failure
    "update_item ledger",
    "get_item ledger",  # the earlier attempts of the second
    "update_item ledger",  # its end
]
"""The calls of run_task for these tasks, and the points at which it is killed."""


def make_world(groups: int) -> World:
    return World(PLANS, seed=1, groups=groups)


@pytest.mark.parametrize("groups", [0, 3])
def test_the_calls_of_a_batch_and_of_its_retry_are_these(groups: int) -> None:
    world = make_world(groups)

    run(world, concurrency=1)

    calls = [call.removesuffix(".fifo") for call in world.faults.calls]
    # a run that was looked at less than 10 s ago is not looked at again
    assert calls in (CALLS, [*CALLS[:8], "get_item ledger", *CALLS[8:]])


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
    assert not balance.lost | balance.doubled | balance.too_few | balance.too_many
