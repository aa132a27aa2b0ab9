"""Values as Terraform sends them, in plain Python, and when two of them mean the same.

null is None, a list or set is a list, a map, object or block is a dict, a number that no float is
exactly is a text, and a value that is known only after apply is UNKNOWN.
"""

from __future__ import annotations

import json
from typing import Any

import msgpack


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


def decode(data: bytes) -> Any:
    """Read the msgpack form; extension types are unknown values, whatever is known of them."""
    return msgpack.unpackb(data, ext_hook=lambda code, payload: UNKNOWN, strict_map_key=False)


def encode(value: Any) -> bytes:
    """Write the msgpack form."""
    packed: bytes = msgpack.packb(value, default=lambda _: msgpack.ExtType(0, b"\0"))
    return packed


def is_known(value: Any) -> bool:
    """Return True if every part of the value is known."""
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    if isinstance(value, list):
        return all(map(is_known, value))
    return value is not UNKNOWN


def shown(value: Any) -> Any:
    """Return a value as plans show it: a collection with an unknown item is wholly unknown."""
    return UNKNOWN if isinstance(value, list | dict) and not is_known(value) else value


def without_unknown(value: Any) -> Any:
    """Return the value with null for every part that is unknown."""
    if isinstance(value, dict):
        return {key: without_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_unknown(item) for item in value]
    return None if value is UNKNOWN else value


def is_zero(value: Any) -> bool:
    """Return True if the AWS provider's framework takes the value for one that is not set."""
    return value is not UNKNOWN and not value


def same(kind: Any, a: Any, b: Any, json_kind: str | None = None) -> bool:
    """Return True if `a` and `b`, both of the Terraform type `kind`, plan no change.

    `json_kind` is "document" for a text that holds JSON, "policy" for an IAM policy, in which lists
    are without order and a list of one equals its element.
    """
    if is_zero(a) and is_zero(b):
        return True
    if not (is_known(a) and is_known(b)):
        return a is b
    if kind == "number" and None not in (a, b):
        return float(a) == float(b)
    if isinstance(kind, list) and kind[0] == "set":
        return isinstance(a, list) and isinstance(b, list) and _unordered(a) == _unordered(b)
    if json_kind and isinstance(a, str) and isinstance(b, str):
        try:
            first, second = json.loads(a), json.loads(b)
        except ValueError:
            return a == b
        if json_kind == "policy":
            first, second = _policy(first), _policy(second)
        return bool(first == second)
    return bool(a == b)


def _unordered(items: list[Any]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def _policy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _policy(item) for key, item in value.items()}
    if isinstance(value, list):
        items = _unordered([_policy(item) for item in value])
        return json.loads(items[0]) if len(items) == 1 else items
    return value
