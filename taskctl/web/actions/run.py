"""Run a schedule, and cancel a run."""

from __future__ import annotations

from task_scheduler.runs.identity import ALL_SCHEDULES, RunState
from taskctl.errors import TaskctlError
from taskctl.runs.cancelling import cancel_run
from taskctl.runs.pauses import read_pauses
from taskctl.runs.reader import find_run
from taskctl.runs.run_table import describe_run
from taskctl.runs.starting import parse_past, start_run
from taskctl.web.actions.question import WHY, Action, Answer, Entry, Question
from taskctl.web.forms import Form
from taskctl.web.known import Known
from taskctl.web.render import address


def _ask_run(known: Known, form: Form) -> Question:
    schedule = known.stack.schedule(form.required("schedule"))
    words = [
        f"Starts a run of {schedule.name} now, in the stack {known.stack.prefix}. Its tasks are "
        "sent, and people are notified as of any other run.",
        "It has a key of its own: it repeats no other run.",
    ]
    if schedule.after:
        words.append("It follows the last runs of the schedules that it runs after.")
    pauses = read_pauses(known.reader.schedule_items())
    if pauses.keys() & {schedule.name, ALL_SCHEDULES}:
        words.append("The schedule is paused; this run happens all the same.")
    return Question(
        title=f"Run {schedule.name}",
        words=words,
        verb="Run",
        entries=[
            WHY,
            Entry(name="task", label="Only task", hint="Its position in the list, from 1.",
                  kind="number"),
            Entry(name="at", label="For the time",
                  hint=f"A past time, such as 2026-11-23T02:00, in {schedule.timezone}; else now."),
        ],
        values={"schedule": [schedule.name]},
    )  # fmt: skip


def _run(known: Known, form: Form) -> Answer:
    schedule = known.stack.schedule(form.required("schedule"))
    time = parse_past(schedule, form.text("at"), "the time")
    started = start_run(
        known.stack,
        schedule,
        scheduled_time=time,
        task=form.whole("task"),
        why=form.text("why"),
    )
    reason = started.summary.get("reason")
    return Answer(
        title=f"{schedule.name} runs: {started.describe()}.",
        words=[str(reason)] if reason else [],
        link=(address("/run", key=started.id.key), "Follow the run"),
    )


def _ask_cancel(known: Known, form: Form) -> Question:
    run = find_run(known.reader, form.required("run"))
    if run.is_over:
        raise TaskctlError(f"run {run.key} is over: {run.state}")
    words = [f"{run.key}: {describe_run(run)}."]
    if run.state == RunState.WAITING:
        words.append("It waits for another run, and ends at once.")
    else:
        words.append(
            "Tasks that have not begun end as cancelled; those that have are asked to end, within "
            "15 seconds. The run is over when all have ended."
        )
    force = Entry(
        name="force", label="Close it at once", kind="checkbox",
        hint="For a run that cannot end, because messages of it are gone.",
    )  # fmt: skip
    return Question(
        title="Cancel the run",
        words=words,
        verb="Cancel the run",
        is_final=True,
        entries=[WHY, *([force] if run.state == RunState.RUNNING else [])],
        values={"run": [run.key]},
    )


def _cancel(known: Known, form: Form) -> Answer:
    run = find_run(known.reader, form.required("run"))
    if run.is_over:
        raise TaskctlError(f"run {run.key} is over: {run.state}")
    state = cancel_run(known.stack, run, form.text("why"), force=form.text("force") is not None)
    if state == RunState.RUNNING:
        return Answer(title=f"{run.key}: asked to end.")
    return Answer(title=f"{run.key}: {state}.")


RUN = Action(_ask_run, _run)
CANCEL = Action(_ask_cancel, _cancel)
