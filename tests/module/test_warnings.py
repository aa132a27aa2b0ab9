"""Settings that are probably mistakes: they are planned, with a warning that names the schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Planned, Variables

# Fields of a schedule that can be planned, and what is said about them.
WARNED: dict[str, tuple[dict[str, Any], str]] = {
    "past": (
        {"expression": "at(2020-01-01T00:00:00)"},
        "at(2020-01-01T00:00:00) is past: it never runs, and AWS may refuse it",
    ),
    "late-start": (
        {"start_date": "2020-01-01T00:00:00Z"},
        "start_date 2020-01-01T00:00:00Z is past: AWS may refuse it when the schedule is "
        "created or changed: remove it",
    ),
    "ended": (
        {"end_date": "2020-01-01T00:00:00Z"},
        "end_date 2020-01-01T00:00:00Z is past: it no longer runs",
    ),
    "february": (
        {"expression": "cron(0 9 31 2 ? *)"},
        "cron(0 9 31 2 ? *) never runs: there is no such day in these months",
    ),
    "weekday-next-to-no-day": (
        {"expression": "cron(0 9 31W 2,4 ? *)"},
        "cron(0 9 31W 2,4 ? *) never runs: there is no such day in these months",
    ),
    "nth-weekday": (
        {"expression": "cron(0 9 ? * 6#2 *)"},
        "day-of-week 6#2 is FRI#2 to AWS, whose week begins with 1 for Sunday: say so by name, "
        "or SAT#2 if that is meant",
    ),
    "last-weekday": ({"expression": "cron(0 9 ? * 5L *)"}, "is THUL to AWS"),
    "old-years": (
        {"expression": "cron(0 9 * * ? 2020)"},
        "cron(0 9 * * ? 2020) never runs: its years are past",
    ),
    "weekdays": (
        {"expression": "cron(0 9 ? * 1-5 *)"},
        "day-of-week 1-5 is SUN-THU to AWS, whose week begins with 1 for Sunday: say so by name, "
        "or MON-FRI if that is meant",
    ),
    "calendar-that-ends": (
        {"skip_on": ["old"]},
        'skip_on: the calendar "old" ends on 2020-12-25, less than 60 days from now: `taskctl',
    ),
    "days-that-end": (
        {"only_on": ["2020-12-25", "2020-12-24"]},
        "only_on ends on 2020-12-25, less than 60 days from now: it does not run after that",
    ),
    "two-weekdays": ({"expression": "cron(0 9 ? * 2,7 *)"}, "is MON,SAT to AWS, whose week begins"),
}
SILENT: dict[str, dict[str, Any]] = {
    "named": {"expression": "cron(0 9 ? * MON-FRI *)"},
    "leap-day-or-its-neighbour": {"expression": "cron(0 9 29W,31 2 ? *)"},
    "leap-day": {"expression": "cron(0 9 29 2 ? *)"},
    "days-to-come": {"skip_on": ["2020-12-25", "new"], "only_on": ["2037-12-24", "2037-12-25"]},
    "to-come": {"expression": "at(2037-12-31T23:59:59)"},
}


@pytest.fixture(scope="module")
def warnings(
    plan: Callable[[Variables], Planned], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "calendars").mkdir()
    (folder / "calendars" / "old.txt").write_text("2020-12-25\n2020-01-01\n")
    (folder / "calendars" / "new.txt").write_text("2020-12-25\n2037-12-25\n2020-01-01\n")
    fields = {name: row[0] for name, row in WARNED.items()} | SILENT
    schedules = {
        name: {"expression": "rate(1 hour)", "task": "work"} | row for name, row in fields.items()
    }
    checks = plan({"schedules": schedules, "task_code_dir": str(folder)})["checks"]
    assert {check["status"] for check in checks} <= {"pass", "fail"}  # known before an apply
    return [
        line.strip()
        for check in checks
        for instance in check.get("instances", [])
        for problem in instance.get("problems", [])
        for line in problem["message"].splitlines()
    ]


@pytest.mark.parametrize("name", WARNED)
def test_a_schedule_that_is_hardly_meant_so_is_warned_of(warnings: list[str], name: str) -> None:
    (said,) = (line for line in warnings if line.startswith(f'schedule "{name}": '))
    assert WARNED[name][1] in said


@pytest.mark.parametrize("name", SILENT)
def test_what_is_meant_is_planned_without_a_word(warnings: list[str], name: str) -> None:
    assert not [line for line in warnings if f'"{name}"' in line]
