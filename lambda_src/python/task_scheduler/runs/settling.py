"""Consequences of records: runs are closed, corrected, or known to be failing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableSet
from functools import partial
from typing import TypeVar

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger
from task_scheduler.runs.closing import ClosedNow, close
from task_scheduler.runs.correcting import correct
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.recorder import Recorded

EARLY_SECONDS = 300
"""A run that is still open so long after its first failure is notified early."""

MAX_FAILING = 1_000
"""Failing runs that a sandbox remembers."""

Value = TypeVar("Value")


def settle(
    ledger: Ledger,
    recorded: Recorded,
    *,
    closer: str,
    seconds: Callable[[], float],
    failing: MutableSet[str],
) -> list[ClosedNow]:
    """Close and correct runs; what cannot be done now is keep_runs' to do.

    Args:
        ledger: the ledger that they are in.
        recorded: what followed from what was recorded.
        closer: names the caller.
        seconds: returns the seconds that the caller has left.
        failing: keys of the runs of which it is known that a task failed.

    Returns:
        The runs that people are to be notified of.
    """
    closed = [
        _patiently(partial(close, ledger, run, counts, closer=closer, seconds=seconds()))
        for run, counts in recorded.complete.items()
    ]
    closed += [
        _patiently(partial(correct, ledger, run, closer=closer, seconds=seconds()))
        for run in recorded.corrected
    ]
    _note_failing(ledger, recorded.failing - recorded.complete.keys(), failing)
    return [one for one in closed if one is not None]


def _note_failing(ledger: Ledger, runs: Iterable[RunId], known: MutableSet[str]) -> None:
    """Have keep_runs look at runs that fail, should they go on for long."""
    for run in runs:
        if run.key in known:
            continue
        if len(known) >= MAX_FAILING:
            known.clear()
        known.add(run.key)
        _patiently(partial(note_first_failure, ledger, run))


def note_first_failure(ledger: Ledger, run: RunId) -> None:
    """Note when the first task of a run failed.

    Raises:
        LedgerUnavailable: the table did not answer.
    """
    ledger.table.update(
        run.item,
        "SET #first_failed = :now, #due_at = :soon",
        {
            "now": ledger.now,
            "soon": ledger.now + EARLY_SECONDS,
            "running": RunState.RUNNING.value,
        },
        condition="#state = :running AND attribute_not_exists(#first_failed)",
    )


def _patiently(action: Callable[[], Value]) -> Value | None:
    try:
        return action()
    except LedgerUnavailable as error:
        logger.warning("ledger", extra={"reason": str(error)})
        return None
