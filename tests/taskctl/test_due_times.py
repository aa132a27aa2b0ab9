"""Due times of schedules, against a brute-force look at every minute and AWS's documentation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskctl.calendar.due_times import DueTime, due_times
from taskctl.calendar.expressions import parse
from taskctl.calendar.zones import zone, zone_names

from .oracle import DAY, DAYS, MINUTE, MONTHS, due_minutes, satisfies, transition_days

Draw = Callable[[st.SearchStrategy[Any]], Any]
CREATED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def fire(
    expression: str, count: int, *, after: str, timezone: str = "UTC", **dates: datetime
) -> list[str]:
    """The next local times, as text; after is a UTC time."""
    return [
        f"{run.local:%a %Y-%m-%d %H:%M}"
        for run in islice(found(expression, timezone, after, **dates), count)
    ]


def found(expression: str, timezone: str, after: str, **dates: datetime) -> Any:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    return due_times(
        parse(expression), zone(timezone), after=moment, **{"created": CREATED, **dates}
    )


# -- against brute force ---------------------------------------------------------------------


def values(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[str]:
    value = st.integers(low, high).map(str)
    return value | st.sampled_from(names) if names else value


@st.composite
def a_list(
    draw: Draw, low: int, high: int, names: list[str] | None = None, *, steps: bool = True
) -> str:
    value = values(low, high, names)
    span = st.just("*") | value | st.tuples(value, value).map("-".join)
    step = st.just("") | st.integers(1, high + 3).map(lambda n: f"/{n}")
    element = st.tuples(span, step).map("".join) if steps else span
    return ",".join(draw(st.lists(element, min_size=1, max_size=3)))


DAY_OF_MONTH = a_list(1, 31) | st.lists(
    st.sampled_from(["L", "LW", "10-12"]) | st.integers(1, 31).map(lambda day: f"{day}W"),
    min_size=1,
    max_size=2,
).map(",".join)
DAY_OF_WEEK = (
    a_list(1, 7, DAYS, steps=False)
    | st.just("L")
    | st.tuples(values(1, 7, DAYS), st.sampled_from(["L", "#1", "#2", "#4", "#5"])).map("".join)
)


@st.composite
def cron(draw: Draw, minutes: st.SearchStrategy[str], hours: st.SearchStrategy[str]) -> str:
    days = draw(st.tuples(DAY_OF_MONTH, st.just("?")) | st.tuples(st.just("?"), DAY_OF_WEEK))
    month = draw(st.just("*") | a_list(1, 12, MONTHS))
    year = draw(st.just("*") | a_list(2020, 2040))
    return f"cron({draw(minutes)} {draw(hours)} {days[0]} {month} {days[1]} {year})"


@given(
    cron(a_list(0, 59), a_list(0, 23)),
    st.sampled_from(sorted(zone_names())),
    st.integers(2005, 2037),
    st.integers(0, 3),
)
@example("cron(* * * * ? *)", "Australia/Lord_Howe", 2026, 0)
@example("cron(* * * * ? *)", "Australia/Lord_Howe", 2026, 1)
@example("cron(* * * * ? *)", "Pacific/Apia", 2011, 2)
@example("cron(*/7 * * * ? *)", "Europe/Berlin", 2027, 0)
@example("cron(*/7 * * * ? *)", "Europe/Berlin", 2027, 1)
@example("cron(*/7 * * * ? *)", "America/St_Johns", 2006, 0)
@example("cron(*/7 * * * ? *)", "Asia/Kathmandu", 2026, 0)
@example("cron(*/7 * * * ? *)", "Africa/Casablanca", 2024, 0)
@settings(max_examples=60, deadline=None)
def test_due_minutes_equal_those_of_the_oracle(
    expression: str, timezone: str, year: int, which: int
) -> None:
    """Two days round a change of the clocks, where the zone has any in that year."""
    days = transition_days(zone(timezone), year) or [datetime(year, 2, 28, tzinfo=UTC)]
    first = days[which % len(days)] - DAY / 2
    last = first + 2 * DAY
    due = [
        run.due
        for run in takewhile(
            lambda run: run.due <= last,
            due_times(parse(expression), zone(timezone), after=first, created=CREATED),
        )
    ]
    assert due == due_minutes(expression, zone(timezone), first, last)


@given(cron(st.just("30"), st.just("12")), st.integers(1970, 2190))
@example("cron(30 12 31W * ? *)", 2027)
@example("cron(30 12 1W * ? *)", 2027)
@example("cron(30 12 ? * MON#5 *)", 2027)
@settings(max_examples=100, deadline=None)
def test_due_days_equal_those_of_the_oracle(expression: str, year: int) -> None:
    noon = datetime(year, 1, 1, 12, 30)
    days = [noon + n * DAY for n in range(2 * 365)]
    first, last = (day.replace(tzinfo=UTC) for day in (days[0], days[-1]))
    fired = takewhile(
        lambda run: run.due <= last,
        due_times(parse(expression), zone("UTC"), after=first - MINUTE, created=CREATED),
    )
    assert [run.due.replace(tzinfo=None) for run in fired] == [
        day for day in days if satisfies(expression, day)
    ]


# -- what AWS documents ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["Sat 2022-10-01 10:00", "Sun 2022-10-02 10:00"]),
        ("cron(15 12 * * ? *)", ["Sat 2022-10-01 12:15", "Sun 2022-10-02 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["Mon 2022-10-03 18:00", "Tue 2022-10-04 18:00"]),
        ("cron(0 8 1 * ? *)", ["Sat 2022-10-01 08:00", "Tue 2022-11-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["Sat 2022-10-01 00:15", "Sat 2022-10-01 00:30"]),
        ("cron(0/10 * ? * MON-FRI *)", ["Mon 2022-10-03 00:00", "Mon 2022-10-03 00:10"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["Mon 2022-10-03 08:00", "Mon 2022-10-03 08:05"]),
        ("cron(15 10 ? * 6L 2022-2023)", ["Fri 2022-10-28 10:15", "Fri 2022-11-25 10:15"]),
        ("cron(0 9 ? * 2#1 *)", ["Mon 2022-10-03 09:00", "Mon 2022-11-07 09:00"]),
        ("cron(0 0 3W * ? *)", ["Mon 2022-10-03 00:00", "Thu 2022-11-03 00:00"]),
        ("cron(0 0 L * ? *)", ["Mon 2022-10-31 00:00", "Wed 2022-11-30 00:00"]),
    ],
)
def test_examples_of_the_user_guides_are_due_as_documented(
    expression: str, expected: list[str]
) -> None:
    assert fire(expression, 2, after="2022-10-01T00:00:30") == expected


def test_a_range_of_hours_may_wrap_around_midnight() -> None:
    """The user guide's example of a range of hours that wraps."""
    fired = fire("cron(0/30 20-2 ? * MON-FRI *)", 16, after="2022-10-02T23:59:00")
    assert fired[:6] == [
        f"Mon 2022-10-03 0{hour}:{half}" for hour in "012" for half in ("00", "30")
    ]
    assert fired[6] == "Mon 2022-10-03 20:00"
    assert fired[14:] == ["Tue 2022-10-04 00:00", "Tue 2022-10-04 00:30"]


def test_due_times_end_with_the_last_year_of_the_expression() -> None:
    assert fire("cron(15 10 ? * 6L 2022-2023)", 99, after="2023-11-01T00:00:00") == [
        "Fri 2023-11-24 10:15",
        "Fri 2023-12-29 10:15",
    ]


def test_a_day_that_no_month_has_is_never_due() -> None:
    assert fire("cron(0 0 30 FEB ? *)", 1, after="2026-01-01T00:00:00") == []


def test_a_local_time_skipped_by_the_clocks_is_not_due() -> None:
    fired = list(islice(found("cron(30 2 * * ? *)", "Europe/Berlin", "2027-03-26T12:00:00"), 3))
    assert [f"{run.local:%d %H:%M %z}" for run in fired] == [
        "27 02:30 +0100",
        "29 02:30 +0200",
        "30 02:30 +0200",
    ]
    assert [run.skipped for run in fired] == [(), (datetime(2027, 3, 28, 2, 30),), ()]


def test_times_skipped_before_the_start_are_not_reported() -> None:
    start = datetime(2027, 4, 1, tzinfo=UTC)
    fired = found("cron(30 2 * * ? *)", "Europe/Berlin", "2027-03-26T12:00:00", start=start)
    assert next(fired).skipped == ()


def test_a_local_time_that_occurs_twice_is_due_the_first_time() -> None:
    fired = list(islice(found("cron(30 2 * * ? *)", "Europe/Berlin", "2027-10-30T12:00:00"), 2))
    assert [f"{run.local:%d %H:%M %z}" for run in fired] == [
        "31 02:30 +0200",
        "01 02:30 +0100",
    ]
    assert [run.occurs_twice for run in fired] == [True, False]


def test_a_day_missing_in_a_zone_is_skipped() -> None:
    assert fire("cron(0 9 * * ? *)", 3, after="2011-12-28T00:00:00", timezone="Pacific/Apia") == [
        "Wed 2011-12-28 09:00",
        "Thu 2011-12-29 09:00",
        "Sat 2011-12-31 09:00",
    ]


def test_clocks_may_change_by_half_an_hour() -> None:
    fired = islice(
        found("cron(15,45 1,2 * * ? *)", "Australia/Lord_Howe", "2026-10-03T12:00:00"), 4
    )
    assert [f"{run.local:%d %H:%M %z}" for run in fired] == [
        "04 01:15 +1030",
        "04 01:45 +1030",
        "04 02:45 +1100",
        "05 01:15 +1100",
    ]


@pytest.mark.parametrize(
    ("timezone", "day", "minutes"),
    [
        ("Europe/Berlin", "2027-03-28", 60),
        ("Europe/Berlin", "2027-10-31", -60),
        ("Australia/Lord_Howe", "2026-10-04", 30),
        ("Asia/Beirut", "2027-03-28", 60),  # at midnight
        ("Europe/Berlin", "2027-03-29", 0),
        ("Asia/Taipei", "2027-03-28", 0),
    ],
)
def test_the_clock_change_of_a_day_is_reported(timezone: str, day: str, minutes: int) -> None:
    moment = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=zone(timezone))
    run = DueTime(moment.astimezone(UTC), moment)
    assert run.clock_change == timedelta(minutes=minutes)


def test_a_day_of_a_rate_has_24_hours() -> None:
    start = datetime(2027, 3, 27, 8, tzinfo=UTC)
    assert fire(
        "rate(1 day)", 3, after="2027-03-27T07:00:00", timezone="Europe/Berlin", start=start
    ) == ["Sat 2027-03-27 09:00", "Sun 2027-03-28 10:00", "Mon 2027-03-29 10:00"]


def test_a_rate_is_due_at_its_creation_and_counts_from_it() -> None:
    created = datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
    assert fire("rate(2 hours)", 2, after="2026-01-01T00:00:00", created=created) == [
        "Thu 2026-01-01 00:07",
        "Thu 2026-01-01 02:07",
    ]
    assert fire("rate(2 hours)", 1, after="2026-01-01T04:07:00", created=created) == [
        "Thu 2026-01-01 06:07"
    ]


def test_a_rate_beyond_the_last_date_is_due_once() -> None:
    assert len(fire("rate(99999999999 days)", 5, after="2026-01-01T00:00:00")) == 1


def test_start_and_end_bound_a_cron_inclusively() -> None:
    assert fire(
        "cron(0 0 * * ? *)",
        9,
        after="2026-01-01T00:00:00",
        start=datetime(2027, 1, 1, tzinfo=UTC),
        end=datetime(2027, 1, 3, tzinfo=UTC),
    ) == ["Fri 2027-01-01 00:00", "Sat 2027-01-02 00:00", "Sun 2027-01-03 00:00"]


def test_at_is_due_once_in_its_zone_regardless_of_start_and_end() -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    fired = list(
        found("at(2037-12-31T23:59:59)", "Asia/Taipei", "2027-01-01T00:00:00", start=end, end=end)
    )
    assert [run.due for run in fired] == [datetime(2037, 12, 31, 15, 59, 59, tzinfo=UTC)]


def test_at_in_the_past_is_not_due() -> None:
    assert fire("at(2026-01-01T00:00:00)", 1, after="2026-01-01T00:00:00") == []
