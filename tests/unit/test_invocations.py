"""Invocations of send_task for the same run: what the second finds, sends and says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from tests.unit.conftest import Fire, Hurried, ProcessEnded, Queue

RUN = RunId.of("s@2026-11-23T02:00:00Z")


@pytest.mark.usefixtures("runs_dead_letter")
def test_what_the_heir_of_a_dead_invocation_sends_says_that_it_may_be_on_the_queue_already(
    queue: Queue, fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise ProcessEnded

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "end_sending", die)
        with pytest.raises(ProcessEnded):
            fire(tasks=["one"])
    assert fire(tasks=["one"])["claim"] == "mine"

    attributes = [message["attributes"] for message in queue.receive_all()]
    place = "s@2026-11-23T02:00:00Z#1"
    assert sorted(attributes, key=len) == [{"place": place}, {"place": place, "resent": "yes"}]


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_an_invocation_that_comes_late_has_sent_nothing(fire: Fire) -> None:
    fire(tasks=["one", "two"])
    assert fire(tasks=["one", "two"]) == {
        "schedule": "s",
        "run": RUN.key,
        "scheduled_time": "2026-11-23T02:00:00Z",
        "claim": "sent",
        "sent": 0,
        "refused": 0,
        "requests": 0,
        "continued_at": None,
        "began_at": None,
        "only": None,
        "reason": None,
        "error": None,
    }


@pytest.mark.usefixtures("queue", "runs_dead_letter", "chain")
def test_the_hand_over_may_take_half_of_the_time_that_is_left(
    fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def call(seconds: float, function: Callable[[], Any]) -> Any:
        given.append(seconds)
        return function()

    monkeypatch.setattr("task_scheduler.sending.hand_over.call_with_timeout", call)
    fire(Hurried(looks=2), tasks=["one", "two"])
    assert given == [0.5]
