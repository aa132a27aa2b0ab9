"""The real handlers on a world: the world's clients, clock and tasks in place of AWS's."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, Protocol
from unittest.mock import patch

from task_scheduler import keep_runs, run_task, send_task
from task_scheduler.config import Settings
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registered import Task
from tests.model import dynamodb
from tests.model.books import Books
from tests.model.simulation import Simulation
from tests.model.sqs import Client
from tests.model.world import World

HANDLERS = (send_task, run_task, keep_runs)
"""Imported, so that `surroundings` finds in them what it replaces."""


def run(world: World, **settings: Any) -> Books:
    """Run everything that is on a world's queue to its end.

    Args:
        world: with its tasks.
        settings: of `World.run`.
    """

    def work(text: str, context: TaskContext) -> None:
        world.work(int(text), context)

    with surroundings(world, work):
        return world.run(run_task.handler, **settings)


class Surrounded(Protocol):
    """The stand-ins for AWS."""

    simulation: Simulation
    random: random.Random
    environment: dict[str, str]
    client: Client
    table: dynamodb.Client


@contextmanager
def surroundings(world: Surrounded, work: Callable[..., Any], **others: Any) -> Iterator[None]:
    """Put a world in the place of AWS.

    Args:
        world: that takes it.
        work: the function of every task.
        others: what else is replaced, by its dotted name within task_scheduler.
    """

    def find_task(name: str, _folder: object, *, seconds: float) -> Task:
        return Task(name, work)

    def load(function: str | None = None) -> Settings:
        return Settings.from_environment(world.environment, function)

    simulation = world.simulation
    replaced = {
        "aws.sqs": lambda: world.client,
        "aws.dynamodb": lambda: world.table,
        "execution.reading.find_task": find_task,
        "queue.backoff.random": world.random,
        "run_task.SANDBOX": Sandbox(),
        "run_task.process_ends_after": nullcontext,
        "run_task.capture_output": lambda: None,
        "send_task.capture_output": lambda: None,
        "sending.task_queues.IN_FLIGHT": 1,
        "observability.log.write_line": lambda _line: None,
        "config.load": load,
        **others,
    }
    with ExitStack() as patches:
        for name, value in replaced.items():
            patches.enter_context(patch(f"task_scheduler.{name}", value))
        # the model's calls end at once in real time, and in the process whose turn it is
        patches.enter_context(patch("concurrent.futures.ThreadPoolExecutor", _Pool))
        for name, module in list(sys.modules.items()):
            if name.startswith("task_scheduler.") and hasattr(module, "call_with_timeout"):
                patches.enter_context(patch.object(module, "call_with_timeout", _call))
        patches.enter_context(patch.object(time, "time", lambda: simulation.now))
        patches.enter_context(patch.object(time, "monotonic", lambda: simulation.now))
        patches.enter_context(patch.object(time, "sleep", simulation.sleep))
        yield


def _call(_seconds: float, call: Callable[[], Any]) -> Any:
    return call()


class _Pool:
    """Runs what is submitted at once: a thread of its own would run out of its process's turn."""

    def __init__(self, _threads: int) -> None:
        """Have no threads."""

    def submit(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Run it."""
        call(*arguments)

    def shutdown(self, *, wait: bool) -> None:
        """Have nothing to wait for."""
