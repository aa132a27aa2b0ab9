"""What keep_runs does about a list whose sender is gone."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.config import Settings
from task_scheduler.keeping.keeper import GIVE_UP_SENDINGS, Keeper
from task_scheduler.runs.claims import Claim, Claims, Overlap
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item
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
