"""The cost of runs by AWS's list prices of us-east-1 in November 2026, before any free tier.

Data transfer, dead letters, storage of logs and what the tasks themselves use are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, NamedTuple

from task_scheduler.execution.acknowledgement import FLUSH_SECONDS
from task_scheduler.runs.chunk import CHUNK_SIZE

HOURS_A_MONTH = 730

SCHEDULER_INVOCATION = 1.00e-6
SQS_REQUEST = {False: 0.40e-6, True: 0.50e-6}
"""True: of a FIFO queue. Requests of up to 64 KB."""
FAIR_REQUEST = 0.10e-6
"""More for each request that has to do with messages of a group in a standard queue."""
LAMBDA_REQUEST = 0.20e-6
GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
LOG_BYTE = 0.50e-9
DYNAMODB_WRITE = 0.625e-6
DYNAMODB_READ = 0.125e-6
"""Request units of a table on demand: 1 KB written, 4 KB read consistently."""
METRIC = 0.30
"""A month; each hour in which it has a value costs the 730th part."""
ALARM = 0.10
DASHBOARD = 3.00

SEND_BATCH = 10
DEDUPLICATION_WRITES = 2
"""For each task: that it has begun, and its outcome."""
LEDGER_WRITES = 15
LEDGER_READS = 9
"""For each run but for its batches, once the schedule's item has its last 20 runs; counted."""
CHUNK_UNITS = 1.4
"""Units of an update of a chunk of 250 ends, on average while it fills; counted."""

KEEP_SECONDS = 0.1
KEEP_MEMORY = 256
"""Of an invocation of keep_runs that finds nothing to do, and of its function in MB."""
LOOK_READS = 2
"""Units that it reads: what is due, consistently, what is watched, and what follows others."""

IDLE_POLLERS = {False: 2, True: 5}
"""Of Lambda's, by whether there is a maximum concurrency: with one it keeps five at least.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
POLLS_A_MINUTE = 3
"""Of one of Lambda's idle pollers, which waits for 20 seconds."""

METRICS = 2
"""The metrics of a run whose tasks succeed: sent, and the duration of success."""

WARM_MINUTES = 10
"""The approximate time for which a sandbox stays warm."""
PLATFORM_LOG_BYTES = 400
"""Lambda's own lines for an invocation (START, END, REPORT)."""
RUN_LOG_BYTES = 500
"""The line that send_task logs."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The settings of a stack that its cost depends on.

    Attributes:
        alarms: the number of alarms of the stack as a whole.
        keep_minutes: the interval of keep_runs.
        followed: schedules that others run after, whose items it reads each time.
        workers: what each further worker has of its own, of the fields here, by its name.
        others: the module's variables of these names.
    """

    architecture: str
    fifo: bool
    deduplication: bool
    batch_size: int
    task_concurrency: int
    send_task_memory: int
    run_task_memory: int
    maximum_concurrency: int | None
    metrics_by_schedule: bool
    alarms: int
    dashboard: bool
    keep_minutes: int
    followed: int = 0
    workers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, worker: str | None) -> Setup:
        """Return the settings of a worker; those of the default one where it is unknown."""
        return replace(self, **self.workers.get(worker or "", {}))


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Durations and sizes that are only known after the first runs.

    Attributes:
        task_seconds: the duration of a task.
        cold_start_seconds: the time that Lambda takes to start a function, and charges for.
        batch_seconds: the time that run_task takes for a batch, besides its tasks.
        run_seconds, message_seconds: the time that send_task takes, for a run and each message.
        task_log_bytes: the size of a task's lines in the log.
    """

    task_seconds: float = 0.2
    cold_start_seconds: float = 0.6
    batch_seconds: float = 0.005
    run_seconds: float = 0.05
    message_seconds: float = 0.00015
    task_log_bytes: int = 450


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A schedule's usage in a month, and its price in US dollars."""

    runs: float
    messages: float
    sqs_requests: float
    invocations: float
    gb_seconds: float
    log_bytes: float
    metrics: float
    alarms: int
    usd: float


def schedule_usage(
    name: str,
    runs: float,
    tasks: int,
    setup: Setup,
    assumptions: Assumptions,
    *,
    is_cold: bool,
) -> Usage:
    """Return a schedule's usage in a month if every task succeeds at once, in full batches.

    Args:
        name: the schedule's name.
        runs: runs a month.
        tasks: tasks of each run.
        setup: the stack's settings.
        assumptions: durations and sizes.
        is_cold: true if both functions start anew for each run.
    """
    batches = ceil(tasks / setup.batch_size)
    flushes = _flushes(tasks, batches, setup, assumptions)
    requests = ceil(tasks / SEND_BATCH) + batches * (1 + flushes)  # a batch is received and deleted
    gb_seconds = _gb_seconds(tasks, batches, setup, assumptions, is_cold=is_cold)
    log_bytes = (
        RUN_LOG_BYTES + (1 + batches) * PLATFORM_LOG_BYTES + tasks * assumptions.task_log_bytes
    )
    metrics = METRICS * setup.metrics_by_schedule * _hours_share(runs)
    run_usd = (
        SCHEDULER_INVOCATION
        + requests * (SQS_REQUEST[setup.fifo] + (0 if setup.fifo else FAIR_REQUEST))
        + (1 + batches) * LAMBDA_REQUEST
        + gb_seconds * GB_SECOND[setup.architecture]
        + log_bytes * LOG_BYTE
        + LEDGER_READS * DYNAMODB_READ
        + ledger_writes(tasks, batches, flushes) * DYNAMODB_WRITE
        + (DEDUPLICATION_WRITES * tasks * DYNAMODB_WRITE if setup.deduplication else 0)
    )
    return Usage(
        runs=runs,
        messages=runs * tasks,
        sqs_requests=runs * requests,
        invocations=runs * (1 + batches),
        gb_seconds=runs * gb_seconds,
        log_bytes=runs * log_bytes,
        metrics=metrics,
        alarms=0,
        usd=runs * run_usd + metrics * METRIC,
    )


def _flushes(tasks: int, batches: int, setup: Setup, assumptions: Assumptions) -> int:
    """Return how often the ends of a batch are recorded and its messages deleted."""
    in_batch = ceil(tasks / max(batches, 1))
    seconds = in_batch * assumptions.task_seconds / setup.task_concurrency
    return max(1, min(in_batch, ceil(seconds / FLUSH_SECONDS)))


def ledger_writes(tasks: int, batches: int, flushes: int = 1) -> float:
    """Return the write request units that a run takes in the ledger if all its tasks succeed.

    SQS mixes long lists, so that a batch touches several chunks.

    Args:
        tasks: the tasks of the run.
        batches: invocations of run_task.
        flushes: times that each of them records ends.
    """
    chunks = ceil(tasks / CHUNK_SIZE)
    if not chunks:
        return LEDGER_WRITES
    at_once = tasks / batches / flushes
    touched = chunks * (1.0 - float((1 - 1 / chunks) ** at_once))
    units = 1 + (CHUNK_UNITS - 1) * min(1.0, tasks / CHUNK_SIZE)
    reports = chunks + 1 if chunks > 1 else 0
    return LEDGER_WRITES + batches * flushes * touched * units + reports


class Share(NamedTuple):
    """A usage of the stack as a whole.

    Attributes:
        amount: a month.
        usd: US dollars a month.
    """

    amount: float
    usd: float


def keep_runs_usage(setup: Setup) -> Share:
    """Return the invocations of keep_runs a month, and their price, where nothing gets lost."""
    invocations = HOURS_A_MONTH * 60 / setup.keep_minutes
    gb_seconds = KEEP_SECONDS * KEEP_MEMORY / 1024
    usd = (
        SCHEDULER_INVOCATION
        + LAMBDA_REQUEST
        + gb_seconds * GB_SECOND[setup.architecture]
        + PLATFORM_LOG_BYTES * LOG_BYTE
        + (LOOK_READS + setup.followed) * DYNAMODB_READ
    )
    return Share(invocations, invocations * usd)


def _gb_seconds(
    tasks: int, batches: int, setup: Setup, assumptions: Assumptions, *, is_cold: bool
) -> float:
    """Return what Lambda charges for a run: memory in GB times seconds, of both functions."""
    start = assumptions.cold_start_seconds if is_cold else 0.0
    send_seconds = start + assumptions.run_seconds + tasks * assumptions.message_seconds
    run_seconds = (
        start
        + batches * assumptions.batch_seconds
        + tasks * assumptions.task_seconds / setup.task_concurrency
    )
    memory_seconds = send_seconds * setup.send_task_memory + run_seconds * setup.run_task_memory
    return memory_seconds / 1024


def shared_usage(runs: float, setup: Setup) -> dict[str, Share]:
    """Return the usage that all schedules share, by name.

    Args:
        runs: runs a month of all schedules.
        setup: the stack's settings.
    """
    metrics = METRICS * _hours_share(runs)
    each = [setup, *(setup.of(worker) for worker in setup.workers)]
    polls = [idle_polls(one.maximum_concurrency) for one in each]
    polling = sum(count * SQS_REQUEST[one.fifo] for count, one in zip(polls, each, strict=True))
    return {
        "idle polling": Share(sum(polls), polling),
        "keep_runs": keep_runs_usage(setup),
        "metrics": Share(metrics, metrics * METRIC),
        "alarms": Share(setup.alarms, setup.alarms * ALARM),
        "dashboard": Share(int(setup.dashboard), setup.dashboard * DASHBOARD),
    }


def idle_polls(maximum_concurrency: int | None) -> int:
    """Return the requests a month to an idle queue.

    Args:
        maximum_concurrency: the concurrency of its event source mapping; None where it has no
            limit.
    """
    pollers = IDLE_POLLERS[maximum_concurrency is not None]
    return pollers * POLLS_A_MINUTE * 60 * HOURS_A_MONTH


def is_cold(runs: float) -> bool:
    """Return true if Lambda drops the sandboxes between two runs of all schedules together."""
    return runs < HOURS_A_MONTH * 60 / WARM_MINUTES


def _hours_share(runs: float) -> float:
    """Return the share of a month's hours in which something runs."""
    return min(1.0, runs / HOURS_A_MONTH)
