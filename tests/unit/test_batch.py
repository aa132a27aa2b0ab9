"""A batch: what its parts are handed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from task_scheduler import run_task
from task_scheduler.execution.batch import Batch
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.reading import Unrunnable
from task_scheduler.execution.result import Result
from task_scheduler.execution.sandbox import SANDBOX, Sandbox
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.outcome import Outcome
from task_scheduler.queue.record import Record
from tests.model.still import Still, still_client, still_ledger
from tests.unit.test_attempt import MESSAGE
from tests.unit.test_recording import SETTINGS, record


def test_an_import_may_take_as_long_as_a_task_without_a_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds: list[float] = []

    def read(made: Record, *_: Any, **named: Any) -> Unrunnable:
        seconds.append(named["seconds"])
        return Unrunnable(Delivery(made, MESSAGE), Result(Outcome.DUPLICATE))

    monkeypatch.setattr("task_scheduler.execution.batch.read", read)
    budget = TimeBudget(lambda: 30.0)
    ledger = still_ledger(Still(), still_client(Still()))

    Batch([record()], SETTINGS, budget, Sandbox(), ledger).run()

    assert seconds == [budget.limit(None)]


@pytest.mark.parametrize("what", ["complete", "failing", "corrected", None])
def test_runs_are_settled_if_there_is_news_of_one(
    monkeypatch: pytest.MonkeyPatch, what: str | None
) -> None:
    settled: list[dict[str, Any]] = []

    def settle(*_: object, **named: Any) -> list[Any]:
        settled.append(named)
        return []

    monkeypatch.setattr(run_task, "settle", settle)
    recorded = SimpleNamespace(complete={}, failing={}, corrected={})
    if what:
        setattr(recorded, what, {"s@t": 1})
    batch: Any = SimpleNamespace(
        recording=SimpleNamespace(recorded=recorded),
        acknowledgement=SimpleNamespace(finish=lambda: True),
    )
    budget = TimeBudget(lambda: 30.0)

    run_task._settle(batch, cast(Any, None), budget, "me")

    expected = {"closer": "me", "seconds": budget.left_for_report, "failing": SANDBOX.failing}
    assert settled == ([expected] if what else [])
