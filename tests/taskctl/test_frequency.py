"""The frequency of schedules, against a count of their due times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

import pytest

from taskctl.calendar.due_times import DueTime, due_times, run_times
from taskctl.calendar.expressions import parse
from taskctl.calendar.frequency import runs_a_month
from taskctl.calendar.zones import zone

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def times(
    expression: str, start: datetime | None = None, end: datetime | None = None
) -> Iterator[DueTime]:
    return due_times(
        parse(expression),
        zone("UTC"),
        after=NOW - timedelta(seconds=1),
        created=NOW,
        start=start,
        end=end,
    )


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 hour)",
        "rate(5 days)",
        "cron(0 10 * * ? *)",
        "cron(0/10 8-17 ? * MON-FRI *)",
        "cron(0 0 L * ? *)",
        "cron(15 10 ? * 6L 2027)",
        "cron(0 0 29 FEB ? *)",
        "at(2027-06-01T00:00:00)",
    ],
)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, None),
        (NOW + timedelta(days=100), NOW + timedelta(days=200)),
        (NOW + timedelta(days=400), None),
        (None, NOW - timedelta(days=1)),
    ],
)
def test_runs_a_month_are_a_twelfth_of_the_coming_years_due_times(
    expression: str, start: datetime | None, end: datetime | None
) -> None:
    year = NOW + timedelta(days=365)
    found = times(expression, start, end)
    count = sum(1 for _ in takewhile(lambda run: run.due < year, found))
    once = expression.startswith("at(")
    done = runs_a_month(parse(expression), now=NOW, start=start, end=end)
    assert done == pytest.approx(0 if once else count / 12, abs=0.1)


@pytest.mark.parametrize("expression", ["rate(3 hours)", "cron(0/30 9 ? * MON-FRI *)"])
def test_days_that_a_schedule_leaves_out_do_not_count(expression: str) -> None:
    def is_left_out(day: date) -> bool:
        return day.month in (3, 8)

    year = NOW + timedelta(days=365)
    kept = run_times(times(expression), is_left_out)
    count = sum(1 for _ in takewhile(lambda run: run.due < year, kept))
    done = runs_a_month(parse(expression), now=NOW, is_left_out=is_left_out)
    assert done == pytest.approx(count / 12, rel=0.01)
