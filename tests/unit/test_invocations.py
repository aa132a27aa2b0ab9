"""Invocations of send_task that follow another of their run, and what they leave to others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.chunk import Mark
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.late_records import EndsRecord, read_late_record
from task_scheduler.runs.ledger import Ledger
from tests.unit.conftest import Context, Fire, Hurried, ProcessEnded, Queue

RUN = RunId.of("s@2026-11-23T02:00:00Z")


def die(*_: object, **__: object) -> None:
    """End as a process does that is killed."""
    raise ProcessEnded


@pytest.mark.usefixtures("runs_dead_letter")
def test_what_the_heir_of_a_dead_invocation_sends_says_that_it_may_be_on_the_queue_already(
    queue: Queue, fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
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


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_while_an_invocation_may_live_another_leaves_its_run_to_it_but_lambdas_retry_of_it_does_not(
    fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ledger, "end_sending", die)
    with pytest.raises(ProcessEnded):
        fire(tasks=["one"])
    assert fire(Context(aws_request_id="another"), tasks=["one"])["claim"] == "others"
    with pytest.raises(ProcessEnded):
        fire(tasks=["one"])


@pytest.mark.usefixtures("queue", "runs_dead_letter")
def test_a_task_that_is_sent_again_alone_does_not_end_its_list(fire: Fire, ledger: Ledger) -> None:
    fire(tasks=["one", "two", "three"])
    fire(tasks=["one", "two", "three"], only=2, number=2, redrive=1)
    assert ledger.read(RUN, 0).size == 3
    assert ledger.table.get(RUN.item)["total"] == 3


@pytest.mark.usefixtures("queue", "runs_dead_letter", "chain")
def test_why_a_list_is_incomplete_is_in_the_ledger(
    fire: Fire, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError("no route to Lambda")

    monkeypatch.setattr("task_scheduler.aws.lambda_", lambda: SimpleNamespace(invoke=refuse))
    summary = fire(Hurried(looks=2), tasks=["one", "two"])
    item = ledger.table.get(RUN.item)
    assert "no route to Lambda" in summary["reason"]
    assert (item["reason"], item["incomplete"]) == (summary["reason"], summary["reason"])


@pytest.mark.usefixtures("runs_dead_letter")
def test_the_ends_of_refused_lines_that_the_ledger_does_not_take_are_on_the_queue(
    queue: Queue, fire: Fire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LedgerUnavailable("throttled")

    monkeypatch.setattr(Ledger, "record", refuse)
    (tmp_path / "list.jsonl").write_text("{oops\n")
    assert fire(tasks_file="list.jsonl")["refused"] == 1
    [message] = queue.receive_all()
    late = read_late_record(message["body"])
    assert isinstance(late, EndsRecord)
    assert (late.run, late.chunk, {*late.marks.sets}) == (RUN.key, 0, {Mark.BAD})


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
