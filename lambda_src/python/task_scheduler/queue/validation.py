"""Checks of JSON objects: the attributes of a type of ours and no others, values that we know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from task_scheduler.outcome import Occasion


def check_attributes(
    attributes: Mapping[str, Any], types: Mapping[str, type], error: type[ValueError]
) -> None:
    """Raises the error for the first attribute that is unknown or of another type."""
    for name, value in attributes.items():
        if name not in types:
            raise error(f"{name!r}: no such attribute; known are {', '.join(types)}")
        # bool is an int to Python
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise error(f"{name} is a {type(value).__name__}: must be a {types[name].__name__}")


def check_occasions(words: list[Any], error: type[ValueError]) -> None:
    """Raises the error for the first of the words that is no occasion."""
    for word in words:
        # nothing of an object is called, not even to show it
        if not isinstance(word, str) or word not in list(Occasion):
            shown = repr(word) if isinstance(word, str) else f"a {type(word).__name__}"
            raise error(f"notify_on has {shown}: known are {', '.join(Occasion)}")
