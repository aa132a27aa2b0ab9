"""`taskctl next`: show when schedules are due next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taskctl.errors import NoLedger, TaskctlError, did_you_mean
from taskctl.project.completion import complete_schedule
from taskctl.project.schedule import Schedule, run_times_of
from taskctl.project.tfvars import find_task_folder, read_tfvars, tfvars_schedules
from taskctl.runs.coming import describe_due, describe_follower, why_never
from taskctl.ui import options
from taskctl.ui.tables import Column, Row, print_table

if TYPE_CHECKING:
    from taskctl.runs.pauses import Pause

COUNT_OF_ONE = 5
COUNT_OF_ALL = 1


def next_runs(
    schedule: Annotated[
        str | None,
        typer.Argument(help="One schedule; all by default.", autocompletion=complete_schedule),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("-n", min=1, max=100_000, help="Runs of each; 5 of one, 1 of all."),
    ] = None,
    tfvars: options.Tfvars = None,
    plan: options.Plan = None,
    prefix: options.Prefix = None,
    root: options.Root = Path(),
    as_json: options.Json = False,
) -> None:
    """Show when schedules are due next.

    The times are in the schedule's own zone, in UTC, and in the zone of this machine ("here").
    Days on which the clocks go forward or back are marked, and so are times that are skipped
    because the clocks jump over them, or because the schedule is paused. A schedule that runs after
    others has no times: the others are named.

    \b
    Examples:
      taskctl next
      taskctl next nightly -n 20
      taskctl next --tfvars terraform.tfvars   before anything is deployed
      taskctl next --plan tfplan               of a root that computes schedules
      taskctl next --json | jq -r '.[].due'
    """
    pauses: dict[str, Pause] = {}
    if plan:
        from taskctl.stack.plan import read_plan

        found = _named(schedule, read_plan(plan, root, prefix).schedules, plan)
    elif tfvars:
        values = read_tfvars(tfvars)
        written = tfvars_schedules(values, find_task_folder(values, tfvars))
        found = _named(schedule, written, tfvars)
    else:
        found, pauses = _deployed(schedule, prefix, root)
    count = count or (COUNT_OF_ALL if schedule is None else COUNT_OF_ONE)
    now = datetime.now(UTC)
    rows = [row for each in found for row in _rows(each, now, count, pauses)]
    rows.sort(key=lambda row: (row["due"] is None, row["due"] or now, row["schedule"]))
    print_table(_columns(now), rows if as_json else list(map(_shown, rows)), as_json=as_json)


def _named(name: str | None, written: list[Schedule], path: Path) -> list[Schedule]:
    """Return the schedule of a name, or all, of a file."""
    found = [schedule for schedule in written if name in (None, schedule.name)]
    if name is not None and not found:
        near = did_you_mean(name, [schedule.name for schedule in written])
        raise TaskctlError(f"no schedule {name!r} in {path}{near}")
    return found


def _deployed(
    name: str | None, prefix: str | None, root: Path
) -> tuple[list[Schedule], dict[str, Pause]]:
    """Return one schedule, or all, of a stack, and the pauses that hold."""
    # boto3 takes longer to import than all else here
    from taskctl.runs.pauses import read_pauses
    from taskctl.runs.reader import RunReader
    from taskctl.stack.find import find_stack

    stack = find_stack(prefix, root)
    found = stack.schedules() if name is None else [stack.schedule(name)]
    try:
        return found, read_pauses(RunReader(stack).schedule_items())
    except NoLedger:
        return found, {}


def _rows(
    schedule: Schedule, now: datetime, count: int, pauses: Mapping[str, Pause]
) -> Iterator[dict[str, Any]]:
    row = {
        "schedule": schedule.name,
        "expression": schedule.expression,
        "after": list(schedule.after),
        "timezone": schedule.timezone,
    }
    nothing = {**row, "due": None, "local": None, "here": None}
    if reason := why_never(schedule):
        yield {**nothing, "note": reason}
        return
    if schedule.after:
        yield {**nothing, "note": describe_follower(schedule, now, pauses)}
        return
    due = None
    for due in islice(run_times_of(schedule, now), count):
        yield {
            **row,
            "due": due.due,
            "local": due.local,
            "here": due.due.astimezone(),
            "note": describe_due(schedule, due, pauses),
        }
    if due is None:
        yield {**nothing, "note": "never due again"}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the table shows it: what is followed in the place of a time."""
    if not row["after"]:
        return row
    return {**row, "local": f"after {', '.join(row['after'])}", "timezone": None}


def _columns(now: datetime) -> list[Column]:
    def wait(due: datetime) -> str:
        minutes = round((due - now).total_seconds() / 60)
        days, hours = divmod(minutes // 60, 24)
        if days:
            return f"{days} d {hours} h"
        return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"

    def style(row: Row) -> str:
        return "dim" if row["due"] is None else "yellow" if row["note"] else ""

    def local(at: datetime | str) -> str:
        return at if isinstance(at, str) else f"{at:%a %Y-%m-%d %H:%M}"

    def minute(at: datetime) -> str:
        return f"{at:%Y-%m-%d %H:%M}"

    columns = [
        Column(key="schedule", heading="schedule", style=lambda row: "bold"),
        Column(key="local", heading="due", show=local),
        Column(key="timezone", heading="in"),
        Column(key="due", heading="UTC", show=minute, rank=2),
        Column(key="here", heading="here", show=minute, rank=1),
        Column(key="due", heading="from now", show=wait, right=True),
        Column(key="note", heading="", style=style, below=True),
    ]
    if not now.astimezone().utcoffset():
        del columns[4]  # this machine has UTC
    return columns
