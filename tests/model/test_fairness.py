"""A long list does not starve another schedule: SQS's fair queues, by the groups that are sent.

The emulator takes the groups and is not fair. How much the real service lets a group have in flight
before it holds it back is not published; the model says more than half.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest

from task_scheduler.config import Settings
from task_scheduler.runs.run import Run
from task_scheduler.sending.sent_list import send_list
from task_scheduler.task_list.task_list import TaskList
from tests.model.simulation import Simulation
from tests.model.sqs import Queue, Stored

TASKS = 10_000


class Direct:
    """SQS without delays and faults; `groups` says whether it heeds them."""

    def __init__(self, queue: Queue, *, groups: bool) -> None:
        self._queue, self._groups = queue, groups

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        Entries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        for entry in Entries:
            group = entry["MessageGroupId"] if self._groups else None
            self._queue.send(entry["MessageBody"], entry["MessageAttributes"], group=group)
        return {"Successful": Entries}


def send(run: Run) -> None:
    task_list = TaskList(run, Path(), lambda: False)
    settings = Settings(queue_url="tasks", runs_dead_letter_url="dead")
    send_list(run, task_list, settings, Mock(has_pending=False), numbered=0, is_resent=False)


def before_the_short_one(queue: Queue, workers: int = 10) -> int:
    """Count the tasks of the long list that start before that of the other schedule.

    Args:
        queue: with both.
        workers: batches of ten that run at the same time, each as long as any other.
    """
    running: deque[list[Stored]] = deque()
    started = 0
    while True:
        batch = queue.receive(10)
        if any("short" in stored.body for stored in batch):
            return started
        started += len(batch)
        running.append(batch)
        if len(running) == workers:
            for stored in running.popleft():
                queue.delete(stored.receipt)


def wait_of_one(tasks: int, *, seed: int, groups: bool) -> int:
    """Send a long list and then one task of another schedule; count what starts before that."""
    queue = Queue("tasks", Simulation(), random.Random(seed), visibility_timeout=1e9)
    with patch("task_scheduler.aws.sqs", lambda: Direct(queue, groups=groups)):
        texts = [f"{number}" for number in range(tasks)]
        send(Run(key="long@1", schedule="long", tasks=texts))
        send(Run(key="short@1", schedule="short", tasks=["one"]))
    assert len(queue.messages) == tasks + 1
    return before_the_short_one(queue)


@pytest.mark.parametrize("seed", range(3))
def test_one_task_of_another_schedule_overtakes_ten_thousand_that_wait(seed: int) -> None:
    assert wait_of_one(10_000, seed=seed, groups=True) <= 10


def test_without_groups_it_waits_among_them() -> None:
    waits = [wait_of_one(1_000, seed=seed, groups=False) for seed in range(5)]
    assert sorted(waits)[2] > 200
