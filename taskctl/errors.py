"""Errors that a user can correct."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all commands; docs/commands.md has the same list."""

    DONE = 0
    """It was done, and nothing failed."""
    FAILED = 1
    """It was done, and found or met a failure: of a task, a run, a check, a dead letter."""
    NOT_DONE = 2
    """It could not be done: a wrong argument, no access, no such schedule or run."""
    TIMED_OUT = 124
    """The time given by --timeout was over first; timeout(1) has the same."""
    INTERRUPTED = 130
    """Ctrl-C."""


class TaskctlError(Exception):
    """One sentence for the user: what went wrong, where, and what would be right."""


class NoLedger(TaskctlError):
    """The stack is of a release that recorded no runs."""


class AwsUnavailable(TaskctlError):
    """AWS throttles, or cannot be reached at the moment; the same request may succeed later."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return the end of an error's sentence that offers the nearest of the names there are."""
    by_lower = {known.lower(): known for known in names}
    near = [by_lower[lower] for lower in get_close_matches(name.lower(), by_lower)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
