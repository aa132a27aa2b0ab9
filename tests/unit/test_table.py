"""The ledger's table, on the emulator: what is due is found, whatever its writer died of."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.table import DUE, Item, Table, Write
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client

RUN = "S#nightly", "R#2026-11-23T02:00:00Z"
OTHER = "S#nightly", "R#2026-11-24T02:00:00Z"
HOUR = 3600


@pytest.fixture
def table(emulator: Emulator) -> Iterator[Table]:
    dynamodb = client("dynamodb", emulator.environment())
    name = f"test-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield Table(dynamodb, name)
    dynamodb.delete_table(TableName=name)


def due(table: Table, before: int) -> list[Item]:
    """Return the items that are due up to a moment."""
    found = (table.get_due(mark, before) for mark in table.query_due(before))
    return [item for item in found if item]


def marks(table: Table) -> list[str]:
    return [mark["sk"] for mark in table.query(DUE)]


def test_items_are_found_when_they_are_due_the_earliest_first(table: Table) -> None:
    table.update(RUN, "SET #due_at = :later", {"later": 200})
    table.update(OTHER, "SET #due_at = :sooner", {"sooner": 100})

    assert due(table, 99) == []
    assert [item["sk"] for item in due(table, 150)] == [OTHER[1]]
    assert [item["sk"] for item in due(table, 200)] == [OTHER[1], RUN[1]]


def test_an_item_that_a_transaction_made_due_is_found(table: Table) -> None:
    write = Write(
        key=RUN,
        expression="SET #due_at = :at",
        values={"at": 100},
        condition="attribute_not_exists(pk)",
    )

    assert table.transact([write])

    assert [item["sk"] for item in due(table, 100)] == [RUN[1]]


def test_an_item_that_is_due_later_than_its_mark_says_is_not_found_before(table: Table) -> None:
    table.update(RUN, "SET #due_at = :at", {"at": 100})
    table.update(RUN, "SET #due_at = if_not_exists(#due_at, :at)", {"at": 50})

    assert due(table, 99) == []
    assert [item["sk"] for item in due(table, 100)] == [RUN[1]]


def test_a_mark_is_removed_when_its_item_is_due_no_more(table: Table) -> None:
    table.update(RUN, "SET #due_at = :at", {"at": 100})
    table.update(RUN, "REMOVE #due_at", {})

    assert due(table, 100) == []
    assert marks(table)  # whoever put it may be about to make the item due
    assert due(table, 100 + HOUR) == []
    assert marks(table) == []


def test_a_mark_whose_writer_died_before_the_item_is_removed(table: Table) -> None:
    table._mark(RUN, "SET #due_at = :at", {"at": 100})

    assert due(table, 100 + HOUR) == []

    assert marks(table) == []


def test_a_mark_that_is_put_once_more_while_it_is_looked_at_stays(table: Table) -> None:
    table._mark(RUN, "SET #due_at = :at", {"at": 100})
    [seen] = table.query(DUE)
    table.update(RUN, "SET #due_at = :at", {"at": 5_000})

    table._remove(seen)

    assert [item["sk"] for item in due(table, 5_000)] == [RUN[1]]


def test_an_item_is_made_due_only_once_its_mark_is_there(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailable("down")

    monkeypatch.setattr(table, "put", fail)
    write = Write(key=RUN, expression="SET #due_at = :at", values={"at": 1}, condition="")

    with pytest.raises(LedgerUnavailable):
        table.update(RUN, "SET #due_at = :at", {"at": 1})
    with pytest.raises(LedgerUnavailable):
        table.transact([write])

    assert table.get(RUN) == {}


def test_an_update_that_makes_nothing_due_puts_no_mark(table: Table) -> None:
    table.update(RUN, "SET #state = :state", {"state": "running"})

    assert marks(table) == []
