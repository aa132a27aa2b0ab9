"""The requests that the ledger's table makes of DynamoDB, and what becomes of its answers."""

from __future__ import annotations

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.table import Table, Update, Write
from task_scheduler.runs.wire import from_wire, to_wire

KEY = ("S#nightly", "R#1")
WIRE_KEY = {"pk": {"S": "S#nightly"}, "sk": {"S": "R#1"}}


class Client:
    """Answers each request with the next answer, or raises it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[Any] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append((operation, dict(request)))
            answer = self.answers.pop(0) if self.answers else {"Attributes": {}, "Items": []}
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def table(client: Client) -> Table:
    return Table(cast("Any", client), "ledger")


def refusal(code: str, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, **more}
    return ClientError(answer, "UpdateItem")


def test_an_item_is_read_consistently(table: Table, client: Client) -> None:
    client.answers = [{"Item": {**WIRE_KEY, "n": {"N": "1"}}}, {}]
    assert table.get(KEY) == {"pk": "S#nightly", "sk": "R#1", "n": 1}
    assert table.get(KEY) == {}
    assert client.requests[0] == (
        "get_item", {"TableName": "ledger", "Key": WIRE_KEY, "ConsistentRead": True},
    )  # fmt: skip


def test_an_update_names_what_it_uses_and_asks_for_the_item(table: Table, client: Client) -> None:
    client.answers = [{"Attributes": {"n": {"N": "2"}}}]
    update = table.update(
        KEY, "ADD #n :one SET #m=:m", {"one": 1, "m": "x"}, condition="attribute_exists(#o)"
    )
    assert update == Update({"n": 2}, was_made=True)
    assert client.requests == [
        (
            "update_item",
            {
                "TableName": "ledger",
                "Key": WIRE_KEY,
                "UpdateExpression": "ADD #n :one SET #m=:m",
                "ConditionExpression": "attribute_exists(#o)",
                "ExpressionAttributeNames": {"#n": "n", "#m": "m", "#o": "o"},
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":m": {"S": "x"}},
                "ReturnValues": "ALL_NEW",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )
    ]


def test_an_update_without_values_or_a_condition_has_none(table: Table, client: Client) -> None:
    table.update(KEY, "REMOVE #n", {})
    [(_, request)] = client.requests
    assert set(request) == {
        "TableName", "Key", "UpdateExpression", "ExpressionAttributeNames", "ReturnValues",
    }  # fmt: skip


def test_a_condition_that_fails_answers_with_the_item_as_it_was(
    table: Table, client: Client
) -> None:
    client.answers = [
        refusal("ConditionalCheckFailedException", Item={"n": {"N": "1"}}),
        refusal("ConditionalCheckFailedException"),
    ]
    assert table.update(KEY, "SET #n = :n", {"n": 1}) == Update({"n": 1}, was_made=False)
    assert table.update(KEY, "SET #n = :n", {"n": 1}) == Update({}, was_made=False)


@pytest.mark.parametrize(
    "error",
    [refusal("ThrottlingException"), EndpointConnectionError(endpoint_url="https://dynamodb")],
)
def test_whatever_else_dynamodb_says_is_that_the_ledger_is_away(
    table: Table, client: Client, error: Exception
) -> None:
    client.answers = [error]
    with pytest.raises(LedgerUnavailable, match=r"^table ledger: .+") as raised:
        table.get(KEY)
    assert str(error) in str(raised.value)


def test_a_transaction_is_one_request(table: Table, client: Client) -> None:
    writes = [
        Write(key=KEY, expression="SET #n = :n", values={"n": 1}, condition="attribute_exists(pk)"),
        Write(key=("S", "nightly"), expression="REMOVE #m", values={}, condition=None),
    ]
    assert table.transact(writes)
    assert client.requests == [
        (
            "transact_write_items",
            {
                "TransactItems": [
                    {
                        "Update": {
                            "TableName": "ledger",
                            "Key": WIRE_KEY,
                            "UpdateExpression": "SET #n = :n",
                            "ConditionExpression": "attribute_exists(pk)",
                            "ExpressionAttributeNames": {"#n": "n"},
                            "ExpressionAttributeValues": {":n": {"N": "1"}},
                        }
                    },
                    {
                        "Update": {
                            "TableName": "ledger",
                            "Key": {"pk": {"S": "S"}, "sk": {"S": "nightly"}},
                            "UpdateExpression": "REMOVE #m",
                            "ExpressionAttributeNames": {"#m": "m"},
                        }
                    },
                ]
            },
        )
    ]


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "TransactionConflict"])
def test_a_transaction_that_others_forestall_is_not_made(
    table: Table, client: Client, code: str
) -> None:
    reasons = [{"Code": "None"}, {"Code": code}]
    client.answers = [refusal("TransactionCanceledException", CancellationReasons=reasons)]
    assert not table.transact([])


def test_a_transaction_that_is_throttled_is_not_taken_for_forestalled(
    table: Table, client: Client
) -> None:
    reasons = [{"Code": "None"}, {"Code": "ThrottlingError"}, {}]
    client.answers = [refusal("TransactionCanceledException", CancellationReasons=reasons)]
    with pytest.raises(LedgerUnavailable):
        table.transact([])


def test_a_partition_is_read_page_by_page_up_to_as_many_as_are_asked_for(
    table: Table, client: Client
) -> None:
    page = [{"n": {"N": "1"}}, {"n": {"N": "2"}}]
    client.answers = [{"Items": page, "LastEvaluatedKey": "next"}, {"Items": page[:1]}]
    assert [item["n"] for item in table.query("S#nightly", prefix="R#", most=3)] == [1, 2, 1]
    request = {
        "TableName": "ledger",
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":pk": {"S": "S#nightly"}, ":prefix": {"S": "R#"}},
        "ScanIndexForward": False,
    }
    assert client.requests == [
        ("query", {**request, "Limit": 3}),
        ("query", {**request, "Limit": 1, "ExclusiveStartKey": "next"}),
    ]


def test_as_many_as_are_asked_for_need_no_further_page(table: Table, client: Client) -> None:
    client.answers = [{"Items": [{"n": {"N": "1"}}], "LastEvaluatedKey": "next"}]
    assert len(table.query("S", most=1)) == 1
    assert len(client.requests) == 1


def test_a_whole_partition_is_read_without_a_limit(table: Table, client: Client) -> None:
    table.query("S", is_ascending=True)
    assert client.requests == [
        (
            "query",
            {
                "TableName": "ledger",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": "S"}},
                "ScanIndexForward": True,
            },
        )
    ]


def test_what_is_due_is_read_consistently(table: Table, client: Client) -> None:
    table.query_due(5)
    assert client.requests == [
        (
            "query",
            {
                "TableName": "ledger",
                "ConsistentRead": True,
                "KeyConditionExpression": "pk = :due",
                "ExpressionAttributeValues": {":due": {"S": "due"}},
            },
        )
    ]


MARK = {"due_at": 100, "of_pk": KEY[0], "of_sk": KEY[1]}


@pytest.mark.parametrize(("before", "is_removed"), [(1_000, False), (1_001, True)])
def test_a_mark_of_what_is_due_no_more_is_removed_when_its_maker_is_dead(
    table: Table, client: Client, before: int, is_removed: bool
) -> None:
    client.answers = [{"Item": WIRE_KEY}]
    assert table.get_due(MARK, before) == {}
    removal = (
        "delete_item",
        {
            "TableName": "ledger",
            "Key": {"pk": {"S": "due"}, "sk": {"S": "S#nightly#R#1"}},
            "ConditionExpression": "due_at = :due_at",
            "ExpressionAttributeValues": {":due_at": {"N": "100"}},
        },
    )
    assert client.requests[1:] == ([removal] if is_removed else [])


@pytest.mark.parametrize(("due_at", "is_due"), [(9_999, True), (10_000, True), (10_001, False)])
def test_an_item_is_due_when_it_says_so_itself(
    table: Table, client: Client, due_at: int, is_due: bool
) -> None:
    client.answers = [{"Item": {"due_at": {"N": str(due_at)}}}]
    assert table.get_due(MARK, 10_000) == ({"due_at": due_at} if is_due else {})
    assert len(client.requests) == 1


def test_the_marks_of_what_is_due_come_in_order(table: Table, client: Client) -> None:
    client.answers = [{"Items": [{"due_at": {"N": str(at)}} for at in (6, 5, 3, 4)]}]
    assert [mark["due_at"] for mark in table.query_due(5)] == [3, 4, 5]


def test_a_mark_is_put_before_the_item_is_due(table: Table, client: Client) -> None:
    table.update(KEY, "SET #due_at = if_not_exists(#due_at, :at)", {"at": 7})
    (first, put), (second, _) = client.requests
    assert (first, second) == ("put_item", "update_item")
    assert put == {
        "TableName": "ledger",
        "Item": {
            "pk": {"S": "due"},
            "sk": {"S": "S#nightly#R#1"},
            "due_at": {"N": "7"},
            "of_pk": {"S": KEY[0]},
            "of_sk": {"S": KEY[1]},
        },
    }


def test_values_of_each_type_come_back_as_they_were() -> None:
    item = {
        "text": "ü", "number": 3, "yes": True, "numbers": {3, 10}, "list": [1, "a", None],
        "map": {"deep": [{"er": False}]}, "nothing": None,
    }  # fmt: skip
    wire = {name: to_wire(value) for name, value in item.items()}
    assert from_wire(wire) == item
    assert wire["numbers"] == {"NS": ["3", "10"]}
    assert wire["nothing"] == {"NULL": True}
    assert to_wire((1,)) == {"L": [{"N": "1"}]}
    assert from_wire({"edited": {"N": "1.5"}}) == {"edited": 1.5}


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^a float is not a type of the ledger's$"):
        to_wire(1.5)
