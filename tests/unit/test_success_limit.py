"""Successes of short lists only are notified: how long a list is, is known before it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.conftest import Chain, Fire, Hurried, Queue

ALL = ["success", "failure", "recovery"]
QUIETER = ["failure", "recovery"]


@pytest.fixture(autouse=True)
def _limit(monkeypatch: pytest.MonkeyPatch, runs_dead_letter: Queue) -> None:
    monkeypatch.setenv("NOTIFY_SUCCESS_LIMIT", "25")


def notify_on(queue: Queue) -> dict[str, list[str] | None]:
    """notify_on of each message, by its text."""
    bodies = [json.loads(message["body"]) for message in queue.receive_all()]
    return {body["text"]: body.get("notify_on") for body in bodies}


def texts(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("count", "expected"), [(1, ALL), (25, ALL), (26, QUIETER), (100, QUIETER)]
)
def test_successes_are_notified_up_to_the_limit(
    queue: Queue, fire: Fire, count: int, expected: list[str]
) -> None:
    summary = fire(tasks=texts(count), notify_on=ALL)

    assert notify_on(queue) == dict.fromkeys(texts(count), expected)
    assert summary["sent"] == count


@pytest.mark.parametrize("other", [None, ["failure"], []])
def test_a_long_list_keeps_its_other_notifications(
    queue: Queue, fire: Fire, other: list[str] | None
) -> None:
    fire(tasks=texts(30), notify_on=other)

    assert notify_on(queue) == dict.fromkeys(texts(30), other or None)


def test_a_long_list_that_notifies_successes_only_notifies_nothing(
    queue: Queue, fire: Fire
) -> None:
    fire(tasks=texts(26), notify_on=["success"])

    assert notify_on(queue) == dict.fromkeys(texts(26), None)


def test_refused_lines_do_not_count(queue: Queue, fire: Fire, tmp_path: Any) -> None:
    lines = [json.dumps(text) for text in texts(25)]
    (tmp_path / "list.jsonl").write_text("\n".join([*lines, "{oops"]))

    fire(tasks_file="list.jsonl", notify_on=ALL)

    assert set(map(tuple, notify_on(queue).values())) == {tuple(ALL)}  # type: ignore[arg-type]


def test_no_more_than_the_limit_is_read_ahead(
    queue: Queue, fire: Fire, write_tasks: Callable[..., Any], tmp_path: Any
) -> None:
    """The generator sees the queue: its first messages are there before its last are made."""
    write_tasks(
        sources=f"""
            import time
            import boto3
            from task_scheduler import aws, task_source

            def is_there():
                url = {queue.url!r}
                attributes = aws.sqs().get_queue_attributes(
                    QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
                return int(attributes["ApproximateNumberOfMessages"]) > 0

            @task_source("many")
            def many():
                for number in range(200):
                    if number in (20, 60):
                        deadline = time.monotonic() + (number > 25) * 10
                        while not is_there() and time.monotonic() < deadline:
                            time.sleep(0.05)
                        yield f"{{number}}: {{is_there()}}"
                    else:
                        yield str(number)
        """
    )

    fire(tasks_source="many", notify_on=ALL)

    texts = notify_on(queue)
    assert len(texts) == 200
    assert "20: False" in texts
    assert "60: True" in texts


def test_a_list_that_takes_several_invocations_is_not_short(
    queue: Queue, fire: Fire, tmp_path: Any, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("\n".join(texts(40)))
    chain.events.append({"tasks_file": "list.txt", "notify_on": ALL})

    while chain.events:
        fire(context=Hurried(looks=11), **chain.events.pop())

    assert notify_on(queue) == dict.fromkeys(texts(40), QUIETER)


def test_a_fifo_queue_gets_what_was_read_ahead_in_order(
    make_queue: Callable[..., Queue], fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)

    fire(tasks=texts(30), notify_on=ALL)

    assert list(notify_on(fifo)) == texts(30)
