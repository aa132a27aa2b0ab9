"""Items of the ledger in Python's types, and in DynamoDB's as they travel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def to_wire(value: Any) -> Any:
    """Return a value in DynamoDB's types.

    Raises:
        TypeError: it is not of a type of the ledger's.
    """
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
            return {"M": {name: to_wire(item) for name, item in value.items()}}
        case list() | tuple():
            return {"L": [to_wire(item) for item in value]}
        case None:
            return {"NULL": True}
    raise TypeError(f"a {type(value).__name__} is not a type of the ledger's")


def from_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read an item in DynamoDB's types."""
    return {name: _value(wire) for name, wire in item.items()}


def _number(text: str) -> int | float:
    """Read a number; the ledger's own are whole, but anybody may have edited an item."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def _value(wire: Mapping[str, Any]) -> Any:
    [(kind, value)] = wire.items()
    match kind:
        case "N":
            return _number(value)
        case "NS":
            return {_number(number) for number in value}
        case "L":
            return [_value(item) for item in value]
        case "M":
            return from_wire(value)
        case "NULL":
            return None
    return value
