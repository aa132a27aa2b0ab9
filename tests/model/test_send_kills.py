"""send_task is killed before and after each of its calls, and invoked again as Lambda does."""

from __future__ import annotations

import json
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from task_scheduler import send_task
from tests.model import dynamodb
from tests.model.functions import Context
from tests.model.handlers import surroundings
from tests.model.night import RUN
from tests.model.simulation import EPOCH, Killed, Simulation
from tests.model.sqs import Client, Faults, Queue

TEXTS = [str(number) for number in range(12)]
TOO_LONG = "x" * 300_000
EVENT = {
    "version": 1, "schedule": "s", "scheduled_time": "2026-11-23T02:00:00Z",
    "tasks": [*TEXTS, TOO_LONG],
}  # fmt: skip
CALLS = [
    "get_item ledger",  # is the schedule paused?
    "get_item ledger",  # are all?
    "put_item ledger",  # keep_runs is to look at the run
    "update_item ledger",  # the claim
    "SendMessageBatch tasks",
    "SendMessageBatch runs",
    "SendMessageBatch tasks",
    "put_item ledger",  # the reason of the refused line
    "update_item ledger",  # its end
    "put_item ledger",
    "update_item ledger",  # how long the list is
    "update_item ledger",  # how long its last chunk is
    "put_item ledger",  # keep_runs is to look at a run with a failure
    "update_item ledger",
]
RETRY_SECONDS = 60


class Sending:
    """An invocation of send_task, repeated by Lambda after a death."""

    def __init__(self, *, is_fifo: bool) -> None:
        self.simulation = Simulation()
        self.random = randomness = random.Random(1)
        suffix = ".fifo" if is_fifo else ""
        self.tasks = Queue(f"tasks{suffix}", self.simulation, randomness, is_fifo)
        self.runs = Queue("runs", self.simulation, randomness)
        self.faults = Faults(self.simulation, randomness)
        self.client = Client({queue.name: queue for queue in (self.tasks, self.runs)}, self.faults)
        self.table = dynamodb.Client(self.simulation, randomness, faults=self.faults)
        self.environment = {
            "QUEUE_URL": self.tasks.name, "RUNS_DEAD_LETTER_URL": self.runs.name,
            "LAMBDA_TASK_ROOT": "/var/task", "LEDGER_TABLE": "ledger",
        }  # fmt: skip
        self.deaths = 0

    def run(self) -> None:
        """Run it to its end."""
        with surroundings(self, lambda: None):
            self.simulation.start(self._invoke)
            self.simulation.run(until=EPOCH + 3_600)

    @property
    def total(self) -> int:
        """The length of the list as the ledger has it."""
        return int(self.table.items[RUN.item]["total"]["N"])

    def _invoke(self) -> None:
        process = self.simulation.current
        assert process is not None
        context = Context(self.simulation, self.simulation.now + 30)
        with suppress(Killed):
            send_task.handler(EVENT, context)  # type: ignore[arg-type]
        if process.is_dead:
            self.deaths += 1
            self.simulation.start(self._invoke, delay=RETRY_SECONDS)


def bodies(queue: Queue) -> list[dict[str, Any]]:
    return [json.loads(stored.body) for stored in queue.messages]


@pytest.mark.parametrize("is_fifo", [False, True])
def test_the_calls_of_a_run_are_these(is_fifo: bool) -> None:
    sending = Sending(is_fifo=is_fifo)

    sending.run()

    if not is_fifo:
        assert sending.faults.calls == CALLS
    assert [message["text"] for message in bodies(sending.tasks)] == TEXTS
    [dead_letter] = bodies(sending.runs)
    assert dead_letter["line"] == len(TEXTS) + 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(len(CALLS)))
@pytest.mark.parametrize("is_fifo", [False, True])
def test_a_kill_at_a_call_loses_no_task_and_repeats_one_under_its_id_alone(
    is_fifo: bool, number: int, when: str
) -> None:
    sending = Sending(is_fifo=is_fifo)
    sending.faults.kill_at = (number, when)

    sending.run()

    assert sending.deaths == 1
    ids = Counter((message["id"], message["text"]) for message in bodies(sending.tasks))
    assert {text for _, text in ids} == set(TEXTS)
    assert len(ids) == len(TEXTS)
    assert max(ids.values()) <= (1 if is_fifo else 2)
    assert len(sending.runs.messages) in (1, 2)
    assert sending.total == len(TEXTS) + 1
