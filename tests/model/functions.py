"""Lambda's side of the model: the poller of a queue, and invocations that end, fail or die."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from task_scheduler.errors import BatchFailed
from tests.model.simulation import Killed, Process, Simulation
from tests.model.sqs import Queue, Stored

IDLE_SECONDS = 1.0
EMPTY_SECONDS = 3_600.0


@dataclass(eq=False, slots=True)
class _Turn:
    """The next poll of a poller that found nothing."""

    moment: float


@dataclass(frozen=True)
class Context:
    """Lambda's context, as far as the handlers use it."""

    simulation: Simulation
    deadline: float
    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        """Return the simulated milliseconds until the function is ended."""
        return int((self.deadline - self.simulation.now) * 1000)


class Poller:
    """Lambda's event source mapping: batches off a queue, a function for each.

    Args:
        handler: what is invoked.
        timeout: seconds after which an invocation is ended.
        duplicates: share of batches that are delivered twice at once.
        on_death: is given what had ended in an invocation that died.
        on_duplicate: is given the records of a batch that is delivered twice.

    Attributes:
        invocations, deaths: how many there were.
    """

    def __init__(
        self,
        simulation: Simulation,
        queue: Queue,
        handler: Callable[[Any, Any], Any],
        *,
        timeout: float,
        batch_size: int = 10,
        duplicates: float = 0.0,
        on_death: Callable[[Sequence[int]], None] = lambda _: None,
        on_duplicate: Callable[[Sequence[Any]], None] = lambda _: None,
    ) -> None:
        self.invocations = 0
        self.deaths = 0
        self._simulation = simulation
        self._queue = queue
        self._handler = handler
        self._timeout = timeout
        self._batch_size = batch_size
        self._duplicates = duplicates
        self._on_death = on_death
        self._on_duplicate = on_duplicate
        self._idle: dict[_Turn, None] = {}

    def start(self, concurrency: int) -> None:
        """Poll with so many pollers, each with one invocation at a time."""
        self._queue.on_change = self._wake
        for number in range(concurrency):
            self._poll_at(self._simulation.now + number / 10)

    def _poll_at(self, moment: float) -> None:
        turn = _Turn(moment)
        self._idle[turn] = None
        self._simulation.at(moment, lambda: self._poll(turn), is_routine=True)

    def _wake(self) -> None:
        """Let those poll soon that would wait for longer."""
        soon = self._simulation.now + IDLE_SECONDS
        for turn in [turn for turn in self._idle if turn.moment > soon]:
            del self._idle[turn]
            self._poll_at(soon)

    def _poll(self, turn: _Turn | None = None) -> None:
        if turn is not None:
            if turn not in self._idle:
                return  # it was woken before
            del self._idle[turn]
        received = self._queue.receive(self._batch_size)
        if not received:
            visible = self._queue.next_visible()
            if visible is None:
                visible = self._simulation.now + EMPTY_SECONDS
            self._poll_at(max(self._simulation.now + IDLE_SECONDS, visible))
            return
        records = [as_record(stored) for stored in received]
        if self._queue.random.random() < self._duplicates:
            self._on_duplicate(records)
            self._invoke(records, lambda: None)
        self._invoke(records, self._poll)

    def _invoke(self, records: Sequence[Any], then: Callable[[], None]) -> None:
        self.invocations += 1
        deadline = self._simulation.now + self._timeout
        context = Context(self._simulation, deadline, f"request-{self.invocations}")
        is_over: list[bool] = []

        def end() -> None:
            if not is_over:
                is_over.append(True)
                if process.is_dead:
                    self.deaths += 1
                    self._on_death(process.ended)
                then()

        def invoke() -> None:
            try:
                answer = self._handler({"Records": list(records)}, context)
            except BatchFailed:
                answer = {
                    "batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in records]
                }
            except Killed:
                answer = None
            if answer is not None and not process.is_dead:
                self._delete_what_is_done(records, answer)
            end()

        def end_at_deadline() -> None:
            if not process.is_over:
                self._simulation.kill(process)
            end()

        process: Process = self._simulation.start(invoke)
        self._simulation.at(deadline, end_at_deadline, is_routine=True)

    def _delete_what_is_done(self, records: Sequence[Any], answer: Any) -> None:
        kept = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in kept:
                self._queue.delete(record["receiptHandle"])


def as_record(stored: Stored) -> dict[str, Any]:
    """Return a received message as Lambda hands it over."""
    attributes = {
        "ApproximateReceiveCount": str(stored.receives),
        "SentTimestamp": str(int(stored.sent * 1000)),
        "ApproximateFirstReceiveTimestamp": str(int(stored.first_received * 1000)),
    }
    if stored.group is not None:
        attributes["MessageGroupId"] = stored.group
        attributes["MessageDeduplicationId"] = str(stored.deduplication_id)
    return {
        "messageId": stored.id,
        "receiptHandle": stored.receipt,
        "body": stored.body,
        "attributes": attributes,
        "messageAttributes": {
            name: {"stringValue": attribute["StringValue"], "dataType": "String"}
            for name, attribute in stored.attributes.items()
        },
    }


def _none_of(records: Sequence[Any]) -> dict[str, Any]:
    """Return what a function that failed amounts to: every message stays."""
    return {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in records]}
