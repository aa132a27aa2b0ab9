"""Tasks have as many attempts as were asked for, however short the time and whatever is down."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler import run_task
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registered import Task
from tests.model.books import Plan
from tests.model.handlers import run, surroundings
from tests.model.world import World


def is_done(world: World) -> bool:
    """Return True if each task had one effect, and none a dead letter."""
    tasks = range(len(world.plans))
    return set(world.books.done) == set(tasks) and not world.books.dead and not world.queue.messages


def test_tasks_that_are_given_back_for_lack_of_time_have_all_their_attempts() -> None:
    plans = [Plan(seconds=1.2, failures=1, retries=2)] * 40
    world = World(plans, seed=1, timeout=5.0)

    run(world)

    assert is_done(world)
    assert set(world.books.begun.values()) == {2}


def test_batches_of_tasks_that_take_most_of_the_functions_time_all_run() -> None:
    world = World([Plan(seconds=2.5, retries=0)] * 60, seed=1, timeout=5.0)

    def work(text: str, context: TaskContext) -> None:
        world.work(int(text), context)

    def find_task(name: str, _folder: object, *, seconds: float) -> Task:
        assert seconds > 0
        return Task(name, work, timeout=4.0)

    others: dict[str, Any] = {"execution.reading.find_task": find_task}
    with surroundings(world, work, **others):
        world.run(run_task.handler)

    assert is_done(world)


@pytest.mark.parametrize("groups", [0, 1])
def test_of_the_tasks_beside_one_that_kills_its_function_each_is_done_once(groups: int) -> None:
    plans = [Plan(), Plan(), Plan(deaths=99), *[Plan()] * 7]
    world = World(plans, seed=1, groups=groups)

    run(world)

    assert set(world.books.dead) == {2}
    assert set(world.books.done) == set(range(10)) - {2}
    assert world.books.begun[2] <= plans[2].retries + 2
    assert not world.balance.doubled


def test_a_task_runs_once_while_its_dead_letter_is_refused() -> None:
    world = World([Plan(failures=9, retries=0)], seed=1)
    send = world.client.send_message_batch

    def refuse(**request: Any) -> Any:
        if world.simulation.now - 1_800_000_000 < 3_600:
            raise ConnectionError
        return send(**request)

    world.client.send_message_batch = refuse  # type: ignore[method-assign]

    run(world)

    assert world.books.begun[0] == 1
    assert world.books.dead[0] == 1


@pytest.mark.parametrize("deduplication", ["true", "false"])
def test_no_task_is_dead_because_the_table_is_away_for_five_minutes(deduplication: str) -> None:
    plans = [Plan(failures=number % 3, retries=2) for number in range(30)]
    world = World(plans, seed=1)
    world.environment["DEDUPLICATION"] = deduplication
    world.table.is_down = True

    def come_back() -> None:
        world.table.is_down = False

    world.simulation.at(world.simulation.now + 300, come_back)
    run(world)

    assert is_done(world)
    assert [world.books.begun[n] for n in range(30)] == [1 + n % 3 for n in range(30)]
