"""A pace is kept: by SQS's delays up to 15 minutes, beyond them by what keep_runs takes up."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import InvalidRun
from task_scheduler.runs.run import Run
from task_scheduler.sending.pacer import MAX_DELAY_SECONDS, Pacer
from task_scheduler.sending.sent_list import send_list
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.tasks.context import TaskContext
from tests.model.books import Plan
from tests.model.night import Night

START = 1_800_000_000.25


class Delaying:
    """SQS on a clock that goes on with each request; `visible` says when messages may start."""

    def __init__(self, latency: float) -> None:
        self.now = START
        self.sent: list[float] = []
        self.visible: list[float] = []
        self.bodies: list[str] = []
        self._latency = latency

    def clock(self) -> float:
        return self.now

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        Entries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        self.now += self._latency
        for entry in Entries:
            delay = entry.get("DelaySeconds", 0)
            assert 0 <= delay <= MAX_DELAY_SECONDS
            self.sent.append(self.now)
            self.visible.append(self.now + delay)
            self.bodies.append(entry["MessageBody"])
        return {"Successful": Entries}


def send_all(run: Run, sqs: Delaying, wait: Any) -> int:
    """Send a list to its end, going on when keep_runs would; return the number of invocations."""
    settings = Settings(queue_url="tasks", runs_dead_letter_url="dead")
    for invocation in range(1, 10_000):
        assert run.pace is not None
        pacer = Pacer(run.pace, run.cursor.next_slot, sqs.clock)
        task_list = TaskList(run, Path(), lambda p=pacer: p.is_full)  # type: ignore[misc]
        numbered = run.cursor.numbered or 0
        with (
            patch("task_scheduler.aws.sqs", lambda: sqs),
            patch("task_scheduler.sending.task_queues.IN_FLIGHT", 1),
        ):
            sent = send_list(
                run,
                task_list,
                settings,
                Mock(has_pending=False),
                numbered=numbered,
                is_resent=False,
                pacer=pacer,
            )
        if sent.rest is None:
            return invocation
        sqs.now += pacer.resume_seconds + wait()
        run = replace(run, cursor=sent.rest)
    raise AssertionError("it does not end")


def most_within(times: Sequence[float], seconds: float) -> int:
    """Return the largest number of times in any half-open interval of so many seconds."""
    ordered = sorted(times)
    return max(bisect_left(ordered, first + seconds) - n for n, first in enumerate(ordered))


def paced(pace: str, tasks: int) -> Run:
    return Run(key="s@1", schedule="s", tasks=[f"{n}" for n in range(tasks)], pace=pace)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("pace", "tasks", "seconds", "most"),
    [("300/minute", 12_000, 60, 300), ("7/minute", 300, 60, 7), ("90/hour", 250, 3_600, 90)],
)
def test_no_minute_has_more_first_attempts_than_its_pace(
    pace: str, tasks: int, seconds: int, most: int, seed: int
) -> None:
    """Whatever keep_runs' five minutes fall on, and however long a request takes."""
    randomness = random.Random(seed)
    sqs = Delaying(latency=randomness.choice([0.002, 0.01, 0.05]))

    invocations = send_all(paced(pace, tasks), sqs, lambda: randomness.uniform(0, 330))

    assert len(set(sqs.bodies)) == len(sqs.bodies) == tasks
    assert most_within(sqs.visible, seconds) <= most
    assert invocations > 3
    duration = max(sqs.visible) - min(sqs.visible)
    assert duration <= 1.06 * tasks / most * seconds + 2


def test_what_a_stall_of_keep_runs_held_up_does_not_come_at_once() -> None:
    waits = iter([7_200.0])
    sqs = Delaying(latency=0.01)
    send_all(paced("300/minute", 9_000), sqs, lambda: next(waits, 60.0))
    assert most_within(sqs.visible, 60) <= 300
    longest = max(b - a for a, b in pairwise(sorted(sqs.visible)))
    assert longest > 6_000


def test_a_stall_of_run_task_holds_up_the_tasks_of_fifteen_minutes_at_most() -> None:
    """They are there at once when it is over: so much more than the pace that is."""
    sqs = Delaying(latency=0.01)
    send_all(paced("300/minute", 12_000), sqs, lambda: 60.0)
    sent = sorted(sqs.sent)
    waiting = [bisect_left(sent, time) - n for n, time in enumerate(sorted(sqs.visible))]
    assert 4_000 < max(waiting) <= 15 * 300


def test_a_list_within_fifteen_minutes_is_sent_at_once() -> None:
    sqs = Delaying(latency=0.001)
    assert send_all(paced("300/minute", 4_000), sqs, lambda: 0.0) == 1


class Paced(Night):
    """A night with a list that takes its time; `started` says when tasks were first begun."""

    def __init__(self, pace: str, tasks: int, *, seed: int, **faults: Any) -> None:
        plans: list[Plan | None] = [Plan(seconds=0.1)] * tasks
        super().__init__(plans, seed=seed, days=0.3, event={"pace": pace}, **faults)
        self.started: list[float] = []

    def work(self, number: int, context: TaskContext) -> None:
        """Do what the task's plan says."""
        if not self.books.begun[number]:
            self.started.append(self.simulation.now)
        super().work(number, context)

    @property
    def invocations(self) -> int:
        """The times that the list was begun or continued, by Scheduler, itself or keep_runs."""
        return sum(call.startswith("Invoke ") for call in self.faults.calls) + 1


@pytest.mark.parametrize(
    ("pace", "tasks", "seconds", "most"),
    [("60/minute", 2_400, 60, 60), ("900/hour", 900, 3_600, 900)],
)
def test_a_list_beyond_fifteen_minutes_is_sent_through_keep_runs_at_its_pace(
    pace: str, tasks: int, seconds: int, most: int
) -> None:
    """By the handlers, over forty minutes and an hour; nobody else goes on with the list."""
    night = Paced(pace, tasks, seed=1)

    night.live()

    assert len(night.started) == tasks
    assert most_within(night.started, seconds) <= most
    duration = night.started[-1] - night.started[0]
    assert duration <= 1.06 * tasks / most * seconds + 2
    assert 3 <= night.invocations <= duration / 500 + 2
    item = night.item()
    assert (item["state"], item["total"], item["ended"]) == ("succeeded", tasks, tasks)
    assert [digest.total for _, digest in night.digests] == [tasks]


def test_a_pace_is_kept_though_functions_are_killed() -> None:
    """Killed run_tasks hold up some of their tasks, which then come beside others."""
    night = Paced("60/minute", 1_800, seed=1, killed=0.002)

    night.live()

    assert night.faults.counts["killed"] > 10
    assert len(night.started) == 1_800
    assert most_within(night.started, 60) <= 63
    assert night.item()["state"] == "succeeded"


@pytest.mark.parametrize("pace", ["0/minute", "300", "5/second", "-1/hour", "1.5/minute", ""])
def test_a_malformed_pace_is_named(pace: str) -> None:
    with pytest.raises(InvalidRun, match="must be a number from 1 and a unit, such as 300/minute"):
        Pacer(pace, None, lambda: START)
