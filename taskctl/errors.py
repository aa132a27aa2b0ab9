"""What a user can put right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TaskctlError(Exception):
    """One sentence for the user: what went wrong, where, and what would be right."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of an error's sentence that offers the nearest of the names that there are."""
    by_lower = {known.lower(): known for known in names}
    near = [by_lower[lower] for lower in get_close_matches(name.lower(), by_lower)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
