"""The geometry of the charts: numbers, and paths made of numbers; templates draw them.

A state has a colour and a shape of its own, so that it can be told without the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from task_scheduler.runs.identity import RunState
from taskctl.ui.times import format_seconds

BAR_STEP = 9
BAR_WIDTH = 7
BAR_HEIGHT = 28
_LOWEST = 6

CHART_WIDTH = 900
CHART_HEIGHT = 220
_LEFT = 62
_TOP = 10
_BOTTOM = 26
_MARK = 3.2

TIMELINE_WIDTH = 600

_STATES = frozenset(RunState)


@dataclass(frozen=True, slots=True)
class Shape:
    """Something drawn.

    Attributes:
        kind: the state that it shows, which gives the colour.
        path: of SVG.
        title: what it says to whoever points at it.
        key: of the run that it leads to; empty for none.
    """

    kind: str
    path: str
    title: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis, at so many units from its beginning."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run as a chart shows it.

    Attributes:
        key: of the run.
        state: a value of RunState.
        due: seconds since 1970.
        seconds: that it took; None if it did not.
        title: what is said of it.
    """

    key: str
    state: str
    due: int
    seconds: float | None
    title: str


def kind_of(state: str) -> str:
    """Return the class of a state in the style sheet."""
    return state if state in _STATES else "unknown"


def bars(runs: Sequence[Run]) -> list[Shape]:
    """Return a bar for each run, the oldest first: as high as it took long, by the square root."""
    longest = max((run.seconds or 0 for run in runs), default=0) or 1
    shapes = []
    for number, run in enumerate(runs):
        share = math.sqrt(min(run.seconds or 0, longest) / longest)
        height = _LOWEST + share * (BAR_HEIGHT - _LOWEST)
        path = _bar(run.state, number * BAR_STEP, height)
        shapes.append(Shape(kind_of(run.state), path, run.title, run.key))
    return shapes


def _bar(state: str, left: float, height: float) -> str:
    """Draw a bar: flat, pointed where it failed, slanted where incomplete, a stub where skipped."""
    right, bottom, top = left + BAR_WIDTH, BAR_HEIGHT, BAR_HEIGHT - height
    middle = left + BAR_WIDTH / 2
    match state:
        case RunState.FAILED:
            shoulder = min(top + 5, bottom)
            return f"M{left} {bottom}V{shoulder:g}L{middle} {top:g}L{right} {shoulder:g}V{bottom}Z"
        case RunState.INCOMPLETE:
            slant = min(top + 6, bottom)
            return f"M{left} {bottom}V{slant:g}L{right} {top:g}V{bottom}Z"
        case RunState.SKIPPED:
            return f"M{left} {bottom}V{bottom - 3}H{right}V{bottom}Z"
        case RunState.CANCELLED:
            return (
                f"M{left} {bottom}V{top:g}H{right}V{bottom}Z"
                f"M{left + 2} {bottom - 2}H{right - 2}V{min(top + 2, bottom - 2):g}H{left + 2}Z"
            )
    return f"M{left} {bottom}V{top:g}H{right}V{bottom}Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """A chart of how long runs took.

    Attributes:
        marks: of the runs, a path for each state.
        usual: the height of the line of the usual duration; None for none.
        across, up: the ticks of the axes.
    """

    marks: list[Shape]
    usual: float | None
    across: list[Tick]
    up: list[Tick]


def durations(
    runs: Sequence[Run], *, since: datetime, until: datetime, zone: tzinfo, usual: float | None
) -> Durations:
    """Place runs by the time at which they were due and by how long they took.

    Args:
        runs: those that took some time.
        since: the left end.
        until: the right end.
        zone: in which days begin.
        usual: seconds that it takes usually.
    """
    first, last = since.timestamp(), until.timestamp()
    highest = max([run.seconds or 0 for run in runs] + [usual or 0, 1])
    step, unit = _step(highest)
    top = math.ceil(highest / step) * step
    paths: dict[str, list[str]] = {}
    for run in runs:
        if run.seconds is not None:
            x = _LEFT + (run.due - first) / (last - first) * (CHART_WIDTH - _LEFT)
            paths.setdefault(kind_of(run.state), []).append(
                _mark(run.state, x, _height(run.seconds, top))
            )
    return Durations(
        marks=[Shape(kind, "".join(parts)) for kind, parts in paths.items()],
        usual=None if usual is None else round(_height(usual, top), 1),
        across=list(_days(since, until, zone)),
        up=[
            Tick(round(_height(value * step, top), 1), f"{value * step / unit[0]:g} {unit[1]}")
            for value in range(round(top / step) + 1)
        ],
    )


def _height(seconds: float, top: float) -> float:
    return CHART_HEIGHT - _BOTTOM - seconds / top * (CHART_HEIGHT - _TOP - _BOTTOM)


def _step(highest: float) -> tuple[float, tuple[int, str]]:
    """Return the distance of the lines of an axis in seconds, and the unit of their numbers."""
    unit = (3_600, "h") if highest >= 7_200 else (60, "min") if highest >= 120 else (1, "s")
    rough = highest / unit[0] / 4
    power = 10 ** math.floor(math.log10(rough))
    nice = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return nice * unit[0], unit


def _mark(state: str, x: float, y: float) -> str:
    """Draw a dot, a triangle where it failed, a square otherwise."""
    size = _MARK
    if state == RunState.SUCCEEDED:
        half = f"a{size} {size} 0 1 0"
        return f"M{x - size:.1f} {y:.1f}{half} {2 * size} 0{half} {-2 * size} 0"
    if state == RunState.FAILED:
        return f"M{x - 5:.1f} {y + 4:.1f}L{x:.1f} {y - 5:.1f}L{x + 5:.1f} {y + 4:.1f}Z"
    return f"M{x - 3:.1f} {y - 3:.1f}h6v6h-6Z"


def _days(since: datetime, until: datetime, zone: tzinfo) -> Iterator[Tick]:
    days = max((until - since).days // 6, 1)
    day = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    length = (until - since).total_seconds()
    while (day := day + timedelta(days=days)) < until:
        share = (day - since).total_seconds() / length
        if share < 0.97:  # else it would be cut off
            yield Tick(round(_LEFT + share * (CHART_WIDTH - _LEFT), 1), f"{day:%b %-d}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of a task, as the log has it.

    Attributes:
        row: a name for the task.
        began, ended: seconds since 1970.
        outcome: a value of Outcome.
        title: what is said of it.
    """

    row: str
    began: float
    ended: float
    outcome: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Attempts in rows, by the time.

    Attributes:
        rows: the name of each row and the shapes in it, a row 16 high.
        across: ticks of the axis.
    """

    rows: list[tuple[str, list[Shape]]]
    across: list[Tick]


_KINDS = {"success": "succeeded", "retry": "waiting", "cancelled": "cancelled"}


def timeline(attempts: Iterable[Attempt]) -> Timeline | None:
    """Place attempts by their times; None without any."""
    known = sorted(attempts, key=lambda attempt: attempt.began)
    if not known:
        return None
    first = known[0].began
    length = max(max(attempt.ended for attempt in known) - first, 0.001)
    rows: dict[str, list[Shape]] = {}
    width = TIMELINE_WIDTH
    for attempt in known:
        x = (attempt.began - first) / length * width
        wide = max((attempt.ended - attempt.began) / length * width, 3)
        x = min(x, width - wide)
        kind = _KINDS.get(attempt.outcome, "failed")
        path = _attempt(kind, x, wide)
        rows.setdefault(attempt.row, []).append(Shape(kind, path, attempt.title))
    across = [
        Tick(width * part / 4, format_seconds(length * part / 4) if part else "0 s")
        for part in range(5)
    ]
    return Timeline(rows=list(rows.items()), across=across)


def _attempt(kind: str, x: float, wide: float) -> str:
    """Draw a bar: thin if another attempt follows, pointed if it failed for good."""
    if kind == "waiting":
        return f"M{x:.1f} 6h{wide:.1f}v4H{x:.1f}Z"
    if kind == "failed":
        return f"M{x:.1f} 3h{wide - 3:.1f}L{x + wide:.1f} 8L{x + wide - 3:.1f} 13H{x:.1f}Z"
    return f"M{x:.1f} 3h{wide:.1f}v10H{x:.1f}Z"


def day_ticks(since: datetime) -> list[Tick]:
    """Return the full hours of the 24 from a moment, every third of them, on a line 1,000 long."""
    local = since.astimezone()
    hour = local.replace(minute=0, second=0, microsecond=0)
    found = []
    for _ in range(25):
        hour = (hour.astimezone(tz=since.tzinfo) + timedelta(hours=1)).astimezone()
        at = (hour - local).total_seconds() / 86_400 * 1_000
        if hour.hour % 3 == 0 and at < 1_000:
            found.append(Tick(round(at, 1), f"{hour:%H:%M}"))
    return found


def due_path(times: Iterable[datetime], since: datetime) -> str:
    """Return a mark for each time on a line that is 1,000 long for 24 hours.

    Those that would touch are one.
    """
    parts: list[str] = []
    begin = end = -1.0
    for time in times:
        at = round((time - since).total_seconds() / 86_400 * 1_000, 1)
        if begin >= 0 and at - end <= 4:
            end = at
            continue
        if begin >= 0:
            parts.append(_mark_between(begin, end))
        begin = end = at
    if begin >= 0:
        parts.append(_mark_between(begin, end))
    return "".join(parts)


def _mark_between(begin: float, end: float) -> str:
    return f"M{begin:g} 2h{max(end - begin, 3):g}v16H{begin:g}Z"
