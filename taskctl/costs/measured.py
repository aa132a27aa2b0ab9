"""The cost of runs that were, by the durations of their tasks in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import NamedTuple

from taskctl.costs.pricing import Assumptions, Setup, is_cold, schedule_usage

_DAY = 24 * 3600
_DAYS_A_MONTH = 365 / 12


class Attempt(NamedTuple):
    """An attempt of a task: its schedule, the task's id, and how long it took."""

    schedule: str
    task: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The figures of a schedule's tasks, from the log.

    Attributes:
        attempts: lines of attempts.
        tasks: different tasks that they are of.
        seconds: the sum of the attempts' durations.
    """

    attempts: int
    tasks: int
    seconds: float

    @property
    def attempt_seconds(self) -> float:
        """The mean duration of an attempt."""
        return self.seconds / self.attempts

    @property
    def attempts_a_task(self) -> float:
        """The mean number of attempts of a task."""
        return self.attempts / self.tasks


def measure(attempts: Iterable[Attempt]) -> dict[str, Measured]:
    """Return what was measured of each schedule, by its name."""
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        found.setdefault(attempt.schedule, []).append(attempt)
    return {
        schedule: Measured(
            attempts=len(each),
            tasks=len({attempt.task for attempt in each}),
            seconds=sum(attempt.seconds for attempt in each),
        )
        for schedule, each in found.items()
    }


def price(
    totals: Mapping[str, Sequence[int]],
    measured: Mapping[str, Measured],
    setup: Setup,
    workers: Mapping[str, str | None],
    *,
    days: float,
) -> dict[str, float]:
    """Return what runs have cost, in US dollars by schedule.

    A schedule of which nothing was measured has the durations that `taskctl cost` assumes.

    Args:
        totals: the number of tasks of each run, by schedule.
        measured: by schedule.
        setup: the settings of the stack as it is now.
        workers: the worker of each schedule; None for the default one.
        days: the length of the period that the runs are of.
    """
    cold = is_cold(sum(map(len, totals.values())) / max(days, 1) * _DAYS_A_MONTH)
    return {
        name: _price(each, measured.get(name), setup.of(workers.get(name)), cold=cold)
        for name, each in totals.items()
    }


def _price(totals: Sequence[int], measured: Measured | None, setup: Setup, *, cold: bool) -> float:
    # metrics and alarms cost by the month, not by the run
    setup = replace(setup, metrics_by_schedule=False)
    assumptions, attempts = Assumptions(), 1.0
    if measured is not None:
        assumptions = replace(assumptions, task_seconds=measured.attempt_seconds)
        attempts = measured.attempts_a_task
    return sum(
        schedule_usage("", count, ceil(total * attempts), setup, assumptions, is_cold=cold).usd
        for total, count in Counter(totals).items()
    )


def days_between(start: datetime, end: datetime) -> float:
    """Return the days of a period."""
    return (end - start).total_seconds() / _DAY


def state(measured: Mapping[str, Measured], since: datetime, unmeasured: int) -> Iterator[str]:
    """Say what is measured, and what is estimated.

    Args:
        measured: by schedule.
        since: the first moment of the period.
        unmeasured: the schedules of which nothing was measured.
    """
    attempts = sum(one.attempts for one in measured.values())
    usual = Assumptions()
    yield (
        f"runs and tasks since {since:%Y-%m-%d %H:%M} UTC are from the ledger, durations and "
        f"attempts of tasks from what the log still has: {attempts:,} attempts"
    )
    if unmeasured:
        yield f"without attempts in the log a task is taken to last {usual.task_seconds:g} s"
    yield "memory, batch size and worker are those of today"
    yield (
        f"estimated: full batches, {usual.run_seconds:g} s of send_task a run and "
        f"{usual.batch_seconds * 1000:g} ms of run_task a batch, {usual.cold_start_seconds:g} s "
        f"for a start where runs are rare, {usual.task_log_bytes} bytes of log a task"
    )
    yield (
        "list prices of us-east-1, November 2026, before free tiers; polling, keep_runs, metrics, "
        "alarms and storage are left out (`taskctl cost` has them)"
    )
