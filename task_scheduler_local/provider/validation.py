"""Refuses configurations that break the facts of a type: values, item counts, combinations.

Unknown attributes, wrong types, missing arguments and counts of blocks are refused by Terraform
itself, from the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from .errors import ProviderError
from .provider import State
from .schema import Attribute, Block
from .values import UNKNOWN

_ARN = re.compile(
    r"arn:aws(-[a-z]+)*:[^:]*"
    r":([a-z]{2,4}(-[a-z]+)+-[0-9])?"
    r":(aws|aws-managed|third-party|[0-9]{12}|cw[^:\n]{10})?"
    r":.+",
    re.DOTALL,
)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def check(block: Block, config: State) -> Iterator[ProviderError]:
    """Yields everything that the configuration breaks, in one sentence each."""
    yield from _combinations(block, config)
    yield from _values(block, config, ())


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
            for item in config[name] or ():
                yield from _values(nested.block, item, (*path, name))


def _problems(attribute: Attribute, value: Any) -> Iterator[str]:
    if value is None or value is UNKNOWN:
        return
    if not (attribute.required or attribute.optional):
        yield "cannot be set: its value will be decided automatically"
    if attribute.length and not _within(attribute.length, len(value)):
        kind = "characters" if isinstance(value, str) else "items"
        yield f"has {len(value)} {kind}, must have {_span(attribute.length)}"
    for item in value if isinstance(value, list) else [value]:
        if item is not None and item is not UNKNOWN:
            yield from _item_problems(attribute, item)


def _item_problems(attribute: Attribute, item: Any) -> Iterator[str]:
    if attribute.range and not _within(attribute.range, float(item)):
        yield f"is {item}, must be {_span(attribute.range)}"
    if attribute.values and item not in attribute.values:
        values = ", ".join(map(str, attribute.values))
        if attribute.multiple_of is None:
            yield f"is {json.dumps(item)}, must be one of {values}"
        elif float(item) % attribute.multiple_of:
            yield f"is {item}, must be one of {values} or a multiple of {attribute.multiple_of}"
    if attribute.pattern and not re.fullmatch(attribute.pattern, item):
        yield f"is {json.dumps(item)}, must match {attribute.pattern}"
    if attribute.format == "arn" and item and not _ARN.fullmatch(item):
        yield f"is {json.dumps(item)}, which is not an ARN"
    if attribute.format == "timestamp" and not _is_timestamp(item):
        yield f"is {json.dumps(item)}, which is not an RFC 3339 time such as 2026-01-31T09:00:00Z"
    if attribute.json:
        try:
            json.loads(item)
        except ValueError as error:
            yield f"is not valid JSON: {error}"


def _within(limits: Sequence[float | None], number: float) -> bool:
    low, high = limits
    return (low is None or low <= number) and (high is None or number <= high)


def _span(limits: Sequence[float | None]) -> str:
    low, high = limits
    return f"at least {low}" if high is None else f"{low} to {high}"


def _is_timestamp(text: str) -> bool:
    if not _TIMESTAMP.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
