"""The geometry of the charts, and the order of the schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from taskctl.errors import TaskctlError
from taskctl.web import charts
from taskctl.web.charts import Attempt, Run
from taskctl.web.forms import Form
from taskctl.web.overview import make_rows, wanted

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def run(state: str, seconds: float | None = 60, due: int = 0) -> Run:
    return Run(f"a@{due}", state, due, seconds, state)


def test_each_state_has_a_shape_of_its_own() -> None:
    states = ["succeeded", "failed", "incomplete", "skipped", "cancelled"]
    shapes = {charts.bars([run(state)])[0].path for state in states}
    assert len(shapes) == len(states)


def test_a_run_that_took_longer_is_higher_and_one_that_took_no_time_is_seen() -> None:
    long, short, none = charts.bars([run("succeeded", 400), run("succeeded", 100),
                                     run("running", None)])  # fmt: skip
    assert long.path == "M0 28V0H7V28Z"
    assert short.path == "M9 28V11H16V28Z"
    assert none.path == "M18 28V22H25V28Z"


@pytest.mark.parametrize(
    ("seconds", "first", "last"),
    [(0.2, "0 s", "1 s"), (50, "0 s", "60 s"), (400, "0 min", "8 min"), (9_000, "0 h", "3 h")],
)
def test_durations_have_an_axis_in_a_unit_that_fits(seconds: float, first: str, last: str) -> None:
    chart = charts.durations(
        [run("failed", seconds, int(NOW.timestamp()) - 60)],
        since=NOW - timedelta(days=90), until=NOW, zone=UTC, usual=None,
    )  # fmt: skip
    assert (chart.up[0].text, chart.up[-1].text) == (first, last)
    assert [mark.kind for mark in chart.marks] == ["failed"]
    assert all(tick.at < charts.CHART_WIDTH - 20 for tick in chart.across)


def test_a_timeline_has_a_row_for_each_task_and_tells_outcomes_by_shape() -> None:
    made = charts.timeline([
        Attempt("#1", 100, 110, "retry", "first"), Attempt("#1", 150, 160, "failed", "second"),
        Attempt("#2", 100, 200, "success", "other"),
    ])  # fmt: skip
    assert made is not None
    rows = {name: [shape.kind for shape in shapes] for name, shapes in made.rows}
    assert rows == {"#1": ["waiting", "failed"], "#2": ["succeeded"]}
    assert made.across[-1].text == "1 min 40 s"
    assert charts.timeline([]) is None


def test_due_times_that_touch_are_one_mark() -> None:
    minutes = [NOW + timedelta(minutes=number) for number in range(60)]
    later = NOW + timedelta(hours=12)
    assert charts.due_path([*minutes, later], NOW) == "M0 2h41v16H0ZM500 2h3v16H500Z"
    assert charts.due_path([], NOW) == ""


def test_hours_of_a_day_on_which_the_clocks_change_are_in_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        since = datetime(2026, 10, 24, 20, 30, tzinfo=ZoneInfo("UTC"))
        ticks = {tick.text: tick.at for tick in charts.day_ticks(since)}
    finally:
        monkeypatch.undo()
        time.tzset()
    assert ticks["00:00"] == pytest.approx(1.5 / 24 * 1_000, abs=0.1)
    assert ticks["03:00"] == pytest.approx(5.5 / 24 * 1_000, abs=0.1)  # after two hours of 02:00


def item(name: str, **values: Any) -> dict[str, Any]:
    return {"pk": "S", "sk": name, **values}


def test_schedules_that_need_somebody_come_first_and_others_by_name() -> None:
    recent = '[{"key":"a@1","due":1,"seconds":1,"state":"succeeded","ended":1,"failed":0}]'
    items = {
        "b": item("b", recent=recent), "a": item("a", recent=recent), "new": item("new"),
        "worse": item("worse", streak=3), "bad": item("bad", streak=1),
        "held": item("held", pause={"by": "me", "at": 1}), "*": item("*"),
    }  # fmt: skip
    rows = make_rows(items, None)
    assert [row.name for row in rows] == ["worse", "bad", "held", "new", "a", "b"]
    assert [row.name for row in wanted(rows, text="B", state="all")] == ["bad", "b"]
    assert [row.name for row in wanted(rows, text="", state="paused")] == ["held"]


def test_what_a_browser_sends_is_checked() -> None:
    form = Form({"a": ["x", " y "], "n": ["3"], "bad": ["0"], "long": ["x" * 1_001], "": [""]})
    assert form.text("a") == "y"
    assert form.text("none") is None
    assert form.whole("n") == 3
    for name in ("bad", "a"):
        with pytest.raises(TaskctlError, match="must be a whole number from 1"):
            form.whole(name)
    with pytest.raises(TaskctlError, match="at most 1,000 characters"):
        form.text("long")
    with pytest.raises(TaskctlError, match="none must be given"):
        form.required("none")
