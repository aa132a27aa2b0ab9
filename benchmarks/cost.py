"""The monthly cost of a load on AWS, by list prices, from measured figures.

Prices are those of `taskctl cost`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from statistics import median

from benchmarks.figures import Figure
from taskctl.costs import pricing

TASKS = 100_000 * 365 / 12
"""Tasks a month: 100,000 a day."""
RUNS = 24 * 365 / 12
TASK_SECONDS = 0.2
MEMORY_GB = 128 / 1024

AWS_LOG_BYTES = 5_700
"""Bytes that the original logs for a task on AWS, where its environment has a session token."""

_SETUP = pricing.Setup(
    architecture="arm64", fifo=False, deduplication=False, batch_size=10, task_concurrency=1,
    send_task_memory=128, run_task_memory=128, maximum_concurrency=10, metrics_by_schedule=False,
    alarms=0, dashboard=False, keep_minutes=5,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Design:
    """The resources that a design needs.

    Attributes:
        requests: to SQS, a task.
        invocations: the invocations of run_task, a task.
        seconds: billed, a task.
        log_bytes: a task.
        sqs_request, gb_second: prices in dollars.
        maximum_concurrency: the concurrency of the event source mapping; None where there is no
            limit.
        records: dollars a month for recording runs: the ledger and keep_runs.
    """

    requests: float
    invocations: float
    seconds: float
    log_bytes: float
    sqs_request: float
    gb_second: float
    maximum_concurrency: int | None
    records: float = 0.0

    @property
    def dollars(self) -> float:
        """The cost of a month: schedule, queue, its idle polling, functions, logs, records."""
        return (
            RUNS * (pricing.SCHEDULER_INVOCATION + pricing.LAMBDA_REQUEST)
            + (TASKS * self.requests + pricing.idle_polls(self.maximum_concurrency))
            * self.sqs_request
            + TASKS * self.invocations * pricing.LAMBDA_REQUEST
            + TASKS * self.seconds * MEMORY_GB * self.gb_second
            + TASKS * self.log_bytes * pricing.LOG_BYTE
            + self.records
        )


def derive(figures: Mapping[str, Figure]) -> list[Figure]:
    """Return the figures that are computed from measured ones."""
    requests = derive_requests(figures)
    return [requests, *measure({**figures, requests.key: requests})]


def measure(figures: Mapping[str, Figure]) -> Iterator[Figure]:
    """Compute the load in dollars a month from figures that were measured before."""
    ours, yardstick = _designs(figures, waits_overlap=False)
    overlapped, _ = _designs(figures, waits_overlap=True)
    same_logs = replace(yardstick, log_bytes=ours.log_bytes)
    on_aws = replace(yardstick, log_bytes=AWS_LOG_BYTES)
    rows = (
        ("cost_same_logs", ours, same_logs, 3, "one by one, with our logs"),
        ("cost", ours, yardstick, 8, "the original as it logs on the emulator"),
        ("cost_aws", ours, on_aws, 8, f"the original with {AWS_LOG_BYTES} bytes of logs a task"),
        ("cost_overlapped", overlapped, same_logs, None, "waits overlapped; one by one, our logs"),
    )
    for key, design, other, times, note in rows:
        yield Figure(
            key=key,
            name="cost of 100,000 tasks a day of 200 ms at 128 MB",
            unit="$ a month",
            ours=[design.dollars],
            yardstick=[other.dollars],
            times=times,
            note=f"derived; {note}",
        )


def _designs(figures: Mapping[str, Figure], *, waits_overlap: bool) -> tuple[Design, Design]:
    def ours(key: str) -> float:
        return median(figures[key].ours)

    def yardstick(key: str) -> float:
        return median(figures[key].yardstick)

    share = ours("billed") / yardstick("billed") if waits_overlap else 1
    return (
        Design(
            requests=ours("requests"),
            invocations=ours("invocations"),
            seconds=TASK_SECONDS * share + ours("invocations") * ours("invocation") / 1_000,
            log_bytes=ours("log_bytes"),
            sqs_request=pricing.SQS_REQUEST[False] + pricing.FAIR_REQUEST,
            gb_second=pricing.GB_SECOND["arm64"],
            maximum_concurrency=10,
            records=_records(),
        ),
        Design(
            requests=yardstick("requests"),
            invocations=yardstick("invocations"),
            seconds=TASK_SECONDS + yardstick("invocation") / 1_000,
            log_bytes=yardstick("log_bytes"),
            sqs_request=pricing.SQS_REQUEST[True],
            gb_second=pricing.GB_SECOND["x86_64"],
            maximum_concurrency=None,
        ),
    )


def _records() -> float:
    """Return the dollars a month for the ledger and keep_runs, counted as by `taskctl cost`."""
    tasks = round(TASKS / RUNS)
    ledger = RUNS * (
        pricing.LEDGER_READS * pricing.DYNAMODB_READ
        + pricing.ledger_writes(tasks, ceil(tasks / 10)) * pricing.DYNAMODB_WRITE
    )
    return ledger + pricing.keep_runs_usage(_SETUP)[1]


def derive_requests(figures: Mapping[str, Figure]) -> Figure:
    """Return SQS requests a task: its share of a send, and of a receive and a delete.

    The emulator's poller makes no requests to its queue, so those two are not counted: Lambda's
    pollers receive a batch with one request and delete what succeeded with one more.
    """
    send, invocations = figures["send_requests"], figures["invocations"]
    return Figure(
        key="requests",
        name="SQS requests a task",
        ours=[median(send.ours) + 2 * median(invocations.ours)],
        yardstick=[median(send.yardstick) + 2 * median(invocations.yardstick)],
        note="derived: sends + 2 x invocations, a receive and a delete each",
    )
