"""`taskctl cost`: estimate the monthly cost of schedules."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from taskctl.costs import pricing
from taskctl.costs.cost_basis import deployed_basis, written_basis
from taskctl.costs.estimate import UNKNOWN_TASKS, estimate, runs_by_schedule
from taskctl.costs.pricing import Assumptions, Setup, Usage
from taskctl.ui import options
from taskctl.ui.output import print_json, say
from taskctl.ui.tables import Column, Row, print_table


def cost(
    tfvars: options.Tfvars = None,
    plan: options.Plan = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    task_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds that a task takes.")
    ] = Assumptions.task_seconds,
    tasks: Annotated[
        int, typer.Option(min=0, help="Tasks of a list that is only known when it is read.")
    ] = UNKNOWN_TASKS,
    cold_start_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds that Lambda takes to start a function.")
    ] = Assumptions.cold_start_seconds,
    task_log_bytes: Annotated[
        int, typer.Option(min=0, help="Bytes that a task writes to the log.")
    ] = Assumptions.task_log_bytes,
    as_json: options.Json = False,
) -> None:
    """Estimate the monthly cost of schedules.

    In usage and US dollars, for each schedule and for what they share. The assumptions are stated
    below the table.

    \b
    Examples:
      taskctl cost --tfvars terraform.tfvars   before anything is deployed
      taskctl cost --tfvars terraform.tfvars --task-seconds 5
      taskctl cost --plan tfplan               of a root that computes schedules
      taskctl cost --json | jq .usd
    """
    if plan:
        from taskctl.costs.planned import planned_basis

        basis = planned_basis(plan, root, prefix)
    else:
        basis = written_basis(tfvars) if tfvars else deployed_basis(prefix, root)
    assumptions = Assumptions(
        task_seconds=task_seconds,
        cold_start_seconds=cold_start_seconds,
        task_log_bytes=task_log_bytes,
    )
    now = datetime.now(UTC)
    runs = runs_by_schedule(basis.schedules, now)
    rows = estimate(basis, assumptions, runs, tasks)
    shared = [
        {"schedule": name, _SHARED[name]: amount, "usd": usd}
        for name, (amount, usd) in pricing.shared_usage(sum(runs.values()), basis.setup).items()
    ]
    total = {key: sum(row.get(key, 0) for row in [*rows, *shared]) for key in _NUMBERS}
    is_cold = pricing.is_cold(sum(runs.values()))
    stated = _stated(basis.setup, assumptions, tasks, is_cold=is_cold)
    if as_json:
        print_json({**total, "schedules": rows, "shared": shared, "assumptions": stated})
        return
    print_table(_COLUMNS, [*rows, *shared, {"schedule": "all", **total}])
    say("\nA month of 730 hours, averaged over the year to come, where")
    for line in stated:
        say(f"- {line}")


def _stated(setup: Setup, assumptions: Assumptions, tasks: int, *, is_cold: bool) -> list[str]:
    overlap = f", {setup.task_concurrency} at a time" if setup.task_concurrency > 1 else ""
    limited = setup.maximum_concurrency is not None
    pollers = pricing.IDLE_POLLERS[limited]
    starts = f"{assumptions.cold_start_seconds:g} s for each run" if is_cold else "none"
    return [
        "prices are list prices of us-east-1, November 2026, before free tiers (which cover 10 "
        "alarms, 10 metrics and 3 dashboards of an account)",
        f"a task takes {assumptions.task_seconds:g} s{overlap}, and succeeds at its first attempt",
        f"a list that is only known when it is read has {tasks} tasks",
        f"batches are full ({setup.batch_size} tasks), messages shorter than 6 KB",
        "messages of standard queues have their schedule as group (fair queues), for "
        f"{pricing.FAIR_REQUEST * 1e6:.2f} USD a million requests",
        "SQS mixes a long list thoroughly, with which the ledger costs the most",
        f"functions have {setup.send_task_memory} MB (send_task) and {setup.run_task_memory} MB "
        f"(run_task), {setup.architecture}; cold starts: {starts}",
        f"a task logs {assumptions.task_log_bytes} bytes; storage of logs and traces are left out",
        f"{pollers} of Lambda's pollers ask an idle queue every 20 s"
        + (" (2 with maximum_concurrency = null)" if limited else ""),
        f"{pricing.METRICS} metrics"
        + (", and as many of each schedule," if setup.metrics_by_schedule else "")
        + " have values in the hours in which something runs; each further outcome "
        "adds one, and so do refused lines",
    ]


_NUMBERS = [field.name for field in fields(Usage)]
_SHARED = {
    "idle polling": "sqs_requests",
    "keep_runs": "invocations",
    "metrics": "metrics",
    "alarms": "alarms",
    "dashboard": "dashboards",
}


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def _style(row: Row) -> str:
    return "bold" if row["schedule"] == "all" else "dim" if row["schedule"] in _SHARED else ""


_COLUMNS = [
    Column(key="schedule", heading="a month", style=_style),
    *(
        Column(key=key, heading=heading, show=show, style=_style, right=True, rank=rank)
        for key, heading, show, rank in [
            ("runs", "runs", _count, 0),
            ("messages", "messages", _count, 7),
            ("sqs_requests", "SQS requests", _count, 5),
            ("invocations", "invocations", _count, 4),
            ("gb_seconds", "GB-s", _count, 6),
            ("log_bytes", "log MB", lambda value: _count(value / 1_000_000), 3),
            ("metrics", "metrics", _count, 2),
            ("alarms", "alarms", _count, 1),
            ("usd", "USD", lambda value: f"{value:,.3f}", 0),
        ]
    ),
    Column(key="note", heading="", style=lambda row: "yellow", below=True),
]
