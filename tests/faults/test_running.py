"""Whatever befalls run_task and its tasks, each is run or is a dead letter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from task_scheduler.queue.message import Message
from tests.faults import proxy as faults
from tests.faults.proxy import CLIENTS_TRIES, FaultProxy, Rule
from tests.faults.stack import TASKS, Stack


def _among(*befalls: str) -> list[str]:
    """As many tasks as each test has, with those that something befalls evenly among them."""
    texts = [str(number) for number in range(TASKS)]
    for index, what in enumerate(befalls):
        number = round((index + 0.5) * TASKS / len(befalls))
        texts[number] = f"{what} {number}"
    return texts


def _of(befalls: str, texts: list[str]) -> set[str]:
    return {text for text in texts if text.startswith(f"{befalls} ")}


def test_tasks_that_end_their_function_are_run_again_or_dead_letters_and_no_neighbour_is_lost(
    open_stack: Callable[..., Stack],
) -> None:
    """By os._exit and by overrunning it, before and after the effect, once and always."""
    stack = open_stack(run_task_timeout=4)
    once = ["dies-before", "overruns-before", "dies-after", "overruns-after", "sleeps"]
    texts = _among(*once, "always-dies", *once)

    stack.fire(tasks=texts)
    stack.wait_until_done()

    assert Counter(text.split()[0] for text, _ in stack.notes("deaths")) == {
        "dies-before": 2,
        "dies-after": 2,
        "overruns-before": 2,
        "overruns-after": 2,
        "always-dies": 4,
    }
    [always] = _of("always-dies", texts)
    again = stack.effects() - Counter(texts)
    assert again.keys() <= stack.lost_with_their_process()
    struck_after = _of("dies-after", texts) | _of("overruns-after", texts) | {always}
    assert struck_after <= again.keys()
    assert again.pop(always) == 3
    assert set(again.values()) == {1}
    stack.check_books(texts, dead=[always], run_too=[always], again=again + Counter({always: 3}))
    [dead_letter] = stack.dead_letters
    assert dead_letter["error"] == "OutOfAttempts"


def test_a_sandbox_whose_threads_hang_ends_itself_and_no_task_is_run_twice(
    open_stack: Callable[..., Stack],
) -> None:
    stack = open_stack(run_task_timeout=4, TASK_CONCURRENCY="10")
    texts = _among(*["sleeps"] * 10)

    stack.fire(tasks=texts)
    stack.wait_until_done()

    stack.check_books(texts)
    assert len({process for _, process in stack.notes("effects")}) >= 10


def test_retries_come_although_the_visibility_cannot_be_changed(
    open_stack: Callable[..., Stack], proxy: FaultProxy
) -> None:
    stack = open_stack(run_task_timeout=4)
    rule = Rule("ChangeMessageVisibilityBatch", faults.forbidden)
    proxy.inject(rule)
    texts = _among(*["raises-once"] * 40)
    stack.fire(tasks=texts)
    stack.wait_until_done()
    assert rule.struck >= 20
    stack.check_books(texts)


def test_failed_tasks_wait_on_the_queue_while_their_dead_letter_queue_refuses_them(
    open_stack: Callable[..., Stack], proxy: FaultProxy
) -> None:
    """Those that it refuses for ever SQS itself dead-letters in the end, without a reason."""
    stack = open_stack(run_task_timeout=6, max_receive_count=4)
    name = stack.names["tasks_dead_letter_queue"]["name"]
    for_ever = Rule("SendMessageBatch", faults.forbidden, about=(name, "unlucky"))
    for_a_while = [
        Rule("SendMessageBatch", fault, about=(name,), tries=CLIENTS_TRIES, times=times)
        for fault, times in [(faults.silent, 2), (faults.failing, 6), (faults.throttled, 12)]
    ]
    proxy.inject(for_ever, *for_a_while)
    texts = _among(*["raises"] * 15, *["raises unlucky"] * 5)

    stack.fire(tasks=texts, retries=0)
    stack.wait_until_done()

    assert for_ever.struck == 5 * 4
    assert [rule.struck for rule in for_a_while] == [2, 6, 12]
    stack.check_books(texts, dead=_of("raises", texts))
    reasons = {json.loads(each["body"])["text"]: each.get("reason") for each in stack.dead_letters}
    assert Counter(reasons.values()) == {"no luck": 15, None: 5}


def test_hostile_messages_are_dead_letters_and_take_no_neighbour_along(
    stack: Stack, tmp_path: Path
) -> None:
    mark = tmp_path / "executed"
    hostile = [body.replace("MARK", str(mark)) for body in HOSTILE]
    texts = [str(number) for number in range(TASKS)]
    bodies = [
        Message(id=text, task="record", text=text, args={"folder": str(tmp_path)}).encode()
        for text in texts
    ]
    for index, body in enumerate(hostile * 5):
        bodies.insert(30 * index, body)

    stack.put(bodies)
    stack.wait_until_done()

    assert stack.effects() == Counter(texts)
    assert Counter(dead_letter["body"] for dead_letter in stack.dead_letters) == Counter(
        hostile * 5
    )
    assert {dead_letter["outcome"] for dead_letter in stack.dead_letters} == {"unreadable"}
    assert not mark.exists()


HOSTILE = [
    "{}",
    "[]",
    '{"version": 2, "id": "x", "text": "x"}',
    '{"version": 1, "id": "x"}',
    '{"version": 1, "id": 7, "text": "x"}',
    '{"version": 1, "id": "x", "text": "x", "retries": "many"}',
    '{"version": 1, "id": "x", "task": "record", "args": {"folder": {"py/type": "os.system"}}}',
    '{"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["touch MARK"]}]}',
    '{"\\u0070y/object": "subprocess.Popen"}',
    '[[{"a": {"py/repr": "os/os.system(\'touch MARK\')"}}]]',
    "[" * 50_000,
    '{"version": 1, "id": "x", "text": "x", "retries": ' + "9" * 5_000 + "}",
]
