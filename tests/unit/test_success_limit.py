"""Successes are told of short lists only: whether a list is short is known before it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler.queue.message import Message
from task_scheduler.runs.run import Run
from task_scheduler.task_list.success_limit import SuccessLimit
from task_scheduler.task_list.task_list import TaskList
from tests.unit.conftest import Chain, Fire, Hurried, Queue

ALL = ["success", "failure", "recovery"]
QUIETER = ["failure", "recovery"]


@pytest.fixture(autouse=True)
def _limit(monkeypatch: pytest.MonkeyPatch, runs_dead_letter: Queue) -> None:
    monkeypatch.setenv("NOTIFY_SUCCESS_LIMIT", "25")


def told(queue: Queue) -> dict[str, list[str] | None]:
    """notify_on of each message, by its text."""
    bodies = [json.loads(message["body"]) for message in queue.receive_all()]
    return {body["text"]: body.get("notify_on") for body in bodies}


def texts(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("count", "notify_on"), [(1, ALL), (25, ALL), (26, QUIETER), (100, QUIETER)]
)
def test_successes_are_told_up_to_the_limit(
    queue: Queue, fire: Fire, count: int, notify_on: list[str]
) -> None:
    summary = fire(tasks=texts(count), notify_on=ALL)

    assert told(queue) == dict.fromkeys(texts(count), notify_on)
    assert summary["sent"] == count


@pytest.mark.parametrize("notify_on", [None, ["failure"], []])
def test_a_list_of_whatever_length_keeps_what_else_is_told(
    queue: Queue, fire: Fire, notify_on: list[str] | None
) -> None:
    fire(tasks=texts(30), notify_on=notify_on)

    assert told(queue) == dict.fromkeys(texts(30), notify_on or None)


def test_who_wants_successes_alone_of_a_long_list_hears_nothing(queue: Queue, fire: Fire) -> None:
    fire(tasks=texts(26), notify_on=["success"])

    assert told(queue) == dict.fromkeys(texts(26), None)


def test_lines_that_are_refused_do_not_count(queue: Queue, fire: Fire, tmp_path: Any) -> None:
    lines = [json.dumps(text) for text in texts(25)]
    (tmp_path / "list.jsonl").write_text("\n".join([*lines, "{oops"]))

    fire(tasks_file="list.jsonl", notify_on=ALL)

    assert set(map(tuple, told(queue).values())) == {tuple(ALL)}  # type: ignore[arg-type]


def test_no_more_than_the_limit_is_held(
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

    texts = told(queue)
    assert len(texts) == 200
    assert "20: False" in texts
    assert "60: True" in texts


def test_once_a_list_is_known_to_be_long_nothing_is_held(tmp_path: Any) -> None:
    run = Run(key="s@t", schedule="s", tasks=[], notify_on=ALL)
    sent: list[tuple[str, list[str] | None]] = []
    limit = SuccessLimit(
        TaskList(run, tmp_path),
        lambda message, body: sent.append((message.id, json.loads(body).get("notify_on"))),
        limit=2,
    )

    counts = []
    for position in range(1, 6):
        message = run.message(position, text="x")
        limit.put(message, message.encode())
        counts.append(len(sent))

    assert counts == [0, 0, 3, 4, 5]
    assert sent[:3] == [(f"s@t#{position}", QUIETER) for position in (1, 2, 3)]


def test_a_list_whose_successes_nobody_wants_is_not_held_at_all(tmp_path: Any) -> None:
    run = Run(key="s@t", schedule="s", tasks=[], notify_on=["failure"])
    sent: list[str] = []
    limit = SuccessLimit(
        TaskList(run, tmp_path), lambda message, _body: sent.append(message.id), limit=2
    )

    limit.put(run.message(1, text="x"), "its body")

    assert sent == ["s@t#1"]


def test_a_short_list_is_sent_as_it_was_put(tmp_path: Any) -> None:
    run = Run(key="s@t", schedule="s", tasks=[], notify_on=ALL)
    sent: list[tuple[Message, str]] = []
    limit = SuccessLimit(TaskList(run, tmp_path), lambda *each: sent.append(each), limit=2)
    message = run.message(1, text="x")
    limit.put(message, "its body")

    limit.end(is_whole=True)

    assert sent == [(message, "its body")]


def test_what_another_invocation_goes_on_with_is_no_short_list(
    queue: Queue, fire: Fire, tmp_path: Any, chain: Chain
) -> None:
    (tmp_path / "list.txt").write_text("\n".join(texts(40)))
    chain.events.append({"tasks_file": "list.txt", "notify_on": ALL})

    while chain.events:
        fire(context=Hurried(looks=11), **chain.events.pop())

    assert told(queue) == dict.fromkeys(texts(40), QUIETER)


def test_a_fifo_queue_gets_what_was_held_in_order(
    make_queue: Callable[..., Queue], fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)

    fire(tasks=texts(30), notify_on=ALL)

    assert list(told(fifo)) == texts(30)
