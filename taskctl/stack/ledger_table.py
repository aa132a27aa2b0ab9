"""Reading the table in which the functions record runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.table import Item, Key, Table
from taskctl import aws
from taskctl.errors import NoLedger
from taskctl.stack.stack import Stack

_MOST_KEYS = 100
"""Of a BatchGetItem request."""

LAST = "~"
"""Sorts behind every character of a key."""


class LedgerTable:
    """The ledger's items, as Python values; what has expired is not there any more.

    Each method raises NoLedger if there is no table, TaskctlError if there is no access to it.
    """

    def __init__(self, stack: Stack, clock: Callable[[], float]) -> None:
        self._stack = stack
        self._clock = clock

    def get(self, key: Key) -> Item:
        """Read an item consistently; empty if there is none."""
        request = {"TableName": self._stack.ledger, "Key": _key(key), "ConsistentRead": True}
        with self._explained():
            answer = client().get_item(**request)
        found = self._present([answer["Item"]] if "Item" in answer else [])
        return found[0] if found else {}

    def get_many(self, keys: Iterable[Key]) -> list[Item]:
        """Read those of some items that there are, in no order."""
        wanted = [_key(key) for key in keys]
        found: list[Mapping[str, Any]] = []
        while wanted:
            asked, wanted = wanted[:_MOST_KEYS], wanted[_MOST_KEYS:]
            request = {self._stack.ledger: {"Keys": asked}}
            with self._explained():
                answer = client().batch_get_item(RequestItems=request)
            found += answer["Responses"][self._stack.ledger]
            wanted += answer["UnprocessedKeys"].get(self._stack.ledger, {}).get("Keys", [])
        return self._present(found)

    def query(
        self,
        partition: str,
        first: str = " ",
        last: str | None = None,
        *,
        newest: int | None = None,
    ) -> list[Item]:
        """Read the items of a partition between two sort keys, both included, the first first.

        Args:
            partition: the partition key.
            first: the first sort key.
            last: the last sort key; None for all from the first on.
            newest: read only so many, from the last.
        """
        request: dict[str, Any] = {
            "TableName": self._stack.ledger,
            "KeyConditionExpression": "pk = :pk AND sk >= :first",
            "ExpressionAttributeValues": {":pk": {"S": partition}, ":first": {"S": first}},
        }
        if last is not None:
            request["KeyConditionExpression"] = "pk = :pk AND sk BETWEEN :first AND :last"
            request["ExpressionAttributeValues"][":last"] = {"S": last}
        if newest is not None:
            request |= {"Limit": newest, "ScanIndexForward": False}
        with self._explained():
            pages = self._pages(request, newest)
            found = self._present(item for page in pages for item in page)
        return found if newest is None else found[:newest][::-1]

    def created(self) -> datetime:
        """Return when the table was made."""
        with self._explained():
            answer = client().describe_table(TableName=self._stack.ledger)
        made: datetime = answer["Table"]["CreationDateTime"]
        return made

    def query_all(self, ranges: Iterable[tuple[str, str, str | None]]) -> list[Item]:
        """Read the items of several partitions at once: (partition, first, last) of each."""
        with ThreadPoolExecutor(aws.MAX_CONNECTIONS) as threads:
            found = threads.map(lambda one: self.query(*one), ranges)
            return [item for items in found for item in items]

    def _pages(
        self, request: Mapping[str, Any], newest: int | None
    ) -> Iterator[list[Mapping[str, Any]]]:
        more: dict[str, Any] = {}
        while True:
            answer = client().query(**request, **more)
            yield answer["Items"]
            if newest is not None or "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _present(self, wires: Iterable[Mapping[str, Any]]) -> list[Item]:
        now = self._clock()
        items = (
            # most are texts, and a call takes longer than all else
            {name: wire["S"] if "S" in wire else _value(wire) for name, wire in item.items()}
            for item in wires
        )
        return [item for item in items if not _is_past(item.get("expires"), now)]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with aws.explained():
                yield
        except client().exceptions.ResourceNotFoundException as error:
            raise _no_table(self._stack) from error


@contextmanager
def writing(stack: Stack) -> Iterator[Table]:
    """Hand out the table for writing, and explain what AWS refuses.

    Raises:
        NoLedger: there is no table.
        TaskctlError: there is no access to it.
    """
    try:
        yield Table(client(), stack.ledger)
    except LedgerUnavailable as error:
        if isinstance(error.__cause__, client().exceptions.ResourceNotFoundException):
            raise _no_table(stack) from error
        with aws.explained():
            raise (error.__cause__ or error) from None


@cache
def client() -> Any:
    """Return the client of DynamoDB."""
    dynamodb = aws.client("dynamodb")
    dynamodb.meta.events.register("before-parse.dynamodb.Query", _parse_quickly)
    return dynamodb


def _parse_quickly(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Parse an answer without botocore's checks, which take four times as long as all else."""
    if response_dict["status_code"] == 200:
        customized_response_dict.update(msgspec.json.decode(response_dict["body"]))
        response_dict["body"] = b"{}"


def _no_table(stack: Stack) -> NoLedger:
    stack.check_exists()
    return NoLedger(
        f"no table {stack.ledger} in {stack.place}: the stack {stack.prefix!r} is of a "
        "release that recorded no runs; apply the module as it is now"
    )


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _is_past(expires: Any, now: float) -> bool:
    return isinstance(expires, int) and expires < now


def _value(wire: Mapping[str, Any]) -> Any:
    """Return an attribute's value; of a type that the functions do not write, some text of it."""
    [(kind, value)] = wire.items()
    match kind:
        case "N":
            return int(value) if value.lstrip("-").isdecimal() else str(value)
        case "NS":
            return {int(number) for number in value if number.isdecimal()}
        case "M":
            return {name: _value(item) for name, item in value.items()}
        case "L":
            return [_value(item) for item in value]
        case "NULL":
            return None
        case "B" | "BS":
            return str(value)
    return value
