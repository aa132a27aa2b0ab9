"""keep_runs continues lists whose sender is gone."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from task_scheduler import keep_runs
from task_scheduler.config import Settings
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.keeping.keeper import GIVE_UP_SENDINGS, Keeper
from task_scheduler.runs.claims import Claim, Claims, Overlap
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item, Table
from tests.model.still import Still, still_ledger

RUN = RunId(schedule="nightly", key="nightly@1")
EVENT = {"version": 1, "schedule": "nightly", "cursor": {"line": 501}}
LEASE_SECONDS = 60
LONG = 10_000
ENVIRONMENT = {
    "LEDGER_TABLE": "ledger",
    "SEND_TASK_FUNCTION": "send",
    "QUEUE_URL": "tasks",
    "AWS_LAMBDA_FUNCTION_NAME": "keep",
}


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def ledger(clock: Still) -> Ledger:
    return still_ledger(clock)


@pytest.fixture
def keeper(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    lambda_ = SimpleNamespace(invoke=lambda **_: None)
    monkeypatch.setattr("task_scheduler.aws.lambda_", lambda: lambda_)
    settings = Settings.from_environment(ENVIRONMENT, None)
    return Keeper(ledger, settings, closer="keep", seconds=lambda: 60.0)


def claim(ledger: Ledger, owner: str) -> tuple[Claim, Item, Claims]:
    claims = Claims(ledger, owner=owner, lease_seconds=LEASE_SECONDS)
    facts: Mapping[str, Any] = {"notify_on": []}
    return *claims.start(RUN, facts, overlap=Overlap.ALLOW, event=EVENT), claims


@pytest.fixture
def handed_over(ledger: Ledger) -> Ledger:
    *_, claims = claim(ledger, "first")
    claims.hand_over(RUN, {"line": 501}, EVENT)
    return ledger


def test_a_list_whose_sender_died_is_gone_on_with_a_few_times_and_then_given_up(
    handed_over: Ledger, keeper: Keeper, clock: Still
) -> None:
    done = []
    for number in range(GIVE_UP_SENDINGS + 1):
        clock.now += LONG
        done.append(keeper.look(RUN))
        claim(handed_over, f"sender {number}")

    assert done == ["resumed"] * GIVE_UP_SENDINGS + ["closed"]


def test_a_list_that_failed_for_good_closes_its_run_as_incomplete(
    handed_over: Ledger, keeper: Keeper, clock: Still
) -> None:
    *_, claims = claim(handed_over, "second")
    claims.failed(RUN, "InvalidRun: the file was replaced")
    clock.now += LONG

    assert keeper.look(RUN) == "closed"
    item = handed_over.table.get(RUN.item)
    assert item["state"] == RunState.INCOMPLETE
    assert item["reason"] == "InvalidRun: the file was replaced"


def test_a_run_that_goes_on_forgets_why_it_did_not(handed_over: Ledger) -> None:
    *_, claims = claim(handed_over, "second")
    claims.failed(RUN, "NotSent: a message could not be sent")

    found, item, _ = claim(handed_over, "second")

    assert found is Claim.MINE
    assert "reason" not in item


def test_a_run_that_the_table_refuses_to_read_holds_up_no_other(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_due(_table: Table, mark: Item, _before: int) -> Item:
        if mark["of_pk"] == "S#first":
            raise LedgerUnavailable("throttled")
        return mark

    for number, key in enumerate(["first@1", "second@1"]):
        ledger.table.update(RunId.of(key).item, "SET #due_at = :at", {"at": number})
    settings = Settings.from_environment(ENVIRONMENT, None)
    monkeypatch.setattr("task_scheduler.keep_runs.open_ledger", lambda _: ledger)
    monkeypatch.setattr("task_scheduler.keep_runs.config.load", lambda _: settings)
    monkeypatch.setattr(Table, "get_due", get_due)
    monkeypatch.setattr(Keeper, "look", lambda _, run: run.key)
    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 60_000)

    assert keep_runs.handler({}, cast("Any", context)) == {"failed": 1, "second@1": 1}
