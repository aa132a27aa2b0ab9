"""Whatever befalls the functions and the table, a run is closed once, and people are notified."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.runs.chunk import CHUNK_SIZE
from tests.faults import proxy as faults
from tests.faults.proxy import CLIENTS_TRIES, FaultProxy, Rule
from tests.faults.runs import Runs
from tests.faults.stack import Stack

FEW = CHUNK_SIZE + 10
"""Tasks of a run: two chunks, the last one short."""

TABLE = ("GetItem", "PutItem", "UpdateItem", "TransactWriteItems", "DeleteItem", "Query")
MARKS_DIGEST = ("SET #notified",)
RECORDS_ENDS = ("ADD #ok",)

kills = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="finds the process to be killed in /proc"
)


def _texts(number: int) -> list[str]:
    return [str(number) for number in range(number)]


def _check(runs: Runs, key: str, *, total: int, failed: int = 0, twice: bool = False) -> None:
    """Closed once with the right counts; one digest, or two where its mark was lost."""
    state = "failed" if failed else "succeeded"
    counts = {"state": state, "total": total, "ended": total, "failed": failed}
    assert runs.counts(key) == counts
    assert runs.closes(key) == 1
    assert runs.digests(key) in ((1, 2) if twice else (1,))
    assert "notified" in runs.item(key)


def test_a_run_that_is_delivered_twice_all_along_is_closed_once(stack: Stack, runs: Runs) -> None:
    texts = [*_texts(FEW - 1), "raises 0"]

    key = stack.fire(tasks=texts, retries=0, times=2, run=False)
    for _ in range(-(-FEW // 10)):
        received = stack.receive()
        stack.deliver_at_once(received, received)
    stack.run()
    stack.wait_until_done()
    runs.keep_until(lambda: runs.is_closed(key))

    effects = stack.effects()
    assert effects.keys() == set(texts[:-1])
    assert max(effects.values()) == 2
    assert "raises 0" in stack.dead()
    _check(runs, key, total=FEW, failed=1)


@kills
def test_a_run_whose_run_task_is_killed_again_and_again_is_closed_once(
    open_stack: Callable[..., Stack], runs: Runs, proxy: FaultProxy
) -> None:
    stack = open_stack(run_task_timeout=5)
    texts = _texts(FEW)
    key = stack.fire(tasks=texts, retries=5, run=False)
    both = [faults.killed_before, faults.killed_after]
    of_marks = [Rule("UpdateItem", kill, about=MARKS_DIGEST, times=1) for kill in both]
    of_closes = [Rule("TransactWriteItems", kill, times=1) for kill in both]
    unrecorded = Rule("UpdateItem", faults.killed_before, about=RECORDS_ENDS, skip=2, times=2)
    recorded = [
        Rule("UpdateItem", faults.killed_after, about=RECORDS_ENDS, skip=2, times=2),
        *(Rule("DeleteMessageBatch", kill, skip=2, times=1) for kill in both),
    ]
    proxy.inject(*of_marks, *of_closes, unrecorded, *recorded)

    stack.run()
    stack.wait_until_done()
    runs.keep_until(lambda: "notified" in runs.item(key))

    assert [rule.struck for rule in (*of_closes, unrecorded, *recorded)] == [1, 1, 2, 2, 1, 1]
    lost = stack.lost_with_their_process(unrecorded.killed)
    stack.check_books(texts, perhaps=dict.fromkeys(lost, len(unrecorded.killed)))
    _check(runs, key, total=FEW, twice=any(rule.struck for rule in of_marks))


SENDERS_CALLS: list[tuple[str, int, faults.Fault]] = [
    ("GetItem", 0, faults.killed_before), ("PutItem", 0, faults.killed_after),
    ("UpdateItem", 0, faults.killed_before), ("UpdateItem", 0, faults.killed_after),
    ("SendMessageBatch", 0, faults.killed_before), ("SendMessageBatch", 2, faults.killed_after),
    ("UpdateItem", 1, faults.killed_after), ("UpdateItem", 2, faults.killed_before),
]  # fmt: skip
"""Calls of send_task, by operation and number, at each of which it is killed once."""


@kills
def test_a_run_whose_send_task_is_killed_once_is_closed_once(
    stack: Stack, runs: Runs, proxy: FaultProxy
) -> None:
    texts: list[str] = []
    sent_twice: list[str] = []
    keys = []
    for case, (operation, number, kill) in enumerate(SENDERS_CALLS):
        own = [f"{case}-{number}" for number in range(30)]
        rule = Rule(operation, kill, skip=number, times=1)
        proxy.inject(rule)
        key = stack.fire_asynchronously(tasks=own)
        stack.wait(lambda key=key: runs.is_sent(key))  # type: ignore[misc]
        assert rule.struck == 1
        texts += own
        sent_twice += own if operation == "SendMessageBatch" else []
        keys.append(key)
    proxy.inject()

    stack.run()
    stack.wait_until_done()

    for key in keys:
        runs.keep_until(lambda key=key: "notified" in runs.item(key))  # type: ignore[misc]
        _check(runs, key, total=30)
    # what was sent twice may run twice at the same time, where nothing deduplicates it ...
    stack.check_books(texts, perhaps=dict.fromkeys(sent_twice, 1))
    # ... which most of it does not
    assert (stack.effects() - Counter(texts)).total() < len(sent_twice) / 4


KEEPERS_CALLS: list[tuple[str, tuple[str, ...], faults.Fault]] = [
    ("Query", (), faults.killed_before), ("TransactWriteItems", (), faults.killed_before),
    ("TransactWriteItems", (), faults.killed_after),
    ("UpdateItem", MARKS_DIGEST, faults.killed_before),
    ("UpdateItem", MARKS_DIGEST, faults.killed_after),
]  # fmt: skip
"""Calls of keep_runs at each of which it is killed once, while it closes a run."""


@kills
def test_a_run_whose_keep_runs_is_killed_is_closed_once(
    stack: Stack, runs: Runs, proxy: FaultProxy
) -> None:
    for operation, about, kill in KEEPERS_CALLS:
        lost = Rule("TransactWriteItems", faults.forbidden, times=1)
        proxy.inject(lost)
        key = stack.fire(tasks=["1"])
        stack.wait_until_done()
        stack.wait(lambda lost=lost: lost.struck == 1)  # type: ignore[misc]
        assert runs.item(key)["state"] == "running"

        rule = Rule(operation, kill, about=about, times=1)
        proxy.inject(rule)
        runs.let_time_pass()
        assert runs.keep() is None
        assert rule.struck == 1
        runs.keep_until(
            lambda key=key: "notified" in runs.item(key),  # type: ignore[misc]
            is_at_work=False,
        )

        _check(runs, key, total=1, twice=about == MARKS_DIGEST)


@pytest.mark.parametrize("total", [10, FEW])
def test_ten_sandboxes_that_end_the_last_tasks_at_once_close_the_run_once(
    open_stack: Callable[..., Stack], runs: Runs, total: int
) -> None:
    """The last ones of each chunk are among them."""
    stack = open_stack(run_task_timeout=600)  # the first sandbox waits until ten have started
    texts = _texts(total)
    for index in range(10):
        number = (index + 1) * total // 10 - 1
        texts[number] = f"gathers {number}"
    key = stack.fire(tasks=texts, run=False)
    last: list[dict[str, Any]] = []
    while received := stack.receive():
        late = [one for one in received if json.loads(one["Body"])["text"].startswith("gathers")]
        last += late
        if others := [one for one in received if one not in late]:
            stack.deliver_at_once(others)
    assert not runs.is_closed(key)

    stack.deliver_at_once(*([message] for message in last))

    assert len({process for text, process in stack.notes("effects") if "gathers" in text}) == 10
    stack.check_books(texts)
    _check(runs, key, total=total)


def test_a_run_is_recorded_and_closed_when_the_table_that_was_away_all_along_is_back(
    stack: Stack, runs: Runs, proxy: FaultProxy
) -> None:
    away = [Rule(operation, faults.failing, tries=CLIENTS_TRIES) for operation in TABLE]
    late = Rule("SendMessageBatch", faults.passed, about=('"kind"',))
    proxy.inject(*away, late)
    texts = [*_texts(58), "raises 0", "raises-once 0"]

    key = stack.fire(tasks=texts, retries=1)
    stack.wait(lambda: set(texts[:58]) <= stack.effects().keys())
    stack.wait(lambda: late.struck > 5)
    assert runs.item(key) == {}
    proxy.inject()
    stack.wait_until_done()
    runs.keep_until(lambda: "notified" in runs.item(key))

    stack.check_books(texts, dead=["raises 0"])
    _check(runs, key, total=60, failed=1)


def test_people_are_notified_once_of_a_silent_schedule_however_many_look_at_once(
    stack: Stack, runs: Runs
) -> None:
    def look(seconds: int, times: int = 1) -> list[int]:
        watch = {"expected_every": seconds, "notify_on": ["failure", "recovery"]}
        event = {"watched": {"silent": watch}}
        with ThreadPoolExecutor(times) as pool:
            answers = list(pool.map(stack.invoke, ["keep_runs"] * times, [event] * times))
        return [answer.get("overdue", 0) for answer in answers if answer is not None]

    def said(words: str) -> int:
        return sum(f"silent: {words}" in text for text in runs.chat.messages)

    assert look(seconds=1) == [0]
    stack.wait(lambda: look(seconds=1, times=4) == [1] * 4 and said("has not run") > 0)
    assert look(seconds=1, times=4) == [1] * 4
    assert said("has not run") == 1
    stack.wait(lambda: look(seconds=3_600, times=4) == [0] * 4 and said("in time again") > 0)
    assert look(seconds=3_600, times=4) == [0] * 4
    assert (said("has not run"), said("in time again")) == (1, 1)


RUNS = 40


def test_forty_runs_in_a_row_that_wait_for_each_other_are_all_started(
    stack: Stack, runs: Runs, proxy: FaultProxy, tmp_path: Path
) -> None:
    """Lambda ends a chain of about 16 invocations; none of these is longer than two."""
    starts = Rule("Invoke", faults.seen_invocation)
    proxy.inject(starts)
    times = [f"2026-11-23T02:{minute:02}:00Z" for minute in range(RUNS)]

    def fire(number: int) -> str:
        return stack.fire(
            schedule="queued", scheduled_time=times[number], overlap="queue",
            tasks=[f"waits {number}"],
        )  # fmt: skip

    keys = [fire(0)]
    for number in range(RUNS):
        if number + 1 < RUNS:
            keys.append(fire(number + 1))
            assert runs.item(keys[number + 1])["state"] == "waiting"
        (tmp_path / f"go waits {number}").touch()
        stack.wait(lambda: runs.is_closed(keys[number]))  # noqa: B023
        if number + 1 < RUNS:
            assert (runs.keep() or {}).get("started") == 1
            stack.wait(lambda: runs.item(keys[number + 1])["state"] == "running")  # noqa: B023

    assert {runs.item(key)["state"] for key in keys} == {"succeeded"}
    stack.check_books([f"waits {number}" for number in range(RUNS)])
    stack.wait(lambda: runs.digests(keys[0]) >= RUNS)
    assert runs.digests(keys[0]) == RUNS
    # each chain begins with keep_runs
    assert Counter(starts.taken) == {"1": RUNS - 1}
