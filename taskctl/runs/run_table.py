"""Runs and their tasks as rows of a table, and as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from task_scheduler.outcome import Outcome
from taskctl.runs.history import AGAIN, BY_HAND, Run
from taskctl.runs.log_lines import LogLine, RunLine, TaskLine
from taskctl.ui.output import Column, Row

_STYLES = {
    Outcome.SUCCESS: "green", Outcome.RETRY: "yellow", Outcome.DUPLICATE: "dim",
    Outcome.FAILED: "red", Outcome.EXPIRED: "red", Outcome.UNREADABLE: "red",
}  # fmt: skip


def run_rows(run: Run, tasks: Iterable[TaskLine]) -> Iterator[dict[str, Any]]:
    """A row for a run, and one for each of the tasks given."""
    counts = outcomes_in_words(run)
    yield {
        "due": run.scheduled_time and datetime.fromisoformat(run.scheduled_time).astimezone(),
        "what": f"{run.schedule or 'a message typed by hand'}{_origin(run.key)}",
        "outcome": counts,
        "took": (run.ended - run.began).total_seconds(),
        "words": run.problem,
        "style": "bold red" if run.has_failed else "bold",
    }
    for task in tasks:
        yield {
            "what": f"  {task_name(task)}",
            "outcome": task.outcome,
            "attempt": task.attempt,
            "took": task.duration_ms / 1000,
            "words": in_words(task),
            "style": _STYLES.get(Outcome(task.outcome), ""),
        }


def outcomes_in_words(run: Run) -> str:
    """How many tasks came to which outcome."""
    counts = Counter(run.outcomes)
    if run.refused:
        counts["refused"] = run.refused
    parts = [f"{count} {outcome}" for outcome, count in sorted(counts.items())]
    return ", ".join(parts) or ("not sent" if run.problem else "no tasks")


def task_name(task: TaskLine) -> str:
    """Position and function."""
    position = f"#{task.position}" if task.position else task.id[:8]
    return f"{position} {task.task or '(text)'}"


def in_words(task: TaskLine) -> str | None:
    """Its result, or why it failed."""
    if task.error is not None:
        words = f"{task.error}: {task.reason}"
        again = "" if task.retry_after is None else f" (again in {task.retry_after:.0f} s)"
        return " ".join(words.split()) + again
    return task.result and " ".join(task.result.split())


def line_text(line: LogLine) -> str:
    """A line of the log, for people."""
    at = f"{line.time.astimezone():%H:%M:%S}"
    if isinstance(line, RunLine):
        sent = "not sent" if line.sent is None else f"{line.sent} sent"
        refused = f", {line.refused} refused" if line.refused else ""
        problem = f": {line.problem}" if line.problem else ""
        return f"{at}  {line.schedule}  {sent}{refused}{problem}"
    words = in_words(line)
    attempt = f"{line.outcome}, attempt {line.attempt}, {took(line.duration_ms / 1000)}"
    return f"{at}  {line.schedule or ''} {task_name(line)}  {attempt}" + (
        f": {words}" if words else ""
    )


def took(seconds: float) -> str:
    """A duration."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def columns() -> list[Column]:
    """Of a table of run_rows."""

    def style(row: Row) -> str:
        return str(row["style"])

    zone = datetime.now().astimezone().tzname()
    return [
        Column(key="due", heading=f"due ({zone})", show=lambda at: f"{at:%a %Y-%m-%d %H:%M:%S}"),
        Column(key="what", heading="run, task", style=style),
        Column(key="outcome", heading="outcome", style=style),
        Column(key="attempt", heading="attempt", right=True),
        Column(key="took", heading="took", show=took, right=True),
        Column(key="words", heading="result or reason"),
    ]


def _origin(key: str) -> str:
    if AGAIN in key:  # perhaps of a run by hand
        return " (sent again)"
    return " (by hand)" if BY_HAND in key else ""
