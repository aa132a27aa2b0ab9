"""The ledger's table: one DynamoDB table, reached through conditional updates."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.wire import from_wire, to_wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item in Python's types: texts, numbers, truth values, sets of numbers, lists, maps."""

Key = tuple[str, str]
"""The partition key and the sort key of an item."""


DUE = "due"
"""The partition of the marks of what keep_runs has to look at."""

_LONGEST_INVOCATION = 900
"""Seconds, of Lambda: a mark is older than that, and its maker done, when it was due before."""

_MAKES_DUE = re.compile(r"#due_at = (?:if_not_exists\(#due_at, )?:(\w+)")


@dataclass(frozen=True, slots=True)
class Update:
    """The answer to an update.

    Attributes:
        item: as it is now; where the condition failed as it was, empty if there was none.
        was_made: whether the condition held.
    """

    item: Item
    was_made: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """An update of one item within a transaction; see `Table.update`."""

    key: Key
    expression: str
    values: Mapping[str, Any]
    condition: str | None


class Table:
    """Items by key; every write is one request that DynamoDB makes wholly or not at all.

    A write that sets `due_at` of an item puts a mark into one partition before: so what keep_runs
    has to look at is found by a consistent read, whatever dies between the two. This is no index,
    since the AWS provider of Terraform has none that is known in 5.x and not deprecated in 6.x.

    Args:
        client: the client of DynamoDB; parameter validation may be off.
        name: the name of the table.

    Each method raises LedgerUnavailable where the table does not answer, throttles or refuses.
    """

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key) -> Item:
        """Read an item consistently; empty if there is none."""
        answer = self._call("get_item", key, ConsistentRead=True)
        return from_wire(answer.get("Item", {}))

    def update(
        self,
        key: Key,
        expression: str,
        values: Mapping[str, Any],
        *,
        condition: str | None = None,
    ) -> Update:
        """Update an item, or make it.

        Args:
            key: the key of the item.
            expression: the expression of DynamoDB's update grammar; `#name` stands for the
                attribute `name`.
            values: for its placeholders, `:name` without the colon.
            condition: under which the update is made.
        """
        request = _update(expression, values, condition)
        self._mark(key, expression, values)
        try:
            answer = self._call("update_item", key, **request)
        except _ConditionFailed as failed:
            return Update(from_wire(failed.item), was_made=False)
        return Update(from_wire(answer["Attributes"]), was_made=True)

    def transact(self, writes: Sequence[Write]) -> bool:
        """Make several updates, or none of them.

        Returns:
            Whether they were made; False where a condition failed, or another transaction was
            under way on one of the items.
        """
        items = []
        for write in writes:
            self._mark(write.key, write.expression, write.values)
            request = _update(write.expression, write.values, write.condition)
            del request["ReturnValues"]
            request.pop("ReturnValuesOnConditionCheckFailure", None)
            items.append({"Update": {"TableName": self._name, "Key": _key(write.key), **request}})
        try:
            self._request("transact_write_items", TransactItems=items)
        except _ConditionFailed:
            return False
        return True

    def query(
        self,
        partition: str,
        *,
        prefix: str = "",
        most: int | None = None,
        is_ascending: bool = False,
    ) -> list[Item]:
        """Read the items of a partition whose sort keys begin so.

        Args:
            partition: the partition key.
            prefix: the prefix of the sort keys.
            most: items that are read at most; None for all.
            is_ascending: whether the first comes first; otherwise the last does.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": to_wire(partition), ":prefix": to_wire(prefix)},
            "ScanIndexForward": is_ascending,
        }
        if not prefix:
            request["KeyConditionExpression"] = "pk = :pk"
            del request["ExpressionAttributeValues"][":prefix"]
        return self._pages(request, most)

    def query_due(self, before: int) -> list[Item]:
        """Read the marks of the items that are due up to a moment, the earliest first."""
        request = {
            "TableName": self._name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :due",
            "ExpressionAttributeValues": {":due": to_wire(DUE)},
        }
        marks = [mark for mark in self._pages(request, None) if mark["due_at"] <= before]
        return sorted(marks, key=lambda mark: int(mark["due_at"]))

    def get_due(self, mark: Item, before: int) -> Item:
        """Read the item of a mark; empty if it is not due up to a moment.

        The mark of one that is due no more is removed, once whoever put it has made the item due,
        or is dead.
        """
        item = self.get((mark["of_pk"], mark["of_sk"]))
        if item.get("due_at", before + 1) <= before:
            return item
        if "due_at" not in item and mark["due_at"] < before - _LONGEST_INVOCATION:
            self._remove(mark)
        return {}

    def _mark(self, key: Key, expression: str, values: Mapping[str, Any]) -> None:
        if made := _MAKES_DUE.search(expression):
            mark = {"due_at": values[made[1]], "of_pk": key[0], "of_sk": key[1]}
            self.put(_mark_key(key), mark)

    def _remove(self, mark: Item) -> None:
        """Remove a mark, unless it was put once more."""
        with contextlib.suppress(_ConditionFailed):
            self._call(
                "delete_item",
                _mark_key((mark["of_pk"], mark["of_sk"])),
                ConditionExpression="due_at = :due_at",
                ExpressionAttributeValues={":due_at": to_wire(mark["due_at"])},
            )

    def put(self, key: Key, item: Item) -> None:
        """Write an item, whatever was there."""
        wire = {name: to_wire(value) for name, value in item.items()}
        self._request("put_item", TableName=self._name, Item={**_key(key), **wire})

    def _pages(self, request: dict[str, Any], most: int | None) -> list[Item]:
        found: list[Item] = []
        while most is None or len(found) < most:
            limit = {} if most is None else {"Limit": most - len(found)}
            answer = self._request("query", **request, **limit)
            found += [from_wire(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def _call(self, operation: str, key: Key, **request: Any) -> Any:
        return self._request(operation, TableName=self._name, Key=_key(key), **request)

    def _request(self, operation: str, **request: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(**request)
        except ClientError as error:
            if _is_cancelled_by_others(error.response):
                raise _ConditionFailed({}) from error
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                item: Any = error.response.get("Item", {})
                raise _ConditionFailed(item) from error
            raise LedgerUnavailable(f"table {self._name}: {error}") from error
        except BotoCoreError as error:
            raise LedgerUnavailable(f"table {self._name}: {error}") from error


def _update(expression: str, values: Mapping[str, Any], condition: str | None) -> dict[str, Any]:
    names = {part: part[1:] for part in _placeholders(f"{expression} {condition or ''}", "#")}
    request: dict[str, Any] = {"UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
    if values:
        request["ExpressionAttributeValues"] = {f":{n}": to_wire(v) for n, v in values.items()}
    if names:
        request["ExpressionAttributeNames"] = names
    if condition:
        request["ConditionExpression"] = condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request


def _mark_key(key: Key) -> Key:
    return DUE, "#".join(key)


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _is_cancelled_by_others(response: Any) -> bool:
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    return bool(reasons & {"ConditionalCheckFailed", "TransactionConflict"})


class _ConditionFailed(Exception):
    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        self.item = item


def _placeholders(text: str, sign: str) -> set[str]:
    words = text.replace(",", " ").replace("(", " ").replace(")", " ").replace("=", " ").split()
    return {word for word in words if word.startswith(sign)}
