"""All schedules."""

from __future__ import annotations

from typing import Any

from task_scheduler.runs.identity import ALL_SCHEDULES
from taskctl.runs.pauses import read_pauses
from taskctl.web import overview
from taskctl.web.forms import Form
from taskctl.web.known import Known, peek


def schedules(known: Known, form: Form, part: str | None) -> dict[str, Any]:
    """Read the schedules and their last runs: one query, and what is kept of earlier ones."""
    text, state = form.text("q") or "", form.text("show") or "all"
    items = known.reader.schedule_items()
    problems: list[str] = []
    deployed = peek(known.schedules, problems)
    others: list[str] = []  # what is not there then is of little weight
    running = peek(known.running, others) if deployed is not None else None
    costs = peek(known.costs, others) if deployed is not None else None
    rows = overview.make_rows(items, deployed, running=running, costs=costs)
    counts = {name: len(overview.wanted(rows, text="", state=name)) for name in overview.FILTERS}
    return {
        "rows": overview.wanted(rows, text=text, state=state),
        "counts": counts,
        "text": text,
        "state": state,
        "filters": overview.FILTERS,
        "is_loading": deployed is None and not problems,
        "is_settling": None in (deployed, running, costs) and not problems + others,
        "problems": problems,
        "dead_letters": peek(known.dead_letters, []),
        "all_paused": read_pauses(items).get(ALL_SCHEDULES),
    }
