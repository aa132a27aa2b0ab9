"""The schedules, those that need somebody first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from task_scheduler.runs.identity import ALL_SCHEDULES, RunState
from task_scheduler.runs.schedule_state import RECENT_RUNS, ClosedRun, ScheduleState
from task_scheduler.runs.table import Item
from taskctl.calendar.due_times import DueTime
from taskctl.errors import TaskctlError
from taskctl.project.schedule import Schedule, run_times_of
from taskctl.runs.coming import describe_due, why_never
from taskctl.runs.pauses import Pause, read_pauses
from taskctl.runs.recorded_run import RecordedRun
from taskctl.ui.output import counted
from taskctl.ui.times import format_seconds
from taskctl.web import charts


class Need(IntEnum):
    """The urgency of a schedule; schedules are sorted by it."""

    FAILING = 0
    PAUSED = 1
    RUNNING = 2
    NEVER_RAN = 3
    FINE = 4
    OFF = 5


_STATES = {
    Need.FAILING: "failing", Need.PAUSED: "paused", Need.RUNNING: "running",
    Need.NEVER_RAN: "never ran", Need.FINE: "fine", Need.OFF: "off",
}  # fmt: skip
FILTERS = ("all", "failing", "paused", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A schedule.

    Attributes:
        name: its name.
        need: how much it needs somebody.
        bars: its last runs, the oldest first.
        summary: the same in words.
        last: its last run; None before the first.
        streak: how many of its runs failed in a row.
        pause: the pause that holds; None for none.
        expression: when it is due; None until that is known, and of one that runs after others.
        after: the schedules that it follows, in words; None for none.
        due: when it is due next; None for never, or until that is known.
        note: what is unusual about that, or why there is none.
        running: the run that is not over; None for none, or until that is known.
        usd: dollars a month; None until that is known.
    """

    name: str
    need: Need
    bars: Sequence[charts.Shape]
    summary: str
    last: ClosedRun | None
    streak: int
    pause: Pause | None
    expression: str | None = None
    after: str | None = None
    due: DueTime | None = None
    note: str | None = None
    running: RecordedRun | None = None
    usd: float | None = None

    @property
    def state(self) -> str:
        """Its state, in a word or two."""
        return _STATES[self.need]

    @property
    def kind(self) -> str:
        """The class of that in the style sheet."""
        return _STATES[self.need].replace(" ", "-")


def make_rows(
    items: Mapping[str, Item],
    schedules: Iterable[Schedule] | None,
    *,
    running: Mapping[str, RecordedRun] | None = None,
    costs: Mapping[str, float] | None = None,
) -> list[Row]:
    """Return a row for each schedule, those that need somebody first.

    Args:
        items: what the ledger has of them; those that are not deployed any more are left out.
        schedules: the schedules that are deployed; None as long as nobody knows.
        running: the runs that are not over, by schedule.
        costs: dollars a month, by schedule.
    """
    pauses = read_pauses(items)
    deployed = None if schedules is None else {schedule.name: schedule for schedule in schedules}
    names = items if deployed is None else deployed
    now = datetime.now(UTC)
    rows = [
        _row(
            name,
            ScheduleState.from_item(items.get(name, {})),
            None if deployed is None else deployed[name],
            pauses,
            (running or {}).get(name),
            (costs or {}).get(name),
            now,
        )
        for name in names
        if name != ALL_SCHEDULES
    ]
    return sorted(rows, key=lambda row: (row.need, -row.streak, row.name))


def wanted(rows: Iterable[Row], *, text: str, state: str) -> list[Row]:
    """Return the rows whose name has a text in it, and whose state is the one meant."""
    return [
        row
        for row in rows
        if text.casefold() in row.name.casefold()
        and (state not in FILTERS or state in ("all", row.state) or _is_also(row, state))
    ]


def _is_also(row: Row, state: str) -> bool:
    return (state == "paused" and row.pause is not None) or (
        state == "running" and row.running is not None
    )


def _row(
    name: str,
    state: ScheduleState,
    schedule: Schedule | None,
    pauses: Mapping[str, Pause],
    running: RecordedRun | None,
    usd: float | None,
    now: datetime,
) -> Row:
    pause = pauses.get(name) or pauses.get(ALL_SCHEDULES)
    due, note = _next(schedule, pauses, now)
    runs = [_closed(run) for run in reversed(state.recent)]
    if running is not None:
        others = [run for run in runs if run.key != running.key]
        runs = [*others[1 - RECENT_RUNS :], open_run(running)]
    is_off = schedule is not None and why_never(schedule) is not None
    return Row(
        name=name,
        need=_need(state, pause, running, is_off=is_off),
        bars=charts.bars(runs),
        summary=_summary(runs),
        last=state.recent[0] if state.recent else None,
        streak=state.streak,
        pause=pause,
        expression=None if schedule is None else schedule.expression,
        after=schedule.when if schedule is not None and schedule.after else None,
        due=due,
        note=note,
        running=running,
        usd=usd,
    )


def _need(
    state: ScheduleState, pause: Pause | None, running: RecordedRun | None, *, is_off: bool
) -> Need:
    if is_off:
        return Need.OFF
    if state.streak:
        return Need.FAILING
    if pause:
        return Need.PAUSED
    if running:
        return Need.RUNNING
    return Need.FINE if state.recent else Need.NEVER_RAN


def _next(
    schedule: Schedule | None, pauses: Mapping[str, Pause], now: datetime
) -> tuple[DueTime | None, str | None]:
    """Return the next due time of a schedule, and what is to be said of it."""
    if schedule is None:
        return None, None
    if reason := why_never(schedule):
        return None, reason
    if schedule.after:
        return None, None
    try:
        due = next(run_times_of(schedule, now), None)
        return due, "never due again" if due is None else describe_due(schedule, due, pauses)
    except TaskctlError as error:
        return None, str(error)


def _closed(run: ClosedRun) -> charts.Run:
    counts = f", {run.failed} of {counted(run.ended, 'task')} failed" if run.failed else ""
    took = f", took {format_seconds(run.seconds)}" if run.state != RunState.SKIPPED else ""
    title = f"{run.state}, due {datetime.fromtimestamp(run.due, UTC):%a %Y-%m-%d %H:%M} UTC"
    return charts.Run(run.key, run.state, run.due, run.seconds, f"{title}{took}{counts}")


def open_run(run: RecordedRun) -> charts.Run:
    """Return what a chart shows of a run of the ledger."""
    due = f", due {run.due:%a %Y-%m-%d %H:%M} UTC" if run.due else ""
    took = ""
    if run.seconds is not None:
        took = f", {'took' if run.is_over else 'for'} {format_seconds(run.seconds)}"
    counts = f", {run.failed} of {counted(run.total or 0, 'task')} failed" if run.failed else ""
    title = f"{run.state}{due}{took}{counts}"
    return charts.Run(run.key, run.state, run.due_time or 0, run.seconds, title)


def _summary(runs: Sequence[charts.Run]) -> str:
    """Say how many of the last runs came to which end."""
    if not runs:
        return "No runs yet"
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.state] = counts.get(run.state, 0) + 1
    ends = ", ".join(f"{count} {state}" for state, count in counts.items())
    return f"Last {counted(len(runs), 'run')}: {ends}; the last one {runs[-1].state}"
