"""The model of SQS does what SQS's documentation says."""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.model.simulation import Simulation
from tests.model.sqs import Client, Faults, Queue


def make_queue(**attributes: Any) -> Queue:
    return Queue("q", Simulation(), random.Random(1), **attributes)


def wait(queue: Queue, seconds: float) -> None:
    queue.simulation.run(until=queue.simulation.now + seconds)


def bodies(queue: Queue, most: int = 10) -> list[str]:
    return [stored.body for stored in queue.receive(most)]


def put(queue: Queue, *texts: str, group: str | None = None) -> None:
    for text in texts:
        queue.send(text, {}, group=group, deduplication_id=f"{group}{text}")


def test_a_received_message_is_hidden_for_the_visibility_timeout() -> None:
    queue = make_queue(visibility_timeout=30.0)
    put(queue, "a")

    assert bodies(queue) == ["a"]
    wait(queue, 29.9)
    assert bodies(queue) == []
    wait(queue, 0.1)
    [again] = queue.receive(10)
    assert (again.body, again.receives) == ("a", 2)


def test_a_batch_is_a_random_sample_of_what_is_visible() -> None:
    texts = [str(number) for number in range(50)]
    queue = make_queue()
    put(queue, *texts)

    assert bodies(queue) != texts[:10]


def test_a_message_that_was_received_often_enough_goes_to_the_dead_letter_queue() -> None:
    queue = make_queue(visibility_timeout=1.0, max_receives=2)
    queue.dead_letters = dead_letters = Queue("dead", queue.simulation, queue.random)
    put(queue, "a")

    for _ in range(2):
        assert bodies(queue) == ["a"]
        wait(queue, 1.0)

    assert bodies(queue) == []
    assert bodies(dead_letters) == ["a"]


def test_retention_drops_a_message_wherever_it_is() -> None:
    queue = make_queue(retention=60.0, visibility_timeout=100.0)
    put(queue, "a")
    queue.receive(10)

    wait(queue, 100.0)

    assert bodies(queue) == []
    assert [stored.body for stored in queue.dropped] == ["a"]


def test_a_fifo_group_waits_for_its_first_message_and_other_groups_do_not() -> None:
    queue = make_queue(is_fifo=True, visibility_timeout=30.0)
    put(queue, "a1", "a2", group="a")
    assert bodies(queue, most=1) == ["a1"]
    put(queue, "b1", group="b")

    assert bodies(queue) == ["b1"]
    wait(queue, 30.0)
    assert bodies(queue) == ["a1", "a2", "b1"]


def test_a_fifo_queue_swallows_an_id_that_it_saw_within_five_minutes() -> None:
    queue = make_queue(is_fifo=True)
    put(queue, "a", "a", group="g")
    wait(queue, 300.0)
    put(queue, "a", group="g")

    assert len(queue.messages) == 2


def test_only_the_last_receipt_handle_changes_the_visibility() -> None:
    queue = make_queue(visibility_timeout=1.0)
    put(queue, "a")
    first = queue.receive(1)[0].receipt
    wait(queue, 1.0)
    second = queue.receive(1)[0].receipt

    with pytest.raises(ClientError, match="MessageNotInflight"):
        queue.hide(first, 10.0)
    queue.hide(second, 10.0)
    wait(queue, 9.0)
    assert bodies(queue) == []


def test_a_call_that_is_not_answered_has_had_its_effect() -> None:
    queue = make_queue()
    faults = Faults(queue.simulation, random.Random(1), unanswered=1.0)
    errors: list[str] = []

    def send() -> None:
        entry = {"Id": "0", "MessageBody": "a"}
        try:
            Client({"q": queue}, faults).send_message_batch(QueueUrl="q", Entries=[entry])
        except ClientError as error:
            errors.append(error.response["Error"]["Code"])

    queue.simulation.start(send)
    wait(queue, 1.0)

    assert errors == ["RequestTimeout"]
    assert bodies(queue) == ["a"]
