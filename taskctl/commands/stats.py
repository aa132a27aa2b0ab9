"""`taskctl stats`: sum up the runs of each schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.runs.statistics import describe_share, sum_up
from taskctl.stack.find import find_stack
from taskctl.stack.stack import Stack
from taskctl.ui import options
from taskctl.ui.output import say
from taskctl.ui.tables import Column, print_table
from taskctl.ui.times import format_seconds, parse_since


def stats(
    schedule: Annotated[str | None, typer.Argument(help="One schedule.")] = None,
    since: Annotated[str, options.since("The first moment")] = "30d",
    until: Annotated[str | None, options.since("The last moment")] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Add what the runs cost; this reads the log.")
    ] = False,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """Sum up the runs of each schedule.

    How many there were, failed and did not happen; how long they took, from their beginning until
    their last task had ended: the median, and what 19 of 20 do not exceed; how many of their tasks
    failed. Read from the ledger.

    With --cost what the runs of the period cost is estimated from the durations of their tasks in
    the log, which is kept for a shorter time than the ledger.

    \b
    Examples:
      taskctl stats
      taskctl stats nightly --since 90d
      taskctl stats --since 7d --cost
      taskctl stats --json | jq '.[] | select(.failed > 0)'
    """
    start, end = parse_since(since), parse_since(until) if until else None
    stack = find_stack(prefix, root)
    runs = RunReader(stack).runs(schedule, since=start, until=end)
    if schedule is not None and not runs:
        stack.check_schedule(schedule)
    by_schedule: dict[str, list[RecordedRun]] = {}
    for run in runs:
        by_schedule.setdefault(run.schedule, []).append(run)
    rows = [sum_up(name, by_schedule[name]) for name in sorted(by_schedule)]
    stated: list[str] = []
    if cost and rows:
        stated = _add_costs(rows, by_schedule, stack, start, end)
    if rows or as_json:
        print_table([*_COLUMNS, *(_COST_COLUMNS if cost else ())], rows, as_json=as_json)
        for line in stated if not as_json else ():
            say(f"- {line}")
    else:
        say(f"Nothing ran since {start:%Y-%m-%d %H:%M} UTC.")


def _add_costs(
    rows: list[dict[str, Any]],
    runs: dict[str, list[RecordedRun]],
    stack: Stack,
    start: datetime,
    end: datetime | None,
) -> list[str]:
    """Add to each row what its runs cost; return what that is founded on."""
    from taskctl.costs import measured
    from taskctl.costs.cost_basis import stack_basis
    from taskctl.runs.log_lines import TaskLine, read_log_lines

    basis = stack_basis(stack, stack.schedules())
    of = next(iter(runs)) if len(runs) == 1 else None
    found = measured.measure(
        measured.Attempt(line.schedule, line.id, line.duration_ms / 1000)
        for line in read_log_lines(stack, since=start, schedule=of)
        if isinstance(line, TaskLine) and line.schedule is not None
    )
    totals = {name: [run.total or 0 for run in each] for name, each in runs.items()}
    workers = {schedule.name: schedule.input.get("worker") for schedule in basis.schedules}
    days = measured.days_between(start, end or datetime.now(UTC))
    prices = measured.price(totals, found, basis.setup, workers, days=days)
    for row in rows:
        one = found.get(row["schedule"])
        row["attempts_measured"] = one.attempts if one else 0
        row["attempt_seconds"] = one and one.attempt_seconds
        row["usd"] = prices[row["schedule"]]
    return list(measured.state(found, start, len(runs.keys() - found)))


def _red(row: Any) -> str:
    return "bold red" if row["failed"] else ""


_COLUMNS = [
    Column(key="schedule", heading="schedule"),
    Column(key="runs", heading="runs", show=lambda n: f"{n:,}", right=True),
    Column(key="failed", heading="failed", show=lambda n: f"{n:,}", style=_red, right=True),
    Column(key="failed_percent", heading="%", show=describe_share, style=_red, right=True, rank=3),
    Column(key="not_run", heading="not run", show=lambda n: f"{n:,}", right=True, rank=2),
    Column(key="p50_seconds", heading="median", show=format_seconds, right=True),
    Column(key="p95_seconds", heading="p95", show=format_seconds, right=True),
    Column(key="tasks", heading="tasks", show=lambda n: f"{n:,}", right=True, rank=1),
    Column(key="failed_tasks", heading="failed", show=lambda n: f"{n:,}", right=True),
    Column(key="failed_tasks_percent", heading="%", show=describe_share, right=True, rank=4),
]
_COST_COLUMNS = [
    Column(key="attempt_seconds", heading="a task", show=format_seconds, right=True, rank=5),
    Column(key="usd", heading="USD", show=lambda usd: f"{usd:,.6f}", right=True),
]
