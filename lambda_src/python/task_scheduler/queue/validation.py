"""Checks of JSON objects: the attributes of a type of ours, and values that we know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from task_scheduler.outcome import NotifyEvent


def known_attributes(attributes: Mapping[str, Any], types: Mapping[str, type]) -> dict[str, Any]:
    """Return the attributes without those that this version does not know.

    They are a newer sender's, and no reason to drop a task: what must not be ignored comes with
    another version of the envelope.
    """
    return {name: value for name, value in attributes.items() if name in types}


def check_attributes(
    attributes: Mapping[str, Any], types: Mapping[str, type], error: type[ValueError]
) -> None:
    """Raise the error for the first attribute that is unknown or of another type."""
    for name, value in attributes.items():
        if name not in types:
            raise error(f"{name!r}: no such attribute; known are {', '.join(types)}")
        # bool is an int to Python
        is_odd = isinstance(value, bool) and types[name] is not bool
        if is_odd or not isinstance(value, types[name]):
            raise error(f"{name} is a {type(value).__name__}: must be a {types[name].__name__}")


def read_notify_events(names: list[Any], error: type[ValueError]) -> list[str]:
    """Return the notification events of a list, in the words of this version.

    Raises:
        error: for the first name that is not an event.
    """
    return [_read_notify_event(name, error) for name in names]


def _read_notify_event(name: Any, error: type[ValueError]) -> str:
    # nothing of an object is called, not even to show it
    if not isinstance(name, str):
        raise error(f"notify_on has a {type(name).__name__}: known are {', '.join(NotifyEvent)}")
    event: str = _WORDS_OF_0_1_0.get(name, name)
    if event not in list(NotifyEvent):
        raise error(f"notify_on has {name!r}: known are {', '.join(NotifyEvent)}")
    return event


_WORDS_OF_0_1_0: dict[str, str] = {"recovered": NotifyEvent.RECOVERY.value}
"""They are still in messages, dead letters and schedules that 0.1.0 wrote."""
