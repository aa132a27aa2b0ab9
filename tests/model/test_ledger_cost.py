"""`taskctl cost` estimates what the ledger is charged for, as counted on the model of DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler import run_task
from taskctl.costs.pricing import LEDGER_READS, ledger_writes
from tests.model.books import Plan
from tests.model.night import Night

TOLERANCE = 0.2
FULL_SCHEDULE_ITEM = 6
"""Units more that a schedule's item takes once it has its last 20 runs."""
READS_OF_LOOKS = 3 * 289
"""Units that keep_runs takes in a day to see what is due, watched, and follows others."""


@pytest.mark.parametrize("tasks", [1, 20, 250, 1_500])
def test_the_estimate_of_the_ledger_is_near_to_what_a_run_takes(
    tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = []
    handle = run_task.handler

    def count(event: Any, context: Any) -> Any:
        batches.append(event)
        return handle(event, context)

    monkeypatch.setattr(run_task, "handler", count)
    night = Night(
        [Plan() for _ in range(tasks)], seed=1, days=1.0, event={"notify_on": ["failure"]}
    )
    night.live()

    counted, estimated = night.table.units["write"], ledger_writes(tasks, len(batches))
    assert counted <= estimated * (1 + TOLERANCE)
    assert estimated <= counted * (1 + TOLERANCE) + FULL_SCHEDULE_ITEM
    assert night.table.units["read"] - READS_OF_LOOKS <= LEDGER_READS + tasks / 250
