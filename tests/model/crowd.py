"""A night with a long list, or many schedules, and a thousand pollers that begin at once."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.model.books import Books, Plan
from tests.model.night import Night
from tests.model.simulation import Simulation
from tests.model.sqs import Queue, Stored

SECONDS = 0.2
"""Of a task."""


class LongQueue(Queue):
    """A standard queue that is as quick with a hundred thousand messages as with ten.

    Args:
        window: messages, of those that came first, of which a receive is a random sample.
    """

    def __init__(self, simulation: Simulation, randomness: random.Random, window: int) -> None:
        super().__init__("tasks", simulation, randomness)
        self._window = window
        self._left: set[str] = set()
        self._waiting: deque[Stored] = deque()
        self._mixed: list[Stored] = []
        self._hidden: list[tuple[float, str, Stored]] = []

    def send(self, body: str, attributes: Mapping[str, Any], **_: Any) -> str:
        """Store a message."""
        now, identity = self.simulation.now, str(next(self._numbers))
        stored = Stored(id=identity, body=body, attributes=attributes, sent=now, visible=now)
        self._left.add(identity)
        self._waiting.append(stored)
        self.messages = [stored]
        return identity

    def receive(self, most: int) -> list[Stored]:
        """Receive up to so many messages."""
        now = self.simulation.now
        while self._hidden and self._hidden[0][0] <= now:
            back = heapq.heappop(self._hidden)[2]
            if back.id in self._left:
                self._waiting.append(back)
        found: list[Stored] = []
        while len(found) < most and (stored := self._draw()):
            stored.receives += 1
            stored.first_received = stored.first_received or now
            stored.visible = now + self.visibility_timeout
            stored.receipt = f"{stored.id}/{stored.receives}"
            heapq.heappush(self._hidden, (stored.visible, stored.id, stored))
            found.append(stored)
        return found

    def delete(self, receipt: str) -> None:
        """Delete a message; there is one in `messages` until all are gone."""
        self._left.discard(receipt.rpartition("/")[0])
        if not self._left:
            self.messages = []

    def next_visible(self) -> float | None:
        """The moment at which the next message can be received; None on an empty queue."""
        if self._waiting or self._mixed:
            return self.simulation.now
        return self._hidden[0][0] if self._hidden else None

    def _draw(self) -> Stored | None:
        while self._waiting and len(self._mixed) < self._window:
            self._mixed.append(self._waiting.popleft())
        if not self._mixed:
            return None
        place = self.random.randrange(len(self._mixed))
        self._mixed[place], self._mixed[-1] = self._mixed[-1], self._mixed[place]
        return self._mixed.pop()


class Crowd(Night):
    """A night in which all tasks succeed, and what is sent in a minute is received at its end.

    Args:
        folder: for the list.
        tasks: of each run.
        pollers: that run_task has at most, each with an invocation of ten tasks at a time.
        window: messages that SQS mixes.
        schedules: that are due at once, each with one run.
    """

    def __init__(
        self, folder: Path, tasks: int, *, pollers: int, window: int, schedules: int = 1
    ) -> None:
        later = [
            (number / schedules, {"schedule": f"s{number}", "scheduled_time": _TIME})
            for number in range(1, schedules)
        ]
        super().__init__([Plan(seconds=SECONDS)] * tasks, seed=1, days=0.1, later=later)
        (folder / "list.txt").write_text("\n".join(map(str, range(tasks))))
        del self.event["tasks"]
        self.event |= {"tasks_file": "list.txt", "notify_on": ["failure"]}
        self.environment["LAMBDA_TASK_ROOT"] = str(folder)
        self.queue = LongQueue(self.simulation, self.random, window)
        self.client._queues = {**self.client._queues, "tasks": self.queue}
        self._pollers = pollers

    def run(self, handler: object, *, concurrency: int = 1, days: float = 15.0) -> Books:
        """Run everything to its end; a poller that finds nothing comes again after a minute."""
        books = super().run(handler, concurrency=concurrency, days=days)
        for _ in range(concurrency, self._pollers):
            self.poller.start(1)
        return books


_TIME = "2026-11-23T02:00:00Z"
