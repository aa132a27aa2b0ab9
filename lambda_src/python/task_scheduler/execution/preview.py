"""Previews of results."""

from __future__ import annotations

from typing import Any

from task_scheduler.observability.log import truncate
from task_scheduler.queue import serialization


def preview(value: Any) -> str | None:
    """Return the beginning of a result: a text as it is, anything else as JSON.

    What cannot be JSON is told by its `repr`, marked as that.
    """
    if value is None or isinstance(value, str):
        return value and truncate(value)
    try:
        return truncate(serialization.to_json(value))
    except Exception:  # jsonpickle calls methods of the result's own
        return f"{truncate(_repr(value))} (repr)"


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
