"""The runs that a run follows, as its tasks see them."""

from __future__ import annotations

import pytest

from task_scheduler.execution import attempt as attempts
from task_scheduler.execution.attempt import Attempt
from task_scheduler.queue.message import Message
from task_scheduler.queue.place import Place
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, keep
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.parents import read_parents
from task_scheduler.tasks.context import ParentRun
from task_scheduler.tasks.registered import Task
from tests.model.still import Still, still_ledger
from tests.unit.test_attempt import delivery


@pytest.fixture
def ledger() -> Ledger:
    made = still_ledger(Still())
    values = {"state": "failed", "due_time": 0, "total": 3, "failed": 1}
    sets = ", ".join(f"#{name} = :{name}" for name in values)
    made.table.update(RunId.of("load@1").item, f"SET {sets}", values)
    keep(made, Place("load@1", 1), KeptEnd(id="load@1#1", result="42"))
    keep(made, Place("load@1", 2), KeptEnd(id="load@1#2", reason="no luck"))
    keep(made, Place("load@1", 3), KeptEnd(id="list.csv, line 3", reason="invalid JSON"))
    return made


LOADED = ParentRun(
    key="load@1",
    schedule="load",
    scheduled_time="1970-01-01T00:00:00Z",
    state="failed",
    total=3,
    failed=1,
    results={1: "42"},
    reasons={2: "no luck", 0: "invalid JSON"},
)
GONE = ParentRun(key="check@1", schedule="check")


def test_a_parent_is_what_the_ledger_has_of_it(ledger: Ledger) -> None:
    assert read_parents(ledger, ["load@1", "check@1"]) == (LOADED, GONE)
    assert read_parents(ledger, []) == ()


def test_a_task_reads_the_parents_that_its_message_names(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_TABLE", "ours")
    monkeypatch.setattr(attempts, "open_ledger", lambda of: {"ours": ledger}[of.ledger_table])
    message = Message(id="s@t#1", task="t", parents=["load@1"])
    made = Attempt(delivery(message=message), message, Task("t", lambda: None))
    assert made.context(30).parents == (LOADED,)


def test_a_task_of_a_run_that_follows_none_asks_no_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "open_ledger", None)
    message = Message(id="s@t#1", task="t")
    made = Attempt(delivery(message=message), message, Task("t", lambda: None))
    assert made.context(30).parents == ()
