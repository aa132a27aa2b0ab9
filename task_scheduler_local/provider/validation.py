"""Refuses configurations that break the facts of a type: values, item counts, combinations.

Unknown attributes, wrong types, missing arguments and counts of blocks are refused by Terraform
itself, from the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

from .errors import ProviderError
from .formats import format_problems
from .provider import State
from .schema import Attribute, Block
from .values import UNKNOWN, is_zero

_NOT_HERE = "does nothing in the stand-in for hashicorp/aws: leave it out"


def check(block: Block, config: State) -> Iterator[ProviderError]:
    """Yield everything that the configuration breaks, in one sentence each."""
    yield from _combinations(block, config)
    yield from _values(block, config, ())


def warn(block: Block, config: State) -> Iterator[ProviderError]:
    """Yield what older versions of the real provider, from 5.76 on, do not know."""
    for name, attribute in block.attributes.items():
        if attribute.since and _given(config[name]):
            yield ProviderError(f'"{name}" needs hashicorp/aws {attribute.since} or newer', name)


def _combinations(block: Block, config: State) -> Iterator[ProviderError]:
    """Only top-level arguments take part in combinations; what is unknown may turn out to fit."""
    reported: list[Collection[str]] = []
    for name, attribute in block.attributes.items():
        if _given(config[name]):
            for other in attribute.required_with:
                if config.get(other) is None:
                    yield ProviderError(f'"{name}" needs "{other}" to be set, too', name)
            for other in attribute.conflicts_with:
                if _given(config.get(other)) and {name, other} not in reported:
                    reported.append({name, other})
                    yield ProviderError(f'"{name}" conflicts with "{other}": set one of them', name)
        group = attribute.exactly_one_of
        if group and group not in reported and not any(config.get(n) is UNKNOWN for n in group):
            reported.append(group)
            given = sum(_given(config.get(n)) for n in group)
            if given != 1:
                names = ", ".join(f'"{n}"' for n in group)
                yield ProviderError(f"exactly one of {names} must be set, {given} are")


def _given(value: Any) -> bool:
    return value is not None and value != [] and value is not UNKNOWN


def _values(block: Block, config: State, path: tuple[str, ...]) -> Iterator[ProviderError]:
    for name, attribute in block.attributes.items():
        where = ".".join((*path, name))
        for problem in _problems(attribute, config[name]):
            yield ProviderError(f"{where}: {problem}", path[0] if path else name)
    for name, nested in block.blocks.items():
        if config[name] is not UNKNOWN:
            for item in nested.items(config[name]):
                if nested.unsupported:
                    yield ProviderError(f"{'.'.join((*path, name))} {_NOT_HERE}", name)
                yield from _values(nested.block, item, (*path, name))


def _problems(attribute: Attribute, value: Any) -> Iterator[str]:
    if value is None or value is UNKNOWN:
        return
    if not (attribute.required or attribute.optional):
        yield "cannot be set: its value will be decided automatically"
    if attribute.unsupported and not is_zero(value):
        yield _NOT_HERE
    if attribute.length:
        size, kind = _size(value)
        if not _within(attribute.length, size):
            yield f"has {size} {kind}, must have {_span(attribute.length)}"
    for item in value if isinstance(value, list) else [value]:
        if item is None:
            yield "has an item that is null"
        elif item is not UNKNOWN:
            yield from _item_problems(attribute, item)


def _size(value: Any) -> tuple[int, str]:
    """Return the length as the AWS provider counts it: bytes of a text, items of a list."""
    if isinstance(value, str):
        return len(value.encode()), "bytes"
    return len(value), "items"


def _item_problems(attribute: Attribute, item: Any) -> Iterator[str]:
    if attribute.type == "number" and not attribute.fraction and not _is_whole(item):
        yield f"is {item}, must be a whole number"
    if attribute.range and not _within(attribute.range, float(item)):
        yield f"is {item}, must be {_span(attribute.range)}"
    if attribute.values and not _is_one_of(attribute, item):
        values = ", ".join(map(str, attribute.values))
        if attribute.multiple_of is None:
            yield f"is {json.dumps(item)}, must be one of {values}"
        elif float(item) % attribute.multiple_of:
            yield f"is {item}, must be one of {values} or a multiple of {attribute.multiple_of}"
    if attribute.pattern and not re.fullmatch(attribute.pattern, item, re.ASCII):
        yield f"is {json.dumps(item)}, must match {attribute.pattern}"
    yield from format_problems(attribute.format or (attribute.json and "json"), item)


def _is_whole(number: Any) -> bool:
    """Return True if the number fits Go's int: whole, in 64 bits."""
    exact = Decimal(str(number))
    return exact == exact.to_integral_value() and -(2**63) <= exact < 2**63


def _is_one_of(attribute: Attribute, item: Any) -> bool:
    if attribute.ignore_case:
        return item.lower() in (value.lower() for value in attribute.values)
    return item in attribute.values


def _within(limits: Sequence[float | None], number: float) -> bool:
    low, high = limits
    return (low is None or low <= number) and (high is None or number <= high)


def _span(limits: Sequence[float | None]) -> str:
    low, high = limits
    return f"at least {low}" if high is None else f"{low} to {high}"
