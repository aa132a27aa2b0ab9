"""Data of the pages: read as the commands read it, and cached where reading is expensive."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from taskctl import aws
from taskctl.costs.cost_basis import stack_basis
from taskctl.costs.estimate import UNKNOWN_TASKS, estimate, runs_by_schedule
from taskctl.costs.pricing import Assumptions
from taskctl.dead_letters.dead_letter import DeadLetter
from taskctl.dead_letters.listing import count_dead_letters
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.stack import Stack
from taskctl.web.jobs import Job

T = TypeVar("T")

_SCHEDULES_SECONDS = 60.0
_DEAD_LETTERS_SECONDS = 15.0
_RUNNING_SECONDS = 4.0
_COSTS_SECONDS = 3_600.0
_RETRY_SECONDS = 5.0
"""After a failure."""
_READ_AT_ONCE = 4
"""Queries for runs that go on: what somebody waits for goes before them."""
_LAST = 3
"""Runs of each schedule that are looked at for one that is not over."""


class Cached(Generic[T]):
    """A value that is read in the background, and again once it is old.

    Args:
        read: reads it.
        seconds: after which it is old.
        threads: read in.
    """

    def __init__(self, read: Callable[[], T], seconds: float, threads: ThreadPoolExecutor) -> None:
        self._read = read
        self._seconds = seconds
        self._threads = threads
        self._lock = Lock()
        self._value: Future[T] | None = None
        self._next: Future[T] | None = None
        self._read_at = 0.0

    def peek(self) -> T | None:
        """Return the value, as old as it is; None as long as there is none.

        Raises whatever reading it did.
        """
        future = self._refresh()
        return future.result() if future.done() else None

    def get(self) -> T:
        """Return the value, as old as it is; the first time, wait for it.

        Raises whatever reading it did.
        """
        return self._refresh().result()

    def forget(self) -> None:
        """Read it again when it is asked for."""
        with self._lock:
            self._read_at = 0.0

    def _refresh(self) -> Future[T]:
        with self._lock:
            if self._next is not None and self._next.done():
                self._value, self._next = self._next, None
            failed = self._value is not None and self._value.exception() is not None
            seconds = min(self._seconds, _RETRY_SECONDS) if failed else self._seconds
            is_old = not self._read_at or time.monotonic() - self._read_at > seconds
            if is_old and self._next is None:
                self._read_at = time.monotonic()
                self._next = self._threads.submit(self._read)
            known = self._value or self._next
            assert known is not None  # noqa: S101  # read at least once
            return known


class Known:
    """The cached data of a stack.

    Args:
        stack: which.
        task_folder: the folder on this machine with its task files; None if there is none.

    Attributes:
        stack: which.
        task_folder: where its task files lie on this machine; None if they do not.
        reader: the reader of its ledger.
        schedules: the schedules that are deployed.
        watched: what keep_runs expects of schedules, by their names.
        running: the runs that are not over, of the last ones of each schedule.
        dead_letters: about how many there are.
        costs: US dollars a month, by schedule.
        listed: the dead letters that were last shown, by id.
        jobs: backfills that were begun here.
    """

    def __init__(self, stack: Stack, task_folder: Path | None = None) -> None:
        threads = ThreadPoolExecutor(aws.MAX_CONNECTIONS // 2, thread_name_prefix="known")
        self.stack = stack
        self.task_folder = task_folder
        self.reader = RunReader(stack)
        self.schedules: Cached[list[Schedule]] = Cached(
            stack.schedules, _SCHEDULES_SECONDS, threads
        )
        self.watched: Cached[Mapping[str, Mapping[str, Any]]] = Cached(
            stack.watched, _SCHEDULES_SECONDS, threads
        )
        self.running: Cached[dict[str, RecordedRun]] = Cached(
            self._read_running, _RUNNING_SECONDS, threads
        )
        self.dead_letters: Cached[int] = Cached(
            lambda: count_dead_letters(stack), _DEAD_LETTERS_SECONDS, threads
        )
        self.costs: Cached[Mapping[str, float]] = Cached(self._read_costs, _COSTS_SECONDS, threads)
        self.listed: dict[str, DeadLetter] = {}
        self.jobs: list[Job] = []
        self._threads = ThreadPoolExecutor(_READ_AT_ONCE, thread_name_prefix="runs")

    def warm_up(self) -> None:
        """Begin to read what takes a while."""
        for cached in (self.schedules, self.watched, self.dead_letters):
            cached.peek()

    def forget(self) -> None:
        """Read again what an action may have changed."""
        for cached in (self.running, self.dead_letters):
            cached.forget()

    def running_of(self, schedule: str) -> dict[str, RecordedRun]:
        """Read the run of a schedule that is not over, by its schedule; empty without one."""
        runs = [run for run in self.reader.last_runs(schedule, _LAST) if not run.is_over]
        return {run.schedule: run for run in self.reader.with_counts(runs)}

    def _read_running(self) -> dict[str, RecordedRun]:
        names = [schedule.name for schedule in self.schedules.get()]
        last = self._threads.map(lambda name: self.reader.last_runs(name, _LAST), names)
        runs = [run for runs in last for run in runs if not run.is_over]
        return {run.schedule: run for run in self.reader.with_counts(runs)}

    def _read_costs(self) -> dict[str, float]:
        schedules, now = self.schedules.get(), datetime.now(UTC)
        basis = stack_basis(self.stack, schedules)
        runs = runs_by_schedule(schedules, now)
        rows = estimate(basis, Assumptions(), runs, UNKNOWN_TASKS)
        return {row["schedule"]: row["usd"] for row in rows}


def peek(cached: Cached[T], problems: list[str]) -> T | None:
    """Return a value as old as it is; where it cannot be had, the reason is one of the problems."""
    try:
        with aws.explained():
            return cached.peek()
    except TaskctlError as error:
        problems.append(str(error))
    except Exception as error:  # whatever AWS answers: the rest of the page is shown
        problems.append(f"{type(error).__name__}: {error}")
    return None
