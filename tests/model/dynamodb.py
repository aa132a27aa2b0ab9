"""DynamoDB's conditional updates, as far as the ledger uses them, and faults of theirs."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from botocore.exceptions import ClientError

from tests.model.simulation import Simulation
from tests.model.sqs import Faults

Wire = dict[str, Any]

UNIT_BYTES = {"write": 1_024, "read": 4_096}


class Client:
    """The calls of boto3's DynamoDB client that the ledger makes.

    Items are copied one level deep: an update makes new values, and changes none.

    Attributes:
        items: by partition and sort key.
        refused, unanswered, killed: shares of calls without an effect, of calls whose effect is
            not answered, and of calls before or after which the process dies.
        is_down: whether every call is refused.
        counts: how often each fault happened, and requests by operation.
        units: write and read request units, as AWS charges them.
        written: writes, and units of them, by partition key and second.

    Args:
        faults: that the calls are noted in, too, and that kills at one of them.
    """

    def __init__(
        self,
        simulation: Simulation,
        randomness: random.Random,
        *,
        refused: float = 0.0,
        unanswered: float = 0.0,
        killed: float = 0.0,
        latency: float = 0.004,
        faults: Faults | None = None,
    ) -> None:
        self.items: dict[tuple[str, str], Wire] = {}
        self.refused, self.unanswered, self.killed = refused, unanswered, killed
        self.is_down = False
        self.on_effect: Callable[[str, Wire, Wire], None] = lambda *_: None
        self.counts: Counter[str] = Counter()
        self.units: Counter[str] = Counter()
        self.written: dict[str, Counter[tuple[str, int]]] = {
            "writes": Counter(), "units": Counter()
        }  # fmt: skip
        self._simulation = simulation
        self._random = randomness
        self._latency = latency
        self._faults = faults

    def get_item(self, *, Key: Wire, **_: Any) -> Wire:
        """Read an item."""
        return self._call("get_item", lambda: self._get(_key(Key)))

    def update_item(self, *, Key: Wire, **request: Any) -> Wire:
        """Update an item under a condition."""
        return self._call("update_item", lambda: self._update(_key(Key), request))

    def put_item(self, *, Item: Wire, **_: Any) -> Wire:
        """Write an item."""
        return self._call("put_item", lambda: self._put(Item))

    def query(self, **request: Any) -> Wire:
        """Read a partition."""
        return self._call("query", lambda: {"Items": self._query(request)})

    def delete_item(self, *, Key: Wire, **request: Any) -> Wire:
        """Delete an item under a condition."""
        return self._call("delete_item", lambda: self._delete(_key(Key), request))

    def transact_write_items(self, *, TransactItems: list[Wire]) -> Wire:
        """Make several updates, or none."""
        return self._call("transact_write_items", lambda: self._transact(TransactItems))

    def _transact(self, writes: list[Wire]) -> Wire:
        updates = [(_key(write["Update"]["Key"]), write["Update"]) for write in writes]
        held = [
            _Scope(update, self.items.get(key, {})).holds(update.get("ConditionExpression", ""))
            for key, update in updates
        ]
        if not all(held):
            reasons = [{"Code": "None" if h else "ConditionalCheckFailed"} for h in held]
            answer: Any = {
                "Error": {"Code": "TransactionCanceledException", "Message": ""},
                "CancellationReasons": reasons,
            }
            raise ClientError(answer, "TransactWriteItems")
        for key, update in updates:
            self._update(key, update, factor=2)
        return {}

    def _delete(self, key: tuple[str, str], request: Wire) -> Wire:
        if self.items.get(key, {}).get("due_at") != request["ExpressionAttributeValues"][":due_at"]:
            answer: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}
            raise ClientError(answer, "DeleteItem")
        self._charge("write", self.items.pop(key))
        return {}

    def _put(self, item: Wire) -> Wire:
        self._charge("write", item, self.items.get(_key(item), {}))
        self.items[_key(item)] = {**item}
        return {}

    def _query(self, request: Wire) -> list[Wire]:
        values = request["ExpressionAttributeValues"]
        prefix = values.get(":prefix", {"S": ""})["S"]
        partition = values.get(":pk") or values[":due"]
        keys = [key for key in self.items if key[0] == partition["S"]]
        found = sorted(key for key in keys if key[1].startswith(prefix))
        if not request.get("ScanIndexForward", True):
            found.reverse()
        items = [{**self.items[key]} for key in found[: request.get("Limit")]]
        self._charge("read", {"all": {"L": [{"M": item} for item in items]}})
        return items

    def _get(self, key: tuple[str, str]) -> Wire:
        self._charge("read", self.items.get(key, {}))
        return {"Item": {**self.items[key]}} if key in self.items else {}

    def _update(self, key: tuple[str, str], request: Mapping[str, Any], *, factor: int = 1) -> Wire:
        old = self.items.get(key, {})
        scope = _Scope(request, old)
        if not scope.holds(request.get("ConditionExpression", "")):
            answer: Any = {
                "Error": {"Code": "ConditionalCheckFailedException", "Message": ""},
                "Item": {**old},
            }
            self._charge("write", old)
            raise ClientError(answer, "UpdateItem")
        new = {**old} or {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        scope.apply(request["UpdateExpression"], new)
        self._charge("write", old, new, factor=factor)
        self.items[key] = new
        self.on_effect("update", old, new)
        return {"Attributes": {**new}}

    def _charge(self, kind: str, *items: Wire, factor: int = 1) -> None:
        """Count request units: 1 KB written, or 4 KB read consistently; a transaction is double.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
        """
        size = max(sum(len(name) + _size(value) for name, value in item.items()) for item in items)
        units = factor * max(1, ceil(size / UNIT_BYTES[kind]))
        self.units[kind] += units
        if kind == "write" and "pk" in items[-1]:
            place = items[-1]["pk"]["S"], int(self._simulation.now)
            self.written["writes"][place] += 1
            self.written["units"][place] += units

    def _call(self, operation: str, effect: Any) -> Wire:
        number = self._faults.begin(f"{operation} ledger") if self._faults else 0
        self._maybe_kill()
        self._simulation.sleep(self._latency)
        self.counts[operation] += 1
        if self.is_down or self._happens("refused"):
            raise _fault("ProvisionedThroughputExceededException")
        try:
            answer: Wire = effect()
        finally:  # a condition that fails is an answer, too
            self._maybe_kill()
            if self._faults:
                self._faults.end(number)
        if self._happens("unanswered"):
            raise _fault("InternalServerError")
        return answer

    def _happens(self, kind: str) -> bool:
        happens: bool = self._random.random() < getattr(self, kind)
        self.counts[kind] += happens
        return happens

    def _maybe_kill(self) -> None:
        process = self._simulation.current
        if self.killed and process is not None and self._happens("killed"):
            process.is_dead = True
        self._simulation.sleep(0.0)


class _Scope:
    """The names and values of one request, and the item that its expressions are about."""

    def __init__(self, request: Mapping[str, Any], item: Wire) -> None:
        check(request)
        self._names = request.get("ExpressionAttributeNames", {})
        self._values = request.get("ExpressionAttributeValues", {})
        self._item = item

    def holds(self, condition: str) -> bool:
        """Evaluate a condition, by Python, after each comparison has become True or False."""
        if not condition:
            return True
        text = re.sub(r"attribute_not_exists\((#?\w+)\)", self._is_absent, condition)
        text = re.sub(r"attribute_exists\((#?\w+)\)", self._is_present, text)
        text = re.sub(r"contains\((#\w+), (:\w+)\)", self._contains, text)
        text = re.sub(r"(#\w+) (=|<|>) (:\w+)", self._compares, text)
        for word in ("AND", "OR", "NOT"):
            text = text.replace(word, word.lower())
        if not re.fullmatch(r"(True|False|and|or|not|[() ])+", text):
            raise ValueError(f"the model does not know the condition {condition!r}")
        return bool(eval(text))

    def apply(self, expression: str, new: Wire) -> None:
        """Apply an update expression to a copy of the item."""
        parts = re.split(r"\b(SET|ADD|REMOVE|DELETE)\b", expression)[1:]
        for verb, clauses in zip(parts[::2], parts[1::2], strict=True):
            for clause in re.split(r",(?![^(]*\))", clauses):
                self._apply(verb, clause.strip(), new)

    def _apply(self, verb: str, clause: str, new: Wire) -> None:
        if verb == "REMOVE":
            new.pop(self._name(clause), None)
        elif verb == "DELETE":
            name, value = clause.split()
            left = {*new[self._name(name)]["NS"]} - {*self._values[value]["NS"]}
            new[self._name(name)] = {"NS": sorted(left)}
            if not left:
                del new[self._name(name)]
        elif verb == "ADD":
            name, value = clause.split()
            new[self._name(name)] = _add(new.get(self._name(name)), self._values[value])
        else:
            name, value = clause.split(" = ")
            if found := re.fullmatch(r"if_not_exists\((#\w+), (:\w+)\)", value):
                default = self._values[found[2]]
                new[self._name(name)] = self._item.get(self._name(found[1]), default)
            else:
                new[self._name(name)] = self._values[value]

    def _name(self, placeholder: str) -> str:
        return str(self._names.get(placeholder, placeholder))

    def _is_absent(self, found: re.Match[str]) -> str:
        return str(self._name(found[1]) not in self._item)

    def _is_present(self, found: re.Match[str]) -> str:
        return str(self._name(found[1]) in self._item)

    def _contains(self, found: re.Match[str]) -> str:
        known = self._item.get(self._name(found[1]), {"NS": []})
        return str(self._values[found[2]]["N"] in known["NS"])

    def _compares(self, found: re.Match[str]) -> str:
        left, right = self._item.get(self._name(found[1])), self._values[found[3]]
        if left is None:
            return "False"
        [(kind, one)], [(_, other)] = left.items(), right.items()
        if kind == "N":
            one, other = int(one), int(other)
        return str({"=": one == other, "<": one < other, ">": one > other}[found[2]])


def check(request: Mapping[str, Any]) -> None:
    """Refuse what DynamoDB refuses: values that nothing uses, one attribute written twice."""
    update = request["UpdateExpression"]
    text = f"{update} {request.get('ConditionExpression', '')}"
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        sign = "#" if kind.endswith("Names") else ":"
        used = set(re.findall(rf"{sign}\w+", text))
        if used != set(request.get(kind, {})):
            raise ValueError(f"{kind}: {used ^ set(request.get(kind, {}))} in {text!r}")
    written = re.findall(r"#\w+", re.sub(r"if_not_exists\([^)]*\)", "", update))
    if len(written) != len(set(written)):
        raise ValueError(f"an attribute is written twice in {update!r}")


def _add(old: Wire | None, value: Wire) -> Wire:
    if "N" in value:
        return {"N": str(int((old or {"N": "0"})["N"]) + int(value["N"]))}
    return {"NS": sorted({*(old or {"NS": []})["NS"], *value["NS"]})}


def _size(value: Wire) -> int:
    """Return the approximate size of a value in bytes.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    [(kind, content)] = value.items()
    match kind:
        case "N":
            return len(content) // 2 + 2
        case "NS":
            return 3 + sum(len(number) // 2 + 2 for number in content)
        case "S":
            return len(content.encode())
        case "L":
            return 3 + sum(1 + _size(item) for item in content)
        case "M":
            return 3 + sum(1 + len(name) + _size(item) for name, item in content.items())
    return 1


def _key(wire: Wire) -> tuple[str, str]:
    return wire["pk"]["S"], wire["sk"]["S"]


def _fault(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "a fault of the model"}}, "Call")
