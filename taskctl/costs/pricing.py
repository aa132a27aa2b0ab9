"""What runs cost: AWS's list prices of us-east-1 in November 2026, before any free tier.

Left out are data transfer, dead letters, storage of logs, and what the tasks themselves use.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

HOURS_A_MONTH = 730

SCHEDULER_INVOCATION = 1.00e-6
SQS_REQUEST = {False: 0.40e-6, True: 0.50e-6}
"""By whether the queue is FIFO; requests of up to 64 KB."""
LAMBDA_REQUEST = 0.20e-6
GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
LOG_BYTE = 0.50e-9
DYNAMODB_WRITE = 0.625e-6
METRIC = 0.30
"""For each hour in which it has a value the 730th part."""
ALARM = 0.10
DASHBOARD = 3.00

SEND_BATCH = 10
DEDUPLICATION_WRITES = 2
"""A task: that it has begun, and what came of it."""

IDLE_POLLERS = {False: 2, True: 5}
"""Of Lambda's, by whether there is a maximum concurrency: with one it keeps five at least.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
POLLS_A_MINUTE = 3
"""Of an idle poller of Lambda's, which waits for 20 seconds."""

METRICS = 2
"""What a run whose tasks succeed counts: sent, and the duration of success."""

WARM_MINUTES = 10
"""How long a sandbox of Lambda's stays warm, about."""
PLATFORM_LOG_BYTES = 400
"""An invocation: Lambda's own lines (START, END, REPORT)."""
RUN_LOG_BYTES = 500
"""send_task's line."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What of a stack makes its price.

    Attributes:
        alarms: those of the stack as a whole.
        silence_alarms: the schedules with an alarm of their own, for when they are silent.
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
    silence_alarms: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What nobody can know before it has run.

    Attributes:
        task_seconds: that a task takes.
        cold_start_seconds: that Lambda takes to start a function, and charges for.
        batch_seconds: that run_task takes for a batch, next to its tasks.
        run_seconds, message_seconds: that send_task takes, for a run and for each message.
        task_log_bytes: that a task writes to the log.
    """

    task_seconds: float = 0.2
    cold_start_seconds: float = 0.6
    batch_seconds: float = 0.005
    run_seconds: float = 0.05
    message_seconds: float = 0.00015
    task_log_bytes: int = 450


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a schedule takes in a month, and its price in US dollars."""

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
    """What a schedule takes in a month if every task succeeds at once, in full batches.

    Args:
        runs: a month.
        tasks: of each run.
        is_cold: whether both functions start anew for each run.
    """
    batches = ceil(tasks / setup.batch_size)
    requests = ceil(tasks / SEND_BATCH) + 2 * batches  # a batch is received and deleted
    start = assumptions.cold_start_seconds if is_cold else 0.0
    send_seconds = start + assumptions.run_seconds + tasks * assumptions.message_seconds
    run_seconds = (
        start
        + batches * assumptions.batch_seconds
        + tasks * assumptions.task_seconds / setup.task_concurrency
    )
    memory_seconds = send_seconds * setup.send_task_memory + run_seconds * setup.run_task_memory
    gb_seconds = memory_seconds / 1024
    log_bytes = (
        RUN_LOG_BYTES + (1 + batches) * PLATFORM_LOG_BYTES + tasks * assumptions.task_log_bytes
    )
    alarms = int(name in setup.silence_alarms)
    metrics = (METRICS * setup.metrics_by_schedule + alarms) * _hours_share(runs)
    run_usd = (
        SCHEDULER_INVOCATION
        + requests * SQS_REQUEST[setup.fifo]
        + (1 + batches) * LAMBDA_REQUEST
        + gb_seconds * GB_SECOND[setup.architecture]
        + log_bytes * LOG_BYTE
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
        alarms=alarms,
        usd=runs * run_usd + metrics * METRIC + alarms * ALARM,
    )


def shared_usage(runs: float, setup: Setup) -> dict[str, tuple[float, float]]:
    """What all schedules share, by name: how much of it, and US dollars a month.

    Args:
        runs: a month, of all schedules.
    """
    metrics = METRICS * _hours_share(runs)
    polls = idle_polls(setup.maximum_concurrency)
    return {
        "idle polling": (polls, polls * SQS_REQUEST[setup.fifo]),
        "metrics": (metrics, metrics * METRIC),
        "alarms": (setup.alarms, setup.alarms * ALARM),
        "dashboard": (int(setup.dashboard), setup.dashboard * DASHBOARD),
    }


def idle_polls(maximum_concurrency: int | None) -> int:
    """Requests a month to an idle queue.

    Args:
        maximum_concurrency: of its event source mapping; None where it has no limit.
    """
    pollers = IDLE_POLLERS[maximum_concurrency is not None]
    return pollers * POLLS_A_MINUTE * 60 * HOURS_A_MONTH


def is_cold(runs: float) -> bool:
    """Whether Lambda forgets the functions between two runs of all schedules together."""
    return runs < HOURS_A_MONTH * 60 / WARM_MINUTES


def _hours_share(runs: float) -> float:
    """The share of a month's hours in which something fires."""
    return min(1.0, runs / HOURS_A_MONTH)
