"""Schedules of a crontab are due when cron is, as two other libraries have it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from cronsim import CronSim
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskctl.calendar.due_times import due_times
from taskctl.calendar.expressions import parse
from taskctl.calendar.zones import zone
from taskctl.crontab.date_tests import split_tests
from taskctl.crontab.differences import find_differences
from taskctl.crontab.expressions import SHORTCUTS, translate
from taskctl.crontab.fields import Untranslatable, parse_fields
from taskctl.crontab.reading import find_users, read_crontab
from taskctl.crontab.translation import Imported, translate_crontab

Draw = Callable[[st.SearchStrategy[Any]], Any]
CRONTABS = sorted((Path(__file__).parent / "crontabs").iterdir())
NOW = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
HORIZON = datetime(2048, 1, 1)
"""CronSim looks no further than 50 years; 29 February has 5 days until then."""
TIMES = 200


def by_cronsim(line: str, zone: ZoneInfo) -> Iterator[datetime]:
    return takewhile(lambda time: time < HORIZON, CronSim(line, here(zone)))


def by_croniter(line: str, zone: ZoneInfo) -> Iterator[datetime]:
    found = croniter(
        line, here(zone), ret_type=datetime, implement_cron_bug=True, max_years_between_matches=50
    )
    return takewhile(lambda time: time < HORIZON, found)


def by_scheduler(expressions: Iterable[str], zone: ZoneInfo) -> Iterator[datetime]:
    """The local times of one schedule, or two; a time that both have comes once."""
    each = [due_times(parse(one), zone, after=NOW, created=NOW) for one in expressions]
    last = None
    for time in heapq.merge(*each, key=lambda time: time.due):
        local = time.local.replace(tzinfo=None)
        if local >= HORIZON:
            return
        if local != last:
            yield local
        last = local


def here(zone: ZoneInfo) -> datetime:
    return NOW.astimezone(zone).replace(tzinfo=None)


def on_plain_days(times: Iterator[datetime], zone: ZoneInfo) -> list[datetime]:
    """The next times on days on which the clocks do not change."""
    return [*islice((time for time in times if not is_change(time, zone)), TIMES)]


def is_change(time: datetime, zone: ZoneInfo) -> bool:
    midnight = time.replace(hour=0, minute=0, tzinfo=zone)
    return midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()


# -- any line --------------------------------------------------------------------------------


@st.composite
def field(draw: Draw, low: int, high: int, names: tuple[str, ...] = ()) -> str:
    """A field as Debian's cron takes it: ascending ranges, steps behind * and ranges.

    croniter 7.0 differs from cron, CronSim and us where a range has one value (it takes all) and
    where * is in a list but does not begin it (it takes the other day field as well): left out.
    """
    number = st.integers(low, high)
    text = st.sampled_from(names) if names else number.map(str)
    ends = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted)
    span = ends.map(lambda both: f"{both[0]}-{both[1]}")
    step = st.integers(1, high + 3).map(lambda n: f"/{n}")
    element = st.one_of(
        number.map(str), number.map("{:02}".format), text, span, st.tuples(span, step).map("".join)
    )  # fmt: skip
    first = st.just("*") | step.map("*{}".format) | element
    return ",".join([draw(first), *draw(st.lists(element, max_size=2))])


MONTH_NAMES = ("jan", "Feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_NAMES = ("sun", "Mon", "TUE", "wed", "thu", "fri", "sat")
DAYS = st.tuples(
    st.just("*") | field(1, 31), field(1, 12, MONTH_NAMES), st.just("*") | field(0, 7, DAY_NAMES)
)  # fmt: skip
SPECIAL_DAYS = st.sampled_from([("L", "*", "*"), ("*", "*", "1#2"), ("*", "*", "5#1")])
LINE = st.tuples(field(0, 59), field(0, 23), DAYS | SPECIAL_DAYS).map(
    lambda fields: " ".join([*fields[:2], *fields[2]])
)


@settings(max_examples=200, deadline=None)
@given(line=LINE)
@example(line="30 2 * * *")
@example(line="*/7 5-22/4 * * *")
@example(line="0 0 1 * 1")
@example(line="0 0 */100,1-7 * MON")
@example(line="0 0 1-7 * */7")
@example(line="0 0 * * 5-7")
@example(line="0 0 1-31 * 1")
@example(line="0 0 29 2 *")
@example(line="59 23 31 12 7")
def test_the_next_200_times_of_a_line_are_those_of_both_libraries(line: str) -> None:
    utc = zone("UTC")
    try:
        expressions = translate(parse_fields(line.split()))
    except Untranslatable as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        _, _, day, _, weekday = line.split()
        both = "*" in (day[0], weekday[0])
        assert ("match both" if both else "no such day") in refusal
        return
    ours = on_plain_days(by_scheduler(expressions, utc), utc)
    assert ours == on_plain_days(by_croniter(line, utc), utc)
    assert ours == on_plain_days(by_cronsim(line, utc), utc)


@pytest.mark.parametrize(("shortcut", "line"), SHORTCUTS.items())
def test_shortcuts_are_those_of_both_libraries(shortcut: str, line: str) -> None:
    utc = zone("UTC")
    ours = on_plain_days(by_scheduler(translate(parse_fields(line.split())), utc), utc)
    if shortcut != "@every_minute":  # FreeBSD's
        assert ours == on_plain_days(by_croniter(shortcut, utc), utc)
    assert ours == on_plain_days(by_cronsim(line, utc), utc)


# -- the crontabs ----------------------------------------------------------------------------


def imported_lines() -> Iterator[Any]:
    for path in CRONTABS:
        text = path.read_text()
        crontab = read_crontab(text, has_users=find_users(text))
        for imported in translate_crontab(crontab, "Europe/Berlin").imported:
            yield pytest.param(imported, id=f"{path.name}-{imported.job.line}")


ALLOWED: dict[str, Callable[[datetime], bool]] = {
    "-d tomorrow": lambda time: (time + timedelta(days=1)).day == 1,
    "-d '+1 day'": lambda time: (time + timedelta(days=1)).day == 1,
    "-d '+7 days'": lambda time: (time + timedelta(days=7)).month != time.month,
    '"Mon"': lambda time: time.weekday() == 0,
    "-eq 6": lambda time: time.weekday() == 5,
    "-ge 8": lambda time: 8 <= time.day <= 14,
    "-le 7": lambda time: time.day <= 7,
}
"""The days that the date tests in the crontabs let through, by their text."""


@pytest.mark.parametrize("imported", [*imported_lines()])
def test_the_next_200_times_in_the_crontabs_are_those_of_both_libraries(imported: Imported) -> None:
    where = zone(imported.timezone)
    line = SHORTCUTS.get(imported.job.when, imported.job.when)
    is_allowed = (
        next(allowed for text, allowed in ALLOWED.items() if text in imported.job.command)
        if imported.test
        else lambda time: True
    )
    ours = on_plain_days(by_scheduler(imported.schedules.values(), where), where)
    assert ours
    for library in (by_croniter, by_cronsim):
        assert ours == on_plain_days(filter(is_allowed, library(line, where)), where)


# -- tests of the date -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "command", "expression"),
    [
        ("0 9 1-7 * *", '[ "$(date +%u)" = 1 ] && x', "cron(0 9 ? * MON#1 *)"),
        ("0 9 8-14 * *", "[ `date +%w` -eq 0 ] && x", "cron(0 9 ? * SUN#2 *)"),
        ("0 9 1-7 * *", "test $(date +%a) = Sat && x", "cron(0 9 ? * SAT#1 *)"),
        ("0 9 * * 1", "[ $(date +%d) -le 7 ] && x", "cron(0 9 ? * MON#1 *)"),
        ("0 9 * * 1", '[[ "$(date +%d)" -lt 8 ]] && x', "cron(0 9 ? * MON#1 *)"),
        ("0 9 * * 2", "[ $(date +%d) -ge 8 -a $(date +%d) -le 14 ] && x", "cron(0 9 ? * TUE#2 *)"),
        ("0 9 28-31 * *", "[ $(date -d tomorrow +%d) -eq 1 ] && x", "cron(0 9 L * ? *)"),
        ("0 9 28-31 * *", '[ "$(date +%d -d tomorrow)" = "01" ] && x', "cron(0 9 L * ? *)"),
        ("0 9 * * *", "[ $(/bin/date -d '+1 day' +%-d) = 1 ] && x", "cron(0 9 L * ? *)"),
        ("0 9 28-31 * *", "[ $(date -v+1d +%d) -eq 01 ] && x", "cron(0 9 L * ? *)"),
        (
            "0 9 * * 5",
            '[ "$(date +%m)" != "$(date -d "next week" +%m)" ] && x',
            "cron(0 9 ? * FRIL *)",
        ),
        ("0 9 * * *", "[ $(date +%u) -le 5 ] && x", "cron(0 9 ? * MON-FRI *)"),
        ("0 9 * * *", "[ $(date +%d) -eq 15 ] && x", "cron(0 9 15 * ? *)"),
    ],
)
def test_tests_of_the_date_become_part_of_the_expression(
    line: str, command: str, expression: str
) -> None:
    test, rest = split_tests(command)
    assert rest == "x"
    assert translate(parse_fields(line.split()), test) == [expression]


@pytest.mark.parametrize(
    "command",
    [
        "[ -f /etc/flag ] && x",
        "[ $(date +%V) -eq 2 ] && x",
        "[ $(date +%d) = 1 ] && x",  # it shows 01, so never
        "[ $(date -d yesterday +%d) -eq 1 ] && x",
        "[ $(date -d tomorrow +%u) -eq 1 ] && x",
        "[ $(date +%a) -eq 1 ] && x",
        "[ $(date +%d) -le 7 ] || x",
    ],
)
def test_other_tests_stay_in_the_command(command: str) -> None:
    assert split_tests(command) == (None, command)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("0 9 1-10 * *", "[ $(date +%u) -eq 1 ] && x"),
        ("0 9 * * 1-5", "[ $(date +%d) -le 7 ] && x"),
        ("0 9 1-7 * 1", "[ $(date +%d) -le 7 ] && x"),
        ("0 9 1-27 * *", "[ $(date -d tomorrow +%d) -eq 1 ] && x"),
    ],
)
def test_tests_that_no_expression_says_are_refused(line: str, command: str) -> None:
    with pytest.raises(Untranslatable):
        translate(parse_fields(line.split()), split_tests(command)[0])


def without(multiples_of: int, first: int, end: int) -> str:
    """List the numbers of a range but for some, so that no range and no step says it in short."""
    return ",".join(str(n) for n in range(first, end) if n % multiples_of)


# -- what cannot be said ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("60 * * * *", 'minute "60" must be 0-59, with , - * /'),
        ("0 24 * * *", 'hour "24" must be 0-23, with , - * /'),
        ("0 0 0 * *", 'day of the month "0" must be 1-31, with , - * /'),
        ("0 0 * foo *", 'month "FOO" must be 1-12 or JAN-DEC, with , - * /'),
        ("0 0 * * 8", 'day of the week "8" must be 0-7 or SUN-SAT, with , - * /'),
        ("0 0 * * 6-2", 'day of the week "6-2": 6-2 goes backwards, which cron refuses'),
        ("*/0 * * * *", 'minute "*/0": the step must not be 0'),
        ("H * * * *", 'minute "H": H is Jenkins\'s, which picks a value; pick one'),
        (
            "H(0-29)/10 * * * *",
            'minute "H(0-29)/10": H is Jenkins\'s, which picks a value; pick one',
        ),
        ("0~9 * * * *", "flexible_window_minutes"),
        ("0 0 ? * 1", 'day of the month "?": ? and W are those of Quartz and AWS, not of cron'),
        ("0 0 15W * *", "? and W are those of Quartz"),
        ("0 0 31 2 *", "there is no such day"),
        ("0 0 */2 * 1", "AWS has one"),
        (f"{without(11, 0, 60)} {without(3, 0, 24)} {without(3, 1, 32)} * *", "256"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(line: str, reason: str) -> None:
    with pytest.raises(Untranslatable) as raised:
        translate(parse_fields(line.split()))
    assert reason in str(raised.value)


# -- differences -----------------------------------------------------------------------------


def differences(line: str, timezone: str = "Europe/Berlin") -> list[tuple[str, str]]:
    crontab = read_crontab(f"CRON_TZ={timezone}\n{line} /bin/x", has_users=False)
    (imported,) = translate_crontab(crontab, "UTC").imported
    found = find_differences(imported, zone(timezone), NOW)
    assert {each.line for each in found} <= {2}
    return [(f"{each.day}", each.text) for each in found]


FORWARD = "the clocks jump over its time: cron catches up, Scheduler does not run"
BACK = "the clocks show an hour twice: cron runs in both, Scheduler in the first"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30 2 * * *", [("2027-03-28", FORWARD)]),
        ("30 3 * * *", []),
        ("30 2 * * 1", []),
        ("*/15 * * * *", [("2027-10-31", BACK)]),
        ("0 * * * *", [("2027-10-31", BACK)]),
        ("*/5 4 * * *", []),
    ],
)
def test_changes_of_the_clocks_that_matter_are_found(
    line: str, expected: list[tuple[str, str]]
) -> None:
    assert differences(line) == expected
    assert differences(line, "UTC") == []


def test_days_on_which_both_schedules_of_a_line_run_are_found() -> None:
    both = "both schedules run"
    first_mondays = ["2027-02-01", "2027-03-01", "2027-11-01"]
    assert differences("0 9 1 * 1", "UTC") == [(day, both) for day in first_mondays]
    assert differences("0 9 1 * *", "UTC") == []
