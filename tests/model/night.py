"""A run from its schedule to its digest, by the real handlers, with whatever befalls them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from task_scheduler import keep_runs, run_task, send_task
from task_scheduler.notifications.digest import Digest, compose_digest
from task_scheduler.notifications.notifier import Sending
from task_scheduler.runs.chunk import CHUNK_SIZE, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.table import DUE, Item
from task_scheduler.runs.wire import from_wire
from task_scheduler.tasks.context import TaskContext
from tests.model import dynamodb
from tests.model.books import Plan
from tests.model.functions import Context
from tests.model.handlers import surroundings
from tests.model.simulation import EPOCH, Killed, Process
from tests.model.sqs import Queue
from tests.model.world import World

RUN = RunId(schedule="s", key="s@2026-11-23T02:00:00Z")
RETRIES = 2
LAMBDA_RETRIES = (60.0, 120.0)
KEEP_SECONDS = 300.0
LOOKS_AN_HOUR = 12
SECONDS = 60.0
DAYS = 15


class Night(World):
    """A world in which send_task sends a list, and keep_runs looks at it.

    Args:
        plans: of the tasks, all with RETRIES; None for a line that is refused.
        seed: of everything that is random.
        event: more of the schedule's input.
        twice: whether Scheduler delivers the event twice.
        undelivered: share of digests that cannot be delivered.
        days: that it lasts.
        later: what is different in further events, and seconds after which they come.
        settings: of `World`.

    Attributes:
        digests: that were delivered, and the moment.
        unmarked: processes that delivered a digest, and did not live or manage to mark that.
        unstarted: tasks of which it was written down that they begin, and which then did not.
    """

    def __init__(
        self,
        plans: list[Plan | None],
        *,
        seed: int,
        event: Mapping[str, Any] | None = None,
        twice: bool = False,
        undelivered: float = 0.0,
        days: float = DAYS,
        later: Sequence[tuple[float, Mapping[str, Any]]] = (),
        **settings: Any,
    ) -> None:
        super().__init__([], seed=seed, **settings)
        self.plans = [plan or Plan(failures=9) for plan in plans]
        texts = [str(n) if plan else "x" * 300_000 for n, plan in enumerate(plans)]
        self.event = {
            "version": 1, "schedule": "s", "scheduled_time": "2026-11-23T02:00:00Z",
            "task": "work", "tasks": texts, "retries": RETRIES, "timezone": "Europe/Berlin",
            "notify_on": ["success", "failure", "recovery"], **(event or {}),
        }  # fmt: skip
        self.runs_dead_letters = Queue("runs", self.simulation, self.random)
        self.client._queues = {**self.client._queues, "runs": self.runs_dead_letters}
        self.environment |= {
            "RUNS_DEAD_LETTER_URL": "runs",
            "SEND_TASK_FUNCTION": "send_task",
            "AWS_LAMBDA_FUNCTION_NAME": "send_task",
        }
        self.digests: list[tuple[float, Digest]] = []
        self.unmarked: set[Process | None] = set()
        self.unstarted: list[tuple[Process | None, int]] = []
        self.closes: Counter[str] = Counter()
        self.lost_events = 0
        self._twice, self._days, self._later = twice, days, later
        self._undelivered = undelivered
        self._invocations = self._looks = 0
        self.table.on_effect = self._watch

    def live(self) -> None:
        """Let everything happen: the schedule fires, the queue is polled, keep_runs comes by."""
        lambda_ = SimpleNamespace(invoke=self._invoke)
        others: dict[str, Any] = {
            "aws.lambda_": lambda: lambda_,
            "notifications.notifier.NOTIFIER.send": self._notify,
        }
        with surroundings(self, self._work, **others):
            for _ in range(2 if self._twice else 1):
                self.invoke_later(self.event, delay=self.random.random() * 5)
            for delay, event in self._later:
                self.invoke_later({**self.event, **event}, delay=delay)
            self._keep_again()
            self.run(run_task.handler, days=0)
            self._live_until(EPOCH + self._days * 86_400)
            self.books.dead.clear()
            self.run(run_task.handler, days=0)

    def _live_until(self, end: float) -> None:
        """Go on to the end; where all is quiet, only the last look of keep_runs is left."""
        while self.simulation.now < end:
            if self._is_quiet and self.simulation.now < end - SECONDS:
                self.simulation.skip_to(end - SECONDS)
                self._keep()
            self.simulation.run(until=min(end, self.simulation.now + 3_600))

    @property
    def _is_quiet(self) -> bool:
        """True if nothing can happen any more: none is on its way, queued, or marked as due."""
        is_idle = self.simulation.has_only_routine and not self.queue.messages
        return is_idle and not any(pk == DUE for pk, _ in self.table.items)

    def item(self, run: RunId = RUN) -> Item:
        """Return a run's item; empty if there is none."""
        return from_wire(self.table.items.get(run.item, {}))

    def invoke_later(
        self, event: Mapping[str, Any], *, delay: float = 0.0, attempt: int = 0, request: str = ""
    ) -> None:
        """Invoke send_task asynchronously, as Scheduler does; Lambda repeats what fails."""
        self._invocations += 1
        request = request or f"send-{self._invocations}"

        def again() -> None:
            if attempt < len(LAMBDA_RETRIES):
                self.invoke_later(
                    event, delay=LAMBDA_RETRIES[attempt], attempt=attempt + 1, request=request
                )
            else:
                self.lost_events += 1

        self._start(lambda context: send_task.handler(dict(event), context), delay, request, again)

    def _keep_again(self) -> None:
        """Let keep_runs come by every 5 minutes; where nothing is due, every hour."""
        due = [item["due_at"]["N"] for (pk, _), item in self.table.items.items() if pk == DUE]
        is_due = any(int(moment) <= self.simulation.now for moment in due)
        if is_due or self._looks % LOOKS_AN_HOUR == 0:
            self._keep()
        self._looks += 1
        self.simulation.at(self.simulation.now + KEEP_SECONDS, self._keep_again, is_routine=True)

    def _keep(self) -> None:
        self._invocations += 1
        request = f"keep-{self._invocations}"
        self._start(lambda context: keep_runs.handler({}, context), 0.0, request, lambda: None)

    def _start(
        self,
        handler: Callable[[Any], Any],
        delay: float,
        request: str,
        failed: Callable[[], None],
    ) -> None:
        is_over: list[bool] = []

        def fail() -> None:
            if not is_over:
                is_over.append(True)
                failed()

        def work() -> None:
            deadline = self.simulation.now + SECONDS
            self.simulation.at(deadline, end, is_routine=True)
            try:
                handler(Context(self.simulation, deadline, request))
            except Killed:
                fail()
                raise
            except Exception:
                fail()
            if process.is_dead:
                fail()

        def end() -> None:
            if not process.is_over:
                self.simulation.kill(process)
                fail()

        process = self.simulation.start(work, delay=delay)

    def _invoke(self, *, Payload: str, **_: Any) -> None:  # noqa: N803  # boto3's name
        def effect(_entry: Any) -> None:
            self.invoke_later(json.loads(Payload), delay=0.1)

        self.faults.call("Invoke", "send_task", [{"Id": "0"}], effect)

    def _notify(self, digest: Digest, *, seconds: float) -> Sending:
        self.simulation.sleep(0.3)
        if self.random.random() < self._undelivered:
            return Sending(is_done=False)
        self.digests.append((self.simulation.now, digest))
        process = self.simulation.current
        if not digest.is_early:
            self.unmarked.add(process)
        if self.faults.killed and process is not None and self.random.random() < 0.05:
            process.is_dead = True
            self.simulation.sleep(0.0)
        return Sending(is_done=True, taken=compose_digest(digest))

    def _work(self, text: str, context: TaskContext) -> None:
        started = self.simulation.current, int(text)
        if started in self.unstarted:
            self.unstarted.remove(started)
        self.work(int(text), context)

    def _watch(self, operation: str, before: dynamodb.Wire, after: dynamodb.Wire) -> None:
        """Count how often a run leaves `running`; note marks of digests and of beginnings."""
        if "notified" in after:
            self.unmarked.discard(self.simulation.current)
        begun = set(after.get("begun", {}).get("NS", ())) - set(
            before.get("begun", {}).get("NS", ())
        )
        for number in begun:
            self.unstarted.append((self.simulation.current, _number(after["pk"]["S"], int(number))))
        was = before.get("state", {}).get("S")
        now = after.get("state", {}).get("S")
        if was == "running" and now not in (None, "running"):
            self.closes[after["sk"]["S"]] += 1


def _number(partition: str, receive: int) -> int:
    """Return the number of a task, from 0, of which a receive was noted in a chunk."""
    chunk = int(partition.rpartition("#")[2])
    first = Position(chunk, 0).receive(0)
    step = Position(chunk, 1).receive(0) - first
    return chunk * CHUNK_SIZE + receive // step


def draw(randomness: random.Random) -> list[Plan | None]:
    """Draw a list: most tasks succeed, some fail, die, or are refused."""
    total = randomness.choice([0, 1, 2, 9, 11, 40, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE + 7])
    plans: list[Plan | None] = []
    for _ in range(total):
        if randomness.random() < 0.01:
            plans.append(None)
            continue
        plans.append(
            Plan(
                seconds=randomness.choice([0.01, 0.01, 0.2, 1.0]),
                failures=randomness.choices([0, 1, 2, 9], [88, 6, 3, 3])[0],
                deaths=randomness.choices([0, 1, 9], [985, 10, 5])[0],
                retries=RETRIES,
            )
        )
    return plans
