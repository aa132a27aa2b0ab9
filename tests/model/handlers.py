"""The real run_task on a world: the world's client, clock and tasks in place of AWS's."""

from __future__ import annotations

import time
from contextlib import ExitStack, nullcontext
from typing import Any
from unittest.mock import patch

from task_scheduler import run_task
from task_scheduler.config import Settings
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registered import Task
from tests.model.books import Books
from tests.model.world import World


def run(world: World, **settings: Any) -> Books:
    """Run everything that is on a world's queue to its end.

    Args:
        settings: of `World.run`.
    """

    def work(text: str, context: TaskContext) -> None:
        world.work(int(text), context)

    def find_task(name: str, _folder: object, *, seconds: float) -> Task:
        return Task(name, work)

    def load(function: str | None = None) -> Settings:
        return Settings.from_environment(world.environment, function)

    simulation = world.simulation
    with ExitStack() as patches:
        for target, name, value in (
            ("task_scheduler.aws", "sqs", lambda: world.client),
            ("task_scheduler.execution.reading", "find_task", find_task),
            ("task_scheduler.run_task", "SANDBOX", Sandbox()),
            ("task_scheduler.run_task", "process_ends_after", nullcontext),
            ("task_scheduler.run_task", "capture_output", lambda: None),
            ("task_scheduler.observability.log", "write_line", lambda _line: None),
            ("task_scheduler.config", "load", load),
        ):
            patches.enter_context(patch(f"{target}.{name}", value))
        patches.enter_context(patch.object(time, "time", lambda: simulation.now))
        patches.enter_context(patch.object(time, "monotonic", lambda: simulation.now))
        patches.enter_context(patch.object(time, "sleep", simulation.sleep))
        return world.run(run_task.handler, **settings)
