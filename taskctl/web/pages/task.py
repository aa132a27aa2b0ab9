"""A task: how it ended, its message, and its log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from taskctl.dead_letters.listing import find_dead_letter
from taskctl.dead_letters.reading import read_envelope
from taskctl.dead_letters.redriver import describe_redrive
from taskctl.errors import TaskctlError
from taskctl.project.listed import read_listed
from taskctl.project.schedule import Schedule
from taskctl.runs.log import log_address, run_log
from taskctl.runs.log_lines import TaskLine
from taskctl.runs.reader import find_run
from taskctl.runs.recorded_run import RecordedRun
from taskctl.web.forms import Form
from taskctl.web.known import Known
from taskctl.web.pages.log import describe_log
from taskctl.web.pages.run import position_of

Context = dict[str, Any]

_OF_THE_LIST = ("task", "text", "args", "worker")
"""Attributes that a list gives a task; its id, for example, is that of another run."""


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
        if dead is None:
            return context | {"dead": None, "listed": _listed(known, found, position)}
        return context | {"dead": dead, "message": _message(dead.body),
                          "redrive": describe_redrive(dead)}  # fmt: skip
    ends = known.reader.kept_ends(found.key)
    end = next((one for one in ends if position_of(one) == position), None)
    return context | {
        "end": end,
        "given": _given(known, found, position),
        "has_file": _task_file(known, _schedule(known, found)) is not None,
    }


def _schedule(known: Known, run: RecordedRun) -> Schedule | None:
    return next((one for one in known.schedules.get() if one.name == run.schedule), None)


def _given(known: Known, run: RecordedRun, position: int) -> list[tuple[str, str]]:
    """Return the arguments of a task whose list is in the schedule itself, as that is now."""
    found = _schedule(known, run)
    tasks = found.input.get("tasks") if found is not None else None
    if found is None or not isinstance(tasks, list) or position > len(tasks):
        return []
    given = {"task": found.input.get("task"), "args": found.input.get("args"),
             f"tasks[{position}]": tasks[position - 1]}  # fmt: skip
    return [(name, _json(value)) for name, value in given.items() if value is not None]


def _task_file(known: Known, schedule: Schedule | None) -> Path | None:
    """Return the task file of a schedule, if it lies in the task folder on this machine."""
    name = schedule.input.get("tasks_file") if schedule is not None else None
    if known.task_folder is None or not isinstance(name, str):
        return None
    folder = known.task_folder.resolve()
    file = (folder / name).resolve()
    return file if file.is_relative_to(folder) and file.is_file() else None


def _listed(known: Known, run: RecordedRun, position: int) -> Context | None:
    """Return the task at a position of a task file that lies on this machine; None without one."""
    schedule = _schedule(known, run)
    file = _task_file(known, schedule)
    if schedule is None or file is None or known.task_folder is None:
        return None
    try:
        body = read_listed([schedule], schedule.name, position, known.task_folder).encode()
    except TaskctlError as error:
        return {"file": file, "problem": str(error), "lines": []}
    lines = [(name, text) for name, text in _message(body) if name in _OF_THE_LIST]
    return {"file": file, "problem": None, "lines": lines}


def _message(body: str) -> list[tuple[str, str]]:
    """Return what a message says, a line for each value."""
    try:
        envelope = read_envelope(body)
    except ValueError:
        envelope = None
    if envelope is None:
        return [("body", body)]
    return [(name, _json(value)) for name, value in envelope.items() if value is not None]


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
