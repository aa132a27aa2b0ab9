"""Pause a schedule, or all, and resume them."""

from __future__ import annotations

from task_scheduler.runs.identity import ALL_SCHEDULES
from taskctl.errors import TaskctlError
from taskctl.runs.pauses import Pause, pause_schedule, read_pauses, resume_schedule
from taskctl.ui.times import parse_until
from taskctl.web.actions.question import Action, Answer, Entry, Question
from taskctl.web.forms import Form
from taskctl.web.known import Known


def _ask_pause(known: Known, form: Form) -> Question:
    name = _name(known, form)
    what = "every schedule" if name == ALL_SCHEDULES else name
    return Question(
        title=f"Pause {'all schedules' if name == ALL_SCHEDULES else name}",
        words=[
            f"What falls due of {what} is recorded as skipped, with your name and note, and is "
            "not made up for. Runs that have begun go on.",
            "It holds until the end given, or until somebody resumes it; no `terraform apply` "
            "undoes it.",
        ],
        verb="Pause",
        entries=[
            Entry(name="note", label="Note", hint="For whoever wonders why nothing runs."),
            Entry(name="until", label="Until", hint="90m, 12h or 7d from now, or a date and time."),
        ],
        values={"schedule": [name]},
    )


def _pause(known: Known, form: Form) -> Answer:
    name, until = _name(known, form), form.text("until")
    end = None if until is None else parse_until(until)
    before = read_pauses(known.reader.schedule_items()).get(name)
    pause = pause_schedule(known.stack, name, form.text("note"), end, before)
    what = "All schedules" if name == ALL_SCHEDULES else name
    return Answer(title=f"{what}: {pause.describe(name)}.")


def _ask_resume(known: Known, form: Form) -> Question:
    name = _name(known, form)
    found = read_pauses(known.reader.schedule_items()).get(name)
    if found is None:
        raise TaskctlError(f"{'all schedules' if name == ALL_SCHEDULES else name}: not paused")
    what = "All schedules" if name == ALL_SCHEDULES else name
    words = [f"{what}: {found.describe(name)}.", "From now on what falls due runs again."]
    return Question(title=f"Resume {what}", words=words, verb="Resume", values={"schedule": [name]})


def _resume(known: Known, form: Form) -> Answer:
    name = _name(known, form)
    resume_schedule(known.stack, name)
    others = [pause.describe(name) for pause in _pauses(known, name)]
    return Answer(
        title=f"{'All schedules' if name == ALL_SCHEDULES else name}: resumed.",
        words=[f"It is still {text}." for text in others],
    )


def _name(known: Known, form: Form) -> str:
    """Return the name of a schedule that there is, or ALL_SCHEDULES."""
    name = form.required("schedule")
    return name if name == ALL_SCHEDULES else known.stack.schedule(name).name


def _pauses(known: Known, name: str) -> list[Pause]:
    """Return the pauses that hold for a schedule, its own and that of all."""
    pauses = read_pauses(known.reader.schedule_items())
    return [pause for pause in pauses.values() if pause.of in (name, ALL_SCHEDULES)]


PAUSE = Action(_ask_pause, _pause)
RESUME = Action(_ask_resume, _resume)
