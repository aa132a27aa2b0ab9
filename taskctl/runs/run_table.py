"""Runs and their tasks as rows of a table, and as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from task_scheduler.outcome import Outcome
from taskctl.ids import describe_origin
from taskctl.runs.history import Run
from taskctl.runs.log_lines import LogLine, RunLine, TaskLine
from taskctl.ui.tables import Column, Row

_STYLES: dict[str, str] = {
    Outcome.SUCCESS: "green", Outcome.RETRY: "yellow", Outcome.DUPLICATE: "dim",
    Outcome.FAILED: "red", Outcome.EXPIRED: "red", Outcome.UNREADABLE: "red",
}  # fmt: skip


def run_rows(run: Run, tasks: Iterable[TaskLine]) -> Iterator[dict[str, Any]]:
    """Return a row for a run, and one for each of the tasks given."""
    due, odd = _parse_due(run.scheduled_time)
    yield {
        "due": due,
        "what": f"{run.schedule or 'a message typed by hand'}{describe_origin(run.key)}",
        "outcome": describe_outcomes(run),
        "took": (run.ended - run.began).total_seconds(),
        "detail": "; ".join(filter(None, [run.problem, odd])) or None,
        "style": "bold red" if run.has_failed else "bold",
    }
    for task in tasks:
        yield {
            "what": f"  {task_name(task)}",
            "outcome": task.outcome,
            "attempt": task.attempt,
            "took": task.duration_ms / 1000,
            "detail": task_detail(task),
            "style": _STYLES.get(task.outcome, ""),
        }


def _parse_due(text: str | None) -> tuple[datetime | None, str | None]:
    """Return a scheduled time in the local zone, or what is odd about it: a message names it."""
    if text is None:
        return None, None
    try:
        return datetime.fromisoformat(text).astimezone(), None
    except (ValueError, OverflowError):
        return None, f"scheduled_time {text!r} is not a date and time"


def describe_outcomes(run: Run) -> str:
    """Return how many tasks had which outcome: "1 failed, 3 success"."""
    counts = Counter(run.outcomes)
    if run.refused:
        counts["refused"] = run.refused
    parts = [f"{count} {outcome}" for outcome, count in sorted(counts.items())]
    return ", ".join(parts) or ("not sent" if run.problem else "no tasks")


def task_name(task: TaskLine) -> str:
    """Return a task's position and function."""
    position = f"#{task.position}" if task.position is not None else task.id[:8]
    return f"{position} {task.task or '(text)'}"


def task_detail(task: TaskLine) -> str | None:
    """Return a task's result, or why it failed."""
    if task.error is not None:
        reason = f"{task.error}: {task.reason}" if task.reason else task.error
        again = "" if task.retry_after is None else f" (again in {task.retry_after:.0f} s)"
        return " ".join(reason.split()) + again
    return task.result and " ".join(task.result.split())


def line_text(line: LogLine) -> str:
    """Return a log line as text for people."""
    at = f"{line.time.astimezone():%H:%M:%S}"
    if isinstance(line, RunLine):
        sent = "not sent" if line.sent is None else f"{line.sent} sent"
        refused = f", {line.refused} refused" if line.refused else ""
        problem = f": {line.problem}" if line.problem else ""
        return f"{at}  {line.schedule}  {sent}{refused}{problem}"
    detail = task_detail(line)
    attempt = f"{line.outcome}, attempt {line.attempt}, {format_seconds(line.duration_ms / 1000)}"
    return f"{at}  {line.schedule or ''} {task_name(line)}  {attempt}" + (
        f": {detail}" if detail else ""
    )


def format_seconds(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


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
        Column(key="what", heading="run, task", style=style),
        Column(key="outcome", heading="outcome", style=style),
        Column(key="attempt", heading="attempt", right=True, rank=1),
        Column(key="took", heading="took", show=format_seconds, right=True),
        Column(key="detail", heading="result or reason", below=True),
    ]
