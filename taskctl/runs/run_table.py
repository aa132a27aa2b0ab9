"""Runs and their tasks as rows of a table, and as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from task_scheduler.queue.task_id import TaskId
from task_scheduler.runs.identity import RunState
from taskctl.ids import describe_origin
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.ui.output import counted
from taskctl.ui.tables import Column, Row
from taskctl.ui.times import format_seconds

_STYLES: dict[str, str] = {
    RunState.WAITING: "dim", RunState.RUNNING: "yellow", RunState.SUCCEEDED: "green",
    RunState.FAILED: "bold red", RunState.INCOMPLETE: "bold red", RunState.SKIPPED: "dim",
    RunState.CANCELLED: "magenta",
}  # fmt: skip


def run_rows(run: RecordedRun, ends: Iterable[KeptEnd]) -> Iterator[dict[str, Any]]:
    """Return a row for a run, and one for each of the ends given."""
    yield {
        "due": run.due and run.due.astimezone(),
        "what": f"{run.schedule}{describe_origin(run.key)}",
        "run": run.key,
        "state": run.state,
        "tasks": describe_progress(run),
        "failed": run.failed or None,
        "took": run.seconds,
        "detail": "; ".join(_details(run)) or None,
        "style": _STYLES.get(run.state, "bold red"),
    }
    for end in ends:
        yield {
            "what": f"  {task_name(end)}",
            "state": "failed" if end.has_failed else "success",
            "detail": task_detail(end),
            "style": "red" if end.has_failed else "green",
        }


def describe_progress(run: RecordedRun) -> str | None:
    """Return how many tasks there are, and before the end how many of them have ended."""
    if run.state == RunState.RUNNING:
        return f"{run.ended or 0:,}/{'?' if run.total is None else f'{run.total:,}'}"
    return None if run.total is None else f"{run.total:,}"


def _details(run: RecordedRun) -> Iterator[str]:
    """Say why a run is as it is, and who had a hand in it."""
    if run.reason:
        yield run.reason
    if run.cancelled_by:
        asked = "cancelled" if run.is_over else "asked to end"
        yield f"{asked} by {short_arn(run.cancelled_by)}"
    if run.started_by or run.why:
        yield _by("started", run.started_by, run.why)
    if run.redriven_by:
        yield _by("redriven", run.redriven_by, run.redriven_why)
    if run.not_run:
        yield f"{counted(run.not_run, 'task')} not run"
    if run.odd:
        yield f"odd: {', '.join(run.odd)}"


def _by(verb: str, who: str | None, why: str | None) -> str:
    return f"{verb}{f' by {short_arn(who)}' if who else ''}{f': {why}' if why else ''}"


def short_arn(arn: str) -> str:
    """Return the part of an ARN that tells people apart: user/anna, assumed-role/Admin/anna."""
    return arn.rpartition(":")[2]


def describe_run(run: RecordedRun) -> str:
    """Return how a run stands in a few words: "failed, 2 of 100 tasks failed: reason"."""
    counts = f"{run.failed} of {counted(run.total or 0, 'task')} failed" if run.failed else None
    if counts is None and run.total is not None:
        counts = counted(run.total, "task")
    if run.state == RunState.RUNNING:
        failures = f", {run.failed} failed" if run.failed else ""
        counts = f"{describe_progress(run)} tasks ended{failures}"
    shown = None if run.state in (RunState.SKIPPED, RunState.WAITING) else counts
    detail = "; ".join(_details(run))
    return ", ".join(filter(None, [run.state, shown])) + (f": {detail}" if detail else "")


def task_name(end: KeptEnd) -> str:
    """Return a task's position and function, or the place of a line that was refused."""
    position = TaskId.parse(end.id).position if end.id else end.number
    return str(end.id) if position is None else f"#{position} {end.task or '(text)'}"


def task_detail(end: KeptEnd) -> str | None:
    """Return why a task failed, or what it returned."""
    reasons = [end.error, end.reason]
    text = ": ".join(filter(None, reasons)) if end.has_failed else end.result
    return text and " ".join(text.split())


def end_line(end: KeptEnd) -> str:
    """Return the end of a task as a line of text."""
    detail = task_detail(end)
    attempt = f", attempt {end.attempt}" if end.attempt else ""
    outcome = "failed" if end.has_failed else "success"
    return f"  {task_name(end)}  {outcome}{attempt}{f': {detail}' if detail else ''}"


def _took(seconds: float) -> str:
    return format_seconds(seconds) if seconds >= 60 else f"{seconds:.0f} s"


def columns() -> list[Column]:
    """Return the columns of a table of run_rows."""

    def style(row: Row) -> str:
        return str(row["style"])

    zone = datetime.now().astimezone().tzname()
    return [
        Column(
            key="due",
            heading=f"due ({zone})",
            show=lambda at: f"{at:%a %Y-%m-%d %H:%M:%S}",
            short=lambda at: f"{at:%m-%d %H:%M}",
        ),
        Column(key="what", heading="schedule, task"),
        Column(key="state", heading="state", style=style),
        Column(key="tasks", heading="tasks", right=True),
        Column(key="failed", heading="failed", show=lambda n: f"{n:,}", right=True),
        Column(key="took", heading="took", show=_took, right=True),
        Column(key="run", heading="run", rank=1),
        Column(key="detail", heading="result or reason", below=True),
    ]
