"""Run a schedule for the times at which it has not run."""

from __future__ import annotations

from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule
from taskctl.runs.backfilling import MOST_AT_ONCE, Backfill, check_has_times, find_period
from taskctl.runs.missed import Missed, Period
from taskctl.stack.caller import caller
from taskctl.ui.output import counted
from taskctl.ui.times import rfc3339
from taskctl.web.actions.question import LISTED, WHY, Action, Answer, Entry, Question
from taskctl.web.forms import Form
from taskctl.web.jobs import Job
from taskctl.web.known import Known
from taskctl.web.render import address


def _ask_backfill(known: Known, form: Form) -> Question:
    """Ask from when to when; then, say which times were missed in between."""
    schedule = known.stack.schedule(form.required("schedule"))
    check_has_times(schedule)
    if form.text("from") is None:
        return _ask_period(schedule)
    return _ask_times(known, schedule, form)


def _ask_period(schedule: Schedule) -> Question:
    zone = f"In {schedule.timezone}, such as 2026-11-01 or 2026-11-01T02:00."
    return Question(
        title=f"Backfill {schedule.name}",
        words=["Runs the schedule for due times at which it has not run. First: from when on?"],
        verb="Look which are missing",
        entries=[
            Entry(name="from", label="From", hint=zone),
            Entry(name="to", label="To", hint="Now by default."),
            Entry(name="skipped", label="Skipped runs as well", kind="checkbox"),
            Entry(
                name="unknown",
                label="Times before the ledger's as well",
                hint="Nobody knows if they have run.",
                kind="checkbox",
            ),
            Entry(
                name="parallel",
                label="At the same time",
                hint=f"Runs, up to {MOST_AT_ONCE}; one after the other by default.",
                kind="number",
            ),
        ],
        values={"schedule": [schedule.name]},
        is_step=True,
    )


def _ask_times(known: Known, schedule: Schedule, form: Form) -> Question:
    parallel = _parallel(form)
    period = _period(known, schedule, form)
    wanted, unknown = _wanted(period, form), counted(len(period.unknown), "due time")
    if not wanted:
        older = f"; of {unknown} the ledger does not know" if period.unknown else ""
        raise TaskctlError(f"nothing is missing of {counted(period.total, 'due time')}{older}")
    times = ", ".join(rfc3339(one.due) for one in wanted[:LISTED])
    more = f" and {len(wanted) - LISTED} more" if len(wanted) > LISTED else ""
    order = "each when the one before it is over" if parallel == 1 else f"{parallel} at once"
    words = [
        f"Runs {schedule.name} for {len(wanted)} of {counted(period.total, 'due time')}, "
        f"the oldest first, {order}, as long as this page is served.",
        f"{times}{more}.",
    ]
    if len(wanted) == len(period.missed) and period.unknown:
        words.append(f"{unknown} left out: the ledger does not reach back so far.")
    names = ("schedule", "from", "to", "skipped", "unknown", "parallel")
    values = {name: form.all(name) for name in names}
    return Question(
        title=f"Backfill {schedule.name}", words=words, verb="Run them", entries=[WHY],
        values=values,
    )  # fmt: skip


def _backfill(known: Known, form: Form) -> Answer:
    schedule = known.stack.schedule(form.required("schedule"))
    missed, parallel = _wanted(_period(known, schedule, form), form), _parallel(form)
    job = Job(Backfill(known.stack, schedule, caller(), form.text("why")), missed, parallel)
    known.jobs.append(job)
    job.start()
    order = "one after the other" if job.parallel == 1 else f"{job.parallel} at once"
    where = address("/schedule", name=schedule.name)
    return Answer(
        title=f"{schedule.name}: {counted(len(missed), 'run')} begun, {order}.",
        link=(where, "Watch them"),
    )


def _period(known: Known, schedule: Schedule, form: Form) -> Period:
    return find_period(
        known.reader,
        schedule,
        form.required("from"),
        form.text("to"),
        skipped_too=form.text("skipped") is not None,
    )


def _parallel(form: Form) -> int:
    """Return how many runs there are to be at the same time.

    Raises:
        TaskctlError: it is not such a number.
    """
    parallel = form.whole("parallel") or 1
    if parallel > MOST_AT_ONCE:
        raise TaskctlError(f"at the same time must be from 1 to {MOST_AT_ONCE}, not {parallel:,}")
    return parallel


def _wanted(period: Period, form: Form) -> list[Missed]:
    return [*(period.unknown if form.text("unknown") else ()), *period.missed]


BACKFILL = Action(_ask_backfill, _backfill)
