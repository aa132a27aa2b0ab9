"""`taskctl cost`: what schedules cost a month."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.calendar.expressions import At
from taskctl.calendar.frequency import runs_a_month
from taskctl.costs import pricing
from taskctl.costs.cost_basis import deployed_basis, written_basis
from taskctl.costs.pricing import Assumptions, Setup, Usage
from taskctl.project.schedule import Schedule, read_calendar
from taskctl.project.task_lists import count_tasks
from taskctl.ui import options
from taskctl.ui.output import Column, Row, print_json, print_table, say

UNKNOWN_TASKS = 100


def cost(
    tfvars: options.Tfvars = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    task_seconds: Annotated[
        float, typer.Option(min=0, help="How long a task takes.")
    ] = Assumptions.task_seconds,
    tasks: Annotated[
        int, typer.Option(min=0, help="Tasks of a list that is only known when it is read.")
    ] = UNKNOWN_TASKS,
    cold_start_seconds: Annotated[
        float, typer.Option(min=0, help="How long Lambda takes to start a function.")
    ] = Assumptions.cold_start_seconds,
    task_log_bytes: Annotated[
        int, typer.Option(min=0, help="What a task writes to the log, in bytes.")
    ] = Assumptions.task_log_bytes,
    as_json: options.Json = False,
) -> None:
    """What schedules cost a month, in usage and US dollars.

    Each of them, and what they share. It is an estimate: below the table stands what it assumes.

    \b
    Examples:
      taskctl cost --tfvars terraform.tfvars     before anything is deployed
      taskctl cost --tfvars terraform.tfvars --task-seconds 5
      taskctl cost --json | jq .usd
    """
    basis = written_basis(tfvars) if tfvars else deployed_basis(prefix, root)
    assumptions = Assumptions(
        task_seconds=task_seconds,
        cold_start_seconds=cold_start_seconds,
        task_log_bytes=task_log_bytes,
    )
    now = datetime.now(UTC)
    runs = {schedule.name: _runs(schedule, now) for schedule in basis.schedules}
    is_cold = pricing.is_cold(sum(runs.values()))
    rows: list[dict[str, Any]] = []
    for schedule in basis.schedules:
        known = count_tasks(schedule, basis.task_folder)
        usage = pricing.schedule_usage(
            schedule.name,
            runs[schedule.name],
            tasks if known is None else known,
            basis.setup,
            assumptions,
            is_cold=is_cold,
        )
        rows.append({"schedule": schedule.name, **asdict(usage), "note": _note(schedule, known)})
    rows.sort(key=lambda row: (-row["usd"], row["schedule"]))
    shared = [
        {"schedule": name, _SHARED[name]: amount, "usd": usd}
        for name, (amount, usd) in pricing.shared_usage(sum(runs.values()), basis.setup).items()
    ]
    total = {key: sum(row.get(key, 0) for row in [*rows, *shared]) for key in _NUMBERS}
    stated = _stated(basis.setup, assumptions, tasks, is_cold=is_cold)
    if as_json:
        print_json({**total, "schedules": rows, "shared": shared, "assumptions": stated})
        return
    print_table(_COLUMNS, [*rows, *shared, {"schedule": "all", **total}])
    say("\nA month of 730 hours, averaged over the year to come, where")
    for line in stated:
        say(f"- {line}")


def _runs(schedule: Schedule, now: datetime) -> float:
    expression, _ = read_calendar(schedule)
    if not schedule.enabled:
        return 0.0
    return runs_a_month(expression, now=now, start=schedule.start, end=schedule.end)


def _note(schedule: Schedule, tasks: int | None) -> str | None:
    if not schedule.enabled:
        return "disabled"
    if isinstance(read_calendar(schedule)[0], At):
        return "fires once"
    return "number of tasks assumed" if tasks is None else None


def _stated(setup: Setup, assumptions: Assumptions, tasks: int, *, is_cold: bool) -> list[str]:
    overlap = f", {setup.task_concurrency} at a time" if setup.task_concurrency > 1 else ""
    limited = setup.maximum_concurrency is not None
    pollers = pricing.IDLE_POLLERS[limited]
    starts = f"{assumptions.cold_start_seconds:g} s for each run" if is_cold else "none"
    return [
        "prices are list prices of us-east-1, November 2026, before free tiers (which take in 10 "
        "alarms, 10 metrics and 3 dashboards of an account)",
        f"a task takes {assumptions.task_seconds:g} s{overlap}, and succeeds at its first attempt",
        f"a list that is only known when it is read has {tasks} tasks",
        f"batches are full ({setup.batch_size} tasks), messages shorter than 6 KB",
        f"functions have {setup.send_task_memory} MB (send_task) and {setup.run_task_memory} MB "
        f"(run_task), {setup.architecture}; cold starts: {starts}",
        f"a task logs {assumptions.task_log_bytes} bytes; its storage and traces are left out",
        f"{pollers} pollers of Lambda's ask an idle queue every 20 s"
        + (" (2 with maximum_concurrency = null)" if limited else ""),
        f"{pricing.METRICS} metrics"
        + (", and as many of each schedule," if setup.metrics_by_schedule else "")
        + " have values in the hours in which something fires; each further outcome "
        "adds one, and so do refused lines",
    ]


_NUMBERS = [field.name for field in fields(Usage)]
_SHARED = {
    "idle polling": "sqs_requests",
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
        Column(key=key, heading=heading, show=show, style=_style, right=True)
        for key, heading, show in [
            ("runs", "runs", _count),
            ("messages", "messages", _count),
            ("sqs_requests", "SQS requests", _count),
            ("invocations", "invocations", _count),
            ("gb_seconds", "GB-s", _count),
            ("log_bytes", "log MB", lambda value: _count(value / 1_000_000)),
            ("metrics", "metrics", _count),
            ("alarms", "alarms", _count),
            ("usd", "USD", lambda value: f"{value:,.3f}"),
        ]
    ),
    Column(key="note", heading="", style=lambda row: "yellow"),
]
