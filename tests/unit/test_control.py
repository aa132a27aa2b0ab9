"""Cancels, pauses and retries by hand, while functions write at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs import control
from task_scheduler.runs.chunk import Counts
from task_scheduler.runs.claims import Claim, Claims, Overlap
from task_scheduler.runs.closing import close
from task_scheduler.runs.identity import ALL_SCHEDULES, RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item
from tests.model.dynamodb import Client
from tests.model.still import Still, still_client, still_ledger

FIRST, SECOND, THIRD = (RunId(schedule="nightly", key=f"nightly@{n}") for n in (1, 2, 3))
NOW = Still.now


@pytest.fixture
def client() -> Client:
    """The model of DynamoDB, without faults."""
    return still_client(Still())


@pytest.fixture
def ledger(client: Client) -> Ledger:
    return still_ledger(Still(), client)


def start(ledger: Ledger, run: RunId, overlap: Overlap = Overlap.QUEUE) -> tuple[Claim, Item]:
    claims = Claims(ledger, owner=run.key, lease_seconds=60)
    return claims.start(run, {}, overlap=overlap, event={})


def schedule(ledger: Ledger) -> ScheduleState:
    return ScheduleState.from_item(ledger.table.get(FIRST.schedule_item))


def test_a_run_that_waits_ends_at_once_and_makes_room(ledger: Ledger) -> None:
    start(ledger, FIRST)
    assert start(ledger, SECOND)[0] is Claim.WAITING

    assert control.cancel(ledger, SECOND, by="anna") == RunState.CANCELLED

    item = ledger.table.get(SECOND.item)
    assert (item["state"], item["closed"], item["cancelled_by"]) == ("cancelled", NOW, "anna")
    assert {"due_at", "reason"}.isdisjoint(item)
    assert (schedule(ledger).current, schedule(ledger).waiting) == (FIRST.key, None)
    assert start(ledger, THIRD)[0] is Claim.WAITING


def test_a_run_that_runs_is_asked_to_end_and_goes_on_until_its_tasks_have(ledger: Ledger) -> None:
    start(ledger, FIRST)

    assert control.cancel(ledger, FIRST, by="anna", why="wrong list") == RunState.RUNNING

    item = ledger.table.get(FIRST.item)
    assert (item["state"], item["cancelled"]) == ("running", NOW)
    assert (item["cancelled_by"], item["reason"]) == ("anna", "wrong list")
    closed = close(ledger, FIRST, Counts(), closer="worker", seconds=1)
    assert closed
    assert closed.item["state"] == "cancelled"


def test_what_is_over_or_was_never_there_is_not_cancelled(ledger: Ledger) -> None:
    start(ledger, FIRST)
    close(ledger, FIRST, Counts(), closer="worker", seconds=1)

    assert control.cancel(ledger, FIRST, by="anna") == RunState.SUCCEEDED
    assert control.cancel(ledger, SECOND, by="anna") is None

    assert "cancelled" not in ledger.table.get(FIRST.item)
    assert ledger.table.get(SECOND.item) == {}


def test_force_closes_a_run_once_and_lets_the_next_one_start(ledger: Ledger) -> None:
    start(ledger, FIRST)
    start(ledger, SECOND)
    control.cancel(ledger, FIRST, by="anna")

    assert control.force(ledger, FIRST, Counts(ended=3, failed=1), by="anna")
    assert not control.force(ledger, FIRST, Counts(ended=3, failed=1), by="anna")

    item = ledger.table.get(FIRST.item)
    assert (item["state"], item["ended"], item["failed"]) == ("cancelled", 3, 1)
    assert schedule(ledger).streak == 0
    assert start(ledger, SECOND)[0] is Claim.MINE


def test_a_pause_leaves_all_else_of_its_schedule_and_stays_when_a_run_is_closed(
    ledger: Ledger,
) -> None:
    start(ledger, FIRST)
    before = schedule(ledger)

    control.pause(ledger.table, "nightly", by="anna", at=NOW, note="moving", until=None)

    assert schedule(ledger) == ScheduleState.from_item(
        {**ledger.table.get(FIRST.schedule_item), "version": before.version}
    )
    close(ledger, FIRST, Counts(), closer="worker", seconds=1)
    assert schedule(ledger).pause == {"by": "anna", "at": NOW, "note": "moving"}
    assert start(ledger, SECOND)[0] is Claim.SKIPPED
    assert ledger.table.get(SECOND.item)["reason"] == "paused by anna: moving"


def test_a_close_that_read_the_schedule_before_a_pause_succeeds(
    ledger: Ledger, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(ledger, FIRST)
    transact = client.transact_write_items

    def pause_first(**request: Any) -> Any:
        control.pause(ledger.table, "nightly", by="anna", at=NOW, note=None, until=None)
        return transact(**request)

    monkeypatch.setattr(client, "transact_write_items", pause_first)

    assert close(ledger, FIRST, Counts(), closer="worker", seconds=1)
    assert schedule(ledger).is_paused(NOW)
    assert client.counts["transact_write_items"] == 2  # the start's, and one for the close


@pytest.mark.parametrize("name", ["nightly", ALL_SCHEDULES])
def test_a_pause_ends_when_it_is_resumed_or_over(ledger: Ledger, name: str) -> None:
    control.pause(ledger.table, name, by="anna", at=NOW, note=None, until=NOW)
    assert start(ledger, FIRST, Overlap.ALLOW)[0] is Claim.MINE
    control.pause(ledger.table, name, by="anna", at=NOW, note=None, until=NOW + 1)
    assert start(ledger, SECOND, Overlap.ALLOW)[0] is Claim.SKIPPED

    control.resume(ledger.table, name)
    control.resume(ledger.table, name)

    assert start(ledger, THIRD, Overlap.ALLOW)[0] is Claim.MINE


def test_resuming_what_was_never_paused_makes_no_item(ledger: Ledger) -> None:
    control.resume(ledger.table, "nightly")
    assert ledger.table.get(FIRST.schedule_item) == {}


def test_a_table_that_is_down_is_said_so(ledger: Ledger, client: Client) -> None:
    client.is_down = True
    with pytest.raises(LedgerUnavailable):
        control.cancel(ledger, FIRST, by="anna")
