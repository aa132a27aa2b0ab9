"""The rows of docs/benchmarks.md: figures beside the limit of the network or of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import cost
from benchmarks.sizes import FULL
from taskctl.costs import pricing

_REQUEST_SECONDS = 0.015
_AT_ONCE = 16
_BATCH = 10
_UPDATE_MILLISECONDS = 5
_SMALLEST_MB = 128


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table.

    Attributes:
        name: what was measured.
        key: the key of the figure.
        limit: computes the limit from the yardstick's median.
        why: why nothing can be less than the limit, or should be more.
        compared: true where the yardstick is the same work one by one.
    """

    name: str
    key: str
    limit: Callable[[float], float]
    why: str
    compared: bool = False


def _is(value: float) -> Callable[[float], float]:
    return lambda _: value


def _yardstick(value: float) -> float:
    return value


def _terraform(command: str, number: int) -> Row:
    return Row(
        name=f"{command} of {number:,} {'schedule' if number == 1 else 'schedules'}",
        key=f"module_{command}_{number}",
        limit=_yardstick,
        why="the schedules and nothing else",
    )


ROWS = (
    Row(
        name=f"send {FULL.sent:,} tasks",
        key="send_slow_queue",
        limit=_is(FULL.sent / _BATCH / _AT_ONCE * _REQUEST_SECONDS),
        why=f"requests of {_BATCH}, {_AT_ONCE} at once, answered after 15 ms",
        compared=True,
    ),
    Row(
        name="run a task that waits 100 ms, ten overlapped, as billed",
        key="billed",
        limit=_is(10),
        why="a tenth of the wait",
        compared=True,
    ),
    Row(
        name=f"end to end, {FULL.waiting} tasks that wait 0.2 s",
        key="end_to_end_waiting",
        limit=_is(FULL.waiting / 100 * 0.2),
        why="ten batches of ten at once",
        compared=True,
    ),
    Row(
        name="cold start of run_task, to the first task's end",
        key="start_run_task",
        limit=_yardstick,
        why="a handler that only prints",
    ),
    Row(
        name="memory of send_task, 1,000,000 tasks in S3",
        key="send_memory",
        limit=_is(_SMALLEST_MB),
        why="the smallest function",
    ),
    Row(
        name="ten tasks of 20 ms, recorded in the ledger",
        key="ledger",
        limit=lambda without: without + _UPDATE_MILLISECONDS,
        why="a ledger in memory, and one update of 5 ms",
    ),
    *(_terraform(command, number) for number in (1, 1_000) for command in ("plan", "apply")),
    Row(
        name="100,000 tasks a day of 200 ms at 128 MB, a month",
        key="cost_same_logs",
        limit=_is(cost.TASKS * cost.TASK_SECONDS * cost.MEMORY_GB * pricing.GB_SECOND["arm64"]),
        why="the tasks' own time on Lambda",
        compared=True,
    ),
)
