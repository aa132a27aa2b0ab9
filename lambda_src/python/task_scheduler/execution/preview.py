"""The beginning of a task's result, for logs and messages, whatever the result's size."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from task_scheduler.errors import TaskTimeout
from task_scheduler.observability.log import SHORT, truncate
from task_scheduler.observability.redaction import redacted

MAX_WALK = 2_000
"""Characters of a result that are looked at; how many come after them is not counted."""

MAX_DEPTH = 50


def preview(value: Any) -> str | None:
    """Return the beginning of a result: a text as it is, anything else as JSON.

    What JSON does not have is shown by its `repr`, and marked so. Of large results only as much is
    encoded as is shown, and a little more; iterators are not consumed. The only code of the
    result's own that is called is its `__repr__`.
    """
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return truncate(str.__str__(value))
        try:
            return _beginning(_json(value))
        except _NotJson:
            return f"{_beginning(_repr(value))} (repr)"
    except (KeyboardInterrupt, TaskTimeout):
        raise
    except BaseException as error:  # it is task code, or changes while it is looked at
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}> (repr)"


class _NotJson(Exception):
    """A part of the result has no JSON."""


def _beginning(parts: Iterator[str]) -> str:
    text = ""
    for part in parts:
        text += part
        if len(text) > MAX_WALK:
            shown = truncate(redacted(text)[:SHORT])
            return f"{shown}... (more than {MAX_WALK - SHORT} more characters)"
    return truncate(text)


def _json(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the parts of a value's JSON, as late as possible."""
    kind = type(value)
    if depth > MAX_DEPTH:
        yield "..."
    elif kind is dict:
        yield "{"
        for number, (key, item) in enumerate(value.items()):
            if type(key) is not str:
                raise _NotJson
            yield f"{',' if number else ''}{_encode(key)}:"
            yield from _json(item, depth + 1)
        yield "}"
    elif kind in (list, tuple):
        yield "["
        for number, item in enumerate(value):
            yield "," if number else ""
            yield from _json(item, depth + 1)
        yield "]"
    elif kind in (str, int, float, bool, type(None)):
        yield _encode(value)
    else:
        raise _NotJson


def _encode(value: Any) -> str:
    if type(value) is str:
        value = redacted(value)[:MAX_WALK]
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:  # NaN, an int of too many digits
        raise _NotJson from error


def _repr(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the parts of a value's repr, as late as possible."""
    if depth > MAX_DEPTH:
        yield "..."
        return
    match value:
        case dict():
            yield from _named(value, _pairs(value, depth), dict)
        case tuple() if names := getattr(type(value), "_fields", None):
            yield from _fields(value, zip(names, tuple.__iter__(value), strict=False), depth)
        case list():
            yield from _named(value, _items("[", list.__iter__(value), "]", depth), list)
        case tuple():
            end = ",)" if tuple.__len__(value) == 1 else ")"
            yield from _named(value, _items("(", tuple.__iter__(value), end, depth), tuple)
        case set() if set.__len__(value):
            yield from _named(value, _items("{", set.__iter__(value), "}", depth), set)
        case frozenset() if frozenset.__len__(value):
            yield from _named(value, _items("{", frozenset.__iter__(value), "}", depth))
        case deque():
            yield from _named(value, _items("[", deque.__iter__(value), "]", depth))
        case str():
            yield repr(redacted(value)[:MAX_WALK])
        case bytes() | bytearray():
            yield repr(value[:MAX_WALK])
        case _ if dataclasses.is_dataclass(value) and _has_generated_repr(value):
            shown = (field.name for field in dataclasses.fields(value) if field.repr)
            yield from _fields(value, ((name, getattr(value, name)) for name in shown), depth)
        case _:
            yield str.__str__(repr(value))[: MAX_WALK + 1]


def _named(value: object, parts: Iterator[str], bare: type | None = None) -> Iterator[str]:
    """Yield a container's parts, in the parentheses of its class if that is not the bare one."""
    name = "" if type(value) is bare else f"{type(value).__name__}("
    yield name
    yield from parts
    yield ")" if name else ""


def _pairs(value: dict[Any, Any], depth: int) -> Iterator[str]:
    yield "{"
    for number, (key, item) in enumerate(dict.items(value)):
        yield ", " if number else ""
        yield from _repr(key, depth + 1)
        yield ": "
        yield from _repr(item, depth + 1)
    yield "}"


def _items(begin: str, items: Iterable[Any], end: str, depth: int) -> Iterator[str]:
    yield begin
    for number, item in enumerate(items):
        yield ", " if number else ""
        yield from _repr(item, depth + 1)
    yield end


def _fields(value: Any, fields: Iterable[tuple[str, Any]], depth: int) -> Iterator[str]:
    yield f"{type(value).__qualname__}("
    for number, (name, item) in enumerate(fields):
        yield f"{', ' if number else ''}{name}="
        yield from _repr(item, depth + 1)
    yield ")"


def _has_generated_repr(value: Any) -> bool:
    """Return True if a dataclass's repr is the decorator's."""
    return not isinstance(value, type) and hasattr(type(value).__repr__, "__wrapped__")
