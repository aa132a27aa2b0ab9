"""A run: how it stands, its digest, and its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from task_scheduler.notifications.digest import TaskEnd, group_failures
from task_scheduler.queue.task_id import TaskId
from task_scheduler.runs.schedule_state import ScheduleState
from taskctl.runs.digest import read_digest
from taskctl.runs.log import log_address, run_log
from taskctl.runs.missed import BACKFILL
from taskctl.runs.reader import find_run
from taskctl.runs.recorded_run import KeptEnd, RecordedRun
from taskctl.runs.relatives import followers_of
from taskctl.web.forms import Form
from taskctl.web.known import Known
from taskctl.web.pages.log import describe_log

_LISTED_TASKS = 200

Context = dict[str, Any]


def run(known: Known, form: Form, part: str | None) -> Context:
    """Read a run: how it stands, its digest, or its log."""
    found = find_run(known.reader, form.required("key"))
    context: Context = {"run": found, "console": log_address(known.stack, found)}
    if part == "digest":
        return context | {"digest": read_digest(known.stack, found)}
    if part == "log":
        return context | describe_log(run_log(known.stack, found).read())
    return context | _run_standing(known, found)


def _run_standing(known: Known, found: RecordedRun) -> Context:
    ends = known.reader.kept_ends(found.key)
    items = known.reader.schedule_items()
    usual = ScheduleState.from_item(items.get(found.schedule, {})).usual_seconds()
    failures = {end.number: end for end in ends if end.has_failed}
    return {
        "groups": _groups(failures),
        "kept_failures": len(failures),
        "results": [end for end in ends if not end.has_failed][:_LISTED_TASKS],
        "usual": usual,
        "followers": followers_of(known.reader, found),
        "origin": _origin(found),
        "position": position_of,
        "shares": _shares(found),
    }


def _groups(failures: Mapping[int, KeptEnd]) -> list[list[KeptEnd]]:
    """Group failures by reason, as the digest does."""
    texts = [
        TaskEnd(position=str(number), text=": ".join(filter(None, [end.error, end.reason])))
        for number, end in failures.items()
    ]
    return [[failures[int(one.position)] for one in group] for group in group_failures(texts)]


def _shares(run: RecordedRun) -> dict[str, float]:
    """Return how many of a hundred tasks came to which end."""
    if not (total := run.total or run.ended):
        return {}
    ended, failed, not_run = run.ended or 0, run.failed or 0, run.not_run or 0
    if run.is_over and run.ended is None:
        ended = total
    return {
        "succeeded": 100 * max(ended - failed - not_run, 0) / total,
        "failed": 100 * failed / total,
        "cancelled": 100 * not_run / total,
    }


def _origin(run: RecordedRun) -> str:
    """Say what started a run."""
    if BACKFILL in run.key or run.why == "backfill":
        return "backfill, for a time at which it had not run"
    if run.started_by:
        return "by hand"
    if run.parents:
        return "keep_runs, after the others"
    return "its schedule"


def position_of(end: KeptEnd) -> int | None:
    """Return the position of a task in its list; None of a line that was refused."""
    return TaskId.parse(end.id).position if end.id else None
