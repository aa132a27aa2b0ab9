"""The model's clock, which goes from one thing to the next and leaves none out."""

from __future__ import annotations

import random
from typing import Any

from tests.model.functions import IDLE_SECONDS, Poller
from tests.model.simulation import EPOCH, Simulation
from tests.model.sqs import Queue


def test_who_sleeps_until_another_has_a_turn_goes_on_after_it() -> None:
    simulation = Simulation()
    seen: list[tuple[str, float]] = []

    def sleeper() -> None:
        for _ in range(3):
            simulation.sleep(1)
            seen.append(("sleeper", simulation.now - EPOCH))

    simulation.start(sleeper)
    for moment in (2, 2.5):
        simulation.at(EPOCH + moment, lambda: seen.append(("other", simulation.now - EPOCH)))
    simulation.run(until=EPOCH + 10)

    assert seen == [("sleeper", 1), ("other", 2), ("sleeper", 2), ("other", 2.5), ("sleeper", 3)]
    assert simulation.now == EPOCH + 10


def test_who_sleeps_beyond_the_end_of_a_stretch_goes_on_in_the_next() -> None:
    simulation = Simulation()
    moments: list[float] = []

    def sleeper() -> None:
        simulation.sleep(5)
        moments.append(simulation.now - EPOCH)

    simulation.start(sleeper)
    simulation.run(until=EPOCH + 4)

    assert moments == []
    assert simulation.now == EPOCH + 4
    assert not simulation.has_only_routine
    simulation.run(until=EPOCH + 8)
    assert moments == [5]


def test_a_poller_of_an_empty_queue_takes_a_message_soon_after_it_is_sent() -> None:
    simulation = Simulation()
    queue = Queue("q", simulation, random.Random(1))
    received: list[tuple[str, float]] = []

    def handler(event: Any, _context: Any) -> Any:
        received.extend((each["body"], simulation.now) for each in event["Records"])
        return {"batchItemFailures": []}

    Poller(simulation, queue, handler, timeout=60).start(2)
    sent = EPOCH + 5_000.5

    def send() -> None:
        queue.send("hello", {})

    simulation.at(sent, send)
    simulation.run(until=EPOCH + 10_000)

    assert received == [("hello", sent + IDLE_SECONDS)]
    assert queue.messages == []


def test_a_group_is_received_from_as_soon_as_none_of_it_is_in_flight() -> None:
    queue = Queue("q", Simulation(), random.Random(1), is_fifo=True)
    for number in range(3):
        queue.send(str(number), {}, group="a", deduplication_id=str(number))
    [first] = queue.receive(1)

    assert queue.next_visible() == EPOCH + queue.visibility_timeout
    queue.delete(first.receipt)
    assert queue.next_visible() == EPOCH
