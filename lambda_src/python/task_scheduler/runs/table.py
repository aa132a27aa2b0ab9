"""The ledger's table: one DynamoDB table, reached through conditional updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from task_scheduler.errors import LedgerUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item in Python's types: texts, whole numbers, truth values, sets of whole numbers, maps."""

Key = tuple[str, str]
"""The partition key and the sort key of an item."""


@dataclass(frozen=True, slots=True)
class Update:
    """The answer to an update.

    Attributes:
        item: as it is now; where the condition failed as it was, empty if there was none.
        was_made: whether the condition held.
    """

    item: Item
    was_made: bool


class Table:
    """Items by key; every write is one request that DynamoDB makes wholly or not at all.

    Args:
        client: of DynamoDB; parameter validation may be off.
        name: of the table.

    Each method raises LedgerUnavailable where the table does not answer, throttles or refuses.
    """

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key) -> Item:
        """Read an item consistently; empty if there is none."""
        answer = self._call("get_item", key, ConsistentRead=True)
        return _from_wire(answer.get("Item", {}))

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
            expression: of DynamoDB's update grammar; `#name` stands for the attribute `name`.
            values: for its placeholders, `:name` without the colon.
            condition: under which the update is made.
        """
        text = f"{expression} {condition or ''}"
        names = {part: part[1:] for part in _placeholders(text, "#")}
        request: dict[str, Any] = {
            "UpdateExpression": expression,
            "ExpressionAttributeValues": {f":{n}": _to_wire(v) for n, v in values.items()},
            "ReturnValues": "ALL_NEW",
        }
        if names:
            request["ExpressionAttributeNames"] = names
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            answer = self._call("update_item", key, **request)
        except _ConditionFailed as failed:
            return Update(_from_wire(failed.item), was_made=False)
        return Update(_from_wire(answer["Attributes"]), was_made=True)

    def _call(self, operation: str, key: Key, **request: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        wire_key = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        try:
            return getattr(self._client, operation)(TableName=self._name, Key=wire_key, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                item: Any = error.response.get("Item", {})
                raise _ConditionFailed(item) from error
            raise LedgerUnavailable(f"table {self._name}: {error}") from error
        except BotoCoreError as error:
            raise LedgerUnavailable(f"table {self._name}: {error}") from error


class _ConditionFailed(Exception):
    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        self.item = item


def _placeholders(text: str, sign: str) -> set[str]:
    words = text.replace(",", " ").replace("(", " ").replace(")", " ").replace("=", " ").split()
    return {word for word in words if word.startswith(sign)}


def _to_wire(value: Any) -> Any:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case set() | frozenset():
            return {"NS": [str(number) for number in sorted(value)]}
        case dict():
            return {"M": {name: _to_wire(item) for name, item in value.items()}}
        case None:
            return {"NULL": True}
    raise TypeError(f"a {type(value).__name__} is no type of the ledger's")


def _from_wire(item: Mapping[str, Any]) -> Item:
    return {name: _value(wire) for name, wire in item.items()}


def _value(wire: Mapping[str, Any]) -> Any:
    [(kind, value)] = wire.items()
    match kind:
        case "N":
            return int(value)
        case "NS":
            return {int(number) for number in value}
        case "M":
            return _from_wire(value)
        case "NULL":
            return None
    return value
