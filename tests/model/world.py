"""A queue, run_task and tasks that fail, die and take their time; and the books of all of it."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from task_scheduler.errors import TaskTimeout
from task_scheduler.queue.message import Message
from task_scheduler.tasks.context import TaskContext
from tests.model import dynamodb
from tests.model.books import Balance, Books, Plan, balance
from tests.model.functions import Poller
from tests.model.simulation import Killed, Simulation
from tests.model.sqs import Client, Faults, Queue

BATCH_SIZE = 10
RUN = "s@2026-11-23T02:00:00Z"


class World:
    """The queues, the pollers and run_task of one run of the model.

    Args:
        plans: the tasks, in the order in which they are sent.
        seed: of everything that is random.
        groups: FIFO groups that the tasks are spread over; 0 for a standard queue.
        table: shares of calls to the ledger's table, by the names of `dynamodb.Client`.
        faults: shares of calls to SQS, by the names of `Faults`.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        *,
        seed: int,
        groups: int = 0,
        timeout: float = 60.0,
        max_receives: int = 13,
        retention: float = 345_600.0,
        duplicates: float = 0.0,
        table: Mapping[str, float] = MappingProxyType({}),
        **faults: float,
    ) -> None:
        self.simulation = Simulation()
        self.random = random.Random(seed)
        self.plans = plans
        self.books = Books()
        suffix = ".fifo" if groups else ""
        fifo = bool(groups)
        self.dead_letters = Queue(f"dead{suffix}", self.simulation, self.random, fifo)
        self.queue = Queue(
            f"tasks{suffix}",
            self.simulation,
            self.random,
            fifo,
            retention=retention,
            visibility_timeout=6 * timeout,
            max_receives=max_receives,
            dead_letters=self.dead_letters,
        )
        self.faults = Faults(self.simulation, self.random, **faults)
        self.client = Client({q.name: q for q in (self.queue, self.dead_letters)}, self.faults)
        self.environment = {
            "LAMBDA_TASK_ROOT": "/var/task",
            "QUEUE_URL": self.queue.name,
            "TASKS_DEAD_LETTER_URL": self.dead_letters.name,
            "LEDGER_TABLE": "ledger",
            "MAX_RECEIVE_COUNT": str(max_receives),
            "MESSAGE_RETENTION": str(int(retention)),
        }
        self.table = dynamodb.Client(self.simulation, self.random, faults=self.faults, **table)
        self._timeout, self._duplicates = timeout, duplicates
        for number, plan in enumerate(plans):
            self._send(number, plan, f"group-{number % groups}" if groups else None)

    def run(self, handler: object, *, concurrency: int = 2, days: float = 15.0) -> Books:
        """Run everything to its end, and count the dead letters."""
        self.poller = Poller(
            self.simulation,
            self.queue,
            handler,  # type: ignore[arg-type]
            timeout=self._timeout,
            batch_size=BATCH_SIZE,
            duplicates=self._duplicates,
            on_death=self.books.unheard.update,
            on_duplicate=self._note_duplicates,
        )
        self.poller.start(concurrency)
        last = self.simulation.now + days * 86_400
        while self.queue.messages and self.simulation.now < last:
            self.simulation.run(until=self.simulation.now + 600)
        for stored in self.dead_letters.messages:
            number = _number(stored.body)
            self.books.dead[number] += 1
            self.books.reasons[number] = stored.attributes.get("reason", {}).get("StringValue", "")
        return self.books

    @property
    def balance(self) -> Balance:
        """The tasks whose ends are not as they should be, by fault."""
        return balance(self.books, self.plans)

    def work(self, number: int, context: TaskContext) -> None:
        """Do what a task's plan says; called by the task itself."""
        plan, books, simulation = self.plans[number], self.books, self.simulation
        process = simulation.current
        assert process is not None
        books.begun[number] += 1
        attempt = books.begun[number] - books.died[number]
        if books.died[number] < plan.deaths:
            process.is_dead = True
        limit = context.remaining
        try:
            simulation.sleep(min(plan.seconds, limit))
        except Killed:
            books.died[number] += 1
            raise
        process.ended.append(number)
        if plan.seconds > limit:
            raise TaskTimeout(limit)
        if attempt <= plan.failures:
            raise RuntimeError(f"failure {attempt} of {plan.failures}")
        books.done[number] += 1

    def _note_duplicates(self, records: Sequence[Any]) -> None:
        tasks = [record["body"] for record in records if "text" in record["body"]]
        self.books.delivered_twice.update(_number(body) for body in tasks)

    def _send(self, number: int, plan: Plan, group: str | None) -> None:
        message = Message(
            id=f"{RUN}#{number + 1}",
            schedule="s",
            task="work",
            text=str(number),
            retries=plan.retries,
            message_group=group,
        )
        place = {"place": {"DataType": "String", "StringValue": f"{RUN}#{number + 1}"}}
        self.queue.send(message.encode(), place, group=group, deduplication_id=message.id)


def _number(body: str) -> int:
    return int(json.loads(body)["text"])
