"""A task: how it ended, its message, and its log."""

from __future__ import annotations

import json
from typing import Any

from taskctl.dead_letters.dead_letter import DeadLetter
from taskctl.dead_letters.listing import find_dead_letter
from taskctl.dead_letters.reading import read_envelope
from taskctl.dead_letters.redriver import describe_redrive
from taskctl.runs.log import log_address, run_log
from taskctl.runs.log_lines import TaskLine
from taskctl.runs.reader import find_run
from taskctl.runs.recorded_run import RecordedRun
from taskctl.web.forms import Form
from taskctl.web.known import Known
from taskctl.web.pages.log import describe_log
from taskctl.web.pages.run import position_of

Context = dict[str, Any]


def task(known: Known, form: Form, part: str | None) -> Context:
    """Read a task: how it ended, its log, or its message."""
    found = find_run(known.reader, form.required("key"))
    position = form.whole("position") or 1
    context: Context = {
        "run": found, "position": position, "console": log_address(known.stack, found),
    }  # fmt: skip
    if part == "log":
        entries = [one for one in run_log(known.stack, found).read() if one.position == position]
        attempts = [one.record for one in entries if isinstance(one.record, TaskLine)]
        return context | describe_log(entries) | {"attempts": attempts}
    if part == "message":
        dead = find_dead_letter(known.stack, found.key, position) if found.has_failed else None
        if dead is not None:
            known.listed[dead.id] = dead
        return context | {"dead": dead, "message": dead and _message(dead),
                          "redrive": dead and describe_redrive(dead)}  # fmt: skip
    ends = known.reader.kept_ends(found.key)
    end = next((one for one in ends if position_of(one) == position), None)
    return context | {"end": end, "given": _given(known, found, position)}


def _given(known: Known, run: RecordedRun, position: int) -> list[tuple[str, str]]:
    """Return the arguments of a task whose list is in the schedule itself, as that is now."""
    found = next((one for one in known.schedules.get() if one.name == run.schedule), None)
    tasks = found.input.get("tasks") if found is not None else None
    if found is None or not isinstance(tasks, list) or position > len(tasks):
        return []
    given = {"task": found.input.get("task"), "args": found.input.get("args"),
             f"tasks[{position}]": tasks[position - 1]}  # fmt: skip
    return [(name, _json(value)) for name, value in given.items() if value is not None]


def _message(dead: DeadLetter) -> list[tuple[str, str]]:
    """Return what the message of a dead letter says, a line for each value."""
    try:
        envelope = read_envelope(dead.body)
    except ValueError:
        envelope = None
    if envelope is None:
        return [("body", dead.body)]
    return [(name, _json(value)) for name, value in envelope.items() if value is not None]


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
