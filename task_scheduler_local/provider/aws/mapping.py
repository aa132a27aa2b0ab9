"""Attributes to parameters of AWS and back, by name: max_age becomes MaxAge.

A block that can stand once is a structure, any other block a list of structures.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from ..provider import State
from ..schema import Block


def to_api(
    block: Block, values: State, names: Mapping[str, str], skip: Collection[str] = ()
) -> dict[str, Any]:
    """Parameters for everything that is set and not only computed; "" counts as not set."""
    parameters: dict[str, Any] = {}
    for name, attribute in block.attributes.items():
        settable = (attribute.required or attribute.optional) and not attribute.unsupported
        if settable and name not in skip and values[name] not in (None, "", []):
            number = attribute.type == "number" and isinstance(values[name], str)
            parameters[_name(name, names)] = float(values[name]) if number else values[name]
    for name, nested in block.blocks.items():
        if name in skip or nested.unsupported or nested.nesting == "single":
            continue
        items = [to_api(nested.block, item or {}, names) for item in values[name] or ()]
        if items:
            parameters[_name(name, names)] = items[0] if nested.max_items == 1 else items
    return parameters


def from_api(
    block: Block, answer: Mapping[str, Any], names: Mapping[str, str], skip: Collection[str] = ()
) -> State:
    """Attributes from an answer; null for those that it lacks."""
    state: State = {}
    for name in block.attributes:
        if name not in skip:
            state[name] = _plain(answer.get(_name(name, names)))
    for name, nested in block.blocks.items():
        if name not in skip and nested.nesting != "single":
            found = answer.get(_name(name, names)) or []
            state[name] = [
                from_api(nested.block, item, names)
                for item in (found if isinstance(found, list) else [found])
            ]
    return state


def _name(attribute: str, names: Mapping[str, str]) -> str:
    return names.get(attribute) or "".join(part.capitalize() for part in attribute.split("_"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def to_texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters in the form of SQS and SNS, which keep every setting as a text."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in parameters.items()
    }


def from_texts(block: Block, attributes: State) -> State:
    """Convert attributes that were read as texts to their own types."""
    return {
        name: None if text is None else _FROM_TEXT[block.attributes[name].type](text)
        for name, text in attributes.items()
    }


_FROM_TEXT: dict[Any, Callable[[str], Any]] = {
    "bool": lambda text: text == "true",
    "number": int,
    "string": str,
}


def different(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that an update has to send; what is gone is set to ""."""
    return {
        name: after.get(name, "")
        for name in [*before, *(name for name in after if name not in before)]
        if before.get(name) != after.get(name)
    }
