"""Days on which schedules do not run: calendars, and the times that are left."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskctl.calendar.zones import zone, zone_names
from taskctl.errors import TaskctlError
from taskctl.project import terraform
from taskctl.project.calendars import read_days
from taskctl.project.schedule import Schedule, run_times_of
from taskctl.runs.missed import find_missed
from tests.taskctl.conftest import Taskctl
from tests.taskctl.oracle import DAY, due_minutes, transition_days

CREATED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def schedule(expression: str, timezone: str = "UTC", **days: list[str]) -> Schedule:
    return Schedule(name="s", expression=expression, timezone=timezone, created=CREATED, input=days)


# -- against brute force ---------------------------------------------------------------------


def brute_force(
    expression: str, own_zone: ZoneInfo, first: datetime, last: datetime, **days: list[str]
) -> list[datetime]:
    """Every minute that cron picks and whose local day is not left out, each asked by itself."""

    def has(field: str, minute: datetime) -> bool:
        return f"{minute.astimezone(own_zone):%Y-%m-%d}" in days[field]

    return [
        minute
        for minute in due_minutes(expression, own_zone, first, last)
        if not ("skip_on" in days and has("skip_on", minute))
        and ("only_on" not in days or has("only_on", minute))
    ]


@given(
    st.sampled_from(["* * * * ? *", "*/7 * * * ? *", "0/30 22-3 * * ? *", "59,0 23,0 ? * * *"]),
    st.sampled_from(sorted(zone_names())),
    st.integers(2006, 2037),
    st.integers(0, 3),
    st.sets(st.integers(-2, 2)),
    st.none() | st.sets(st.integers(-2, 2)),
)
@example("* * * * ? *", "Europe/Berlin", 2027, 0, {0}, None)
@example("* * * * ? *", "Europe/Berlin", 2027, 1, set(), {0})
@example("* * * * ? *", "Australia/Lord_Howe", 2026, 1, {1}, {0, 1})
@example("*/7 * * * ? *", "Pacific/Apia", 2011, 2, {0}, None)
@example("*/7 * * * ? *", "Asia/Beirut", 2027, 0, {0}, None)  # the clocks change at midnight
@example("* * * * ? *", "America/New_York", 2026, 0, {-1}, {-1, 0, 1})
@settings(max_examples=40, deadline=None)
def test_due_times_that_are_left_equal_those_of_brute_force(
    fields: str, timezone: str, year: int, which: int, skipped: set[int], only: set[int] | None
) -> None:
    """Two days round a change of the clocks, in the schedule's own zone."""
    own_zone = zone(timezone)
    turns = transition_days(own_zone, year) or [datetime(year, 2, 28, tzinfo=UTC)]
    middle = turns[which % len(turns)]
    first, last = middle - DAY / 2, middle + 3 * DAY / 2

    def days(offsets: set[int]) -> list[str]:
        return [f"{middle.astimezone(own_zone).date() + timedelta(n)}" for n in offsets]

    given_days = {"skip_on": days(skipped)} | ({} if only is None else {"only_on": days(only)})
    one = schedule(f"cron({fields})", timezone, **given_days)

    found = takewhile(lambda time: time.due <= last, run_times_of(one, first))

    expected = brute_force(str(one.expression), own_zone, first, last, **given_days)
    assert [time.due for time in found] == expected


def test_a_day_is_that_of_the_schedules_zone() -> None:
    """At 8:00 in Taipei it is still the day before in UTC."""
    one = schedule("cron(0 7 * * ? *)", "Asia/Taipei", skip_on=["2027-01-01"])
    times = islice(run_times_of(one, datetime(2026, 12, 30, 12, tzinfo=UTC)), 2)
    assert [f"{time.due:%d %H:%M}" for time in times] == ["30 23:00", "01 23:00"]


def test_the_days_of_an_interval_are_left_out_too() -> None:
    one = schedule("rate(8 hours)", skip_on=["2026-11-24"])
    times = islice(run_times_of(one, CREATED), 3)
    assert [f"{time.due:%d %H}" for time in times] == ["23 18", "25 02", "25 10"]


def test_a_schedule_has_no_due_times_after_its_last_day() -> None:
    """Even one that is due every minute: the search ends."""
    one = schedule("rate(1 minute)", only_on=["2026-11-24"], skip_on=["2026-12-01"])
    times = list(run_times_of(one, CREATED))
    assert len(times) == 24 * 60
    assert list(run_times_of(schedule("rate(1 minute)", only_on=[]), CREATED)) == []


def test_a_run_says_which_due_times_before_it_are_left_out() -> None:
    one = schedule("cron(0 9 * * ? *)", skip_on=["2026-11-24", "2026-11-25"])
    first = next(run_times_of(one, CREATED))
    assert [f"{time:%d %H}" for time in first.left_out] == ["24 09", "25 09"]


def test_days_that_a_schedule_leaves_out_are_not_missed() -> None:
    one = schedule("cron(0 9 * * ? *)", skip_on=["2026-11-25"])
    period = find_missed(
        one, [], since=CREATED, until=CREATED + 4 * DAY, known_from=CREATED, skipped_too=True
    )
    assert [f"{time.due:%d}" for time in period.missed] == ["24", "26", "27"]
    assert period.total == 3


# -- files -----------------------------------------------------------------------------------

TEXTS = {
    "plain": "2027-12-24\n2027-12-25\n",
    "names": "2027-12-25 Christmas Day\n2027-12-24\tHeiligabend, ½ Tag\n2027-12-25\n",
    "windows": "\ufeff2027-12-24\r\n\r\n# none\r\n2027-12-25\r\n",
    "comments": "# 2027-01-01\n  # 2027-01-02\n\n   \n2027-12-31",
}


def write(folder: Path, name: str, text: str) -> None:
    (folder / "calendars").mkdir(exist_ok=True)
    (folder / "calendars" / f"{name}.txt").write_bytes(text.encode())


def test_calendars_have_the_days_that_the_plan_finds_in_them(tmp_path: Path) -> None:
    for name, text in TEXTS.items():
        write(tmp_path, name, text)
    scheduler = Path(__file__).parents[2] / "modules" / "scheduler"
    files = {
        file: (scheduler / file).read_text(encoding="utf-8")
        for file in ("after.tf", "calendars.tf", "expressions.tf", "warnings.tf")
    }
    named = {name: [name] for name in TEXTS} | {"mixed": ["plain", "2027-01-01", "comments"]}
    names = ["skip_on", "timezone", "start_date", "end_date", "after", "flexible_window_minutes"]
    fields = dict.fromkeys(names) | {"after_any_outcome": False}
    given_schedules = {
        name: fields | {"expression": "rate(1 day)", "only_on": days}
        for name, days in named.items()
    }
    root: dict[str, Any] = {
        "variable": {
            "schedules": {"default": given_schedules},
            "task_code_dir": {"default": str(tmp_path)},
            "timezone": {"default": "UTC"},
        },
        "output": {"values": {"value": "${local.days}"}},
    }
    (tmp_path / "none.tfvars").touch()
    outputs, diagnostics = terraform.evaluate(
        files | {"root.tf.json": json.dumps(root)}, tmp_path / "none.tfvars"
    )
    assert outputs, diagnostics
    planned = {name: days["only_on"] for name, days in outputs["values"].items()}
    assert planned == {name: read_days(days, tmp_path) for name, days in named.items()}
    assert planned["windows"] == ["2027-12-24", "2027-12-25"]
    assert planned["mixed"] == ["2027-01-01", "2027-12-24", "2027-12-25", "2027-12-31"]


@pytest.mark.parametrize("line", ["24.12.2027", "2027-02-30", " 2027-12-24", "2027-12-24x", "x"])
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    write(tmp_path, "odd", f"# ours\n{line}\n")
    with pytest.raises(TaskctlError, match=r"odd\.txt, line 2: .* must begin with a date such as"):
        read_days(["odd"], tmp_path)


@pytest.mark.parametrize("name", ["../secret", "2027", "", "a/b"])
def test_a_calendar_lies_in_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(TaskctlError, match="its name must be a letter, and up to 63 letters"):
        read_days([name], tmp_path)


# -- commands --------------------------------------------------------------------------------


def test_the_holidays_of_a_country_become_a_calendar_of_this_year_and_three_more(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    (tmp_path / "tasks").mkdir()
    done = taskctl("calendar", "DE", "--subdivision", "BY")
    assert (done.returncode, done.stderr) == (0, "")
    year = datetime.now(UTC).year
    days = read_days(["DE-BY"], tmp_path / "tasks")
    assert {f"{n}-12-25" for n in range(year, year + 4)} <= set(days)
    assert f"{year}-01-06" in days  # Epiphany, in Bavaria
    assert {day[:4] for day in days} == {str(n) for n in range(year, year + 4)}
    assert done.stdout == (
        f"tasks/calendars/DE-BY.txt: {len(days)} days from {days[0]} to {days[-1]}\n"
        'Schedules name it: skip_on = ["DE-BY"]\n'
    )


def test_a_calendar_is_written_anew_unless_somebody_has_changed_it(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    for _ in range(2):
        assert taskctl("calendar", "XNYS", "--name", "shut", "--folder", ".").returncode == 0
    file = tmp_path / "calendars" / "shut.txt"
    file.write_text(file.read_text() + "2027-08-13 Our own day\n")
    refused = taskctl("calendar", "XNYS", "--name", "shut", "--folder", ".")
    assert refused.returncode == 2
    assert "shut.txt was not written by this command, or was changed: confirm" in refused.stderr
    assert "Our own day" in file.read_text()
    done = taskctl("calendar", "XNYS", "--name", "shut", "--folder", ".", "--force", "--json")
    assert json.loads(done.stdout)["name"] == "shut"
    assert "Our own day" not in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["GERMANY"], "'GERMANY' is not a country or market that the holidays package knows"),
        (["DE", "--subdivision", "ZZ"], "DE has no subdivision 'ZZ': must be one of Augsburg, BB"),
        (["XNYS", "--subdivision", "ZZ"], "XNYS has no subdivision 'ZZ': must be left out"),
        (["DE", "--name", "../DE"], "calendar '../DE': its name must be a letter, and up to 63"),
        (["DE", "--folder", "gone"], "gone: no such folder; task code is in task_code_dir"),
    ],
)
def test_what_is_no_calendar_is_refused(
    taskctl: Taskctl, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "tasks").mkdir()
    done = taskctl("calendar", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


TFVARS = """
timezone      = "Europe/Berlin"
task_code_dir = "code"
schedules = {
  reports = { expression = "cron(0 9 ? * MON-FRI *)", task = "x", skip_on = ["own"],
              start_date = "2037-12-23T00:00:00Z" }
  over    = { expression = "cron(0 9 * * ? *)", task = "x", only_on = ["2020-01-01"] }
}
"""


def test_next_leaves_out_what_the_calendar_does_and_says_so(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    write_project(tmp_path, "2037-12-24 Heiligabend\n2037-12-25\n")
    found = json.loads(taskctl("next", "-n", "2", "--tfvars", "a.tfvars", "--json").stdout)
    assert [(row["schedule"], row["local"], row["note"]) for row in found] == [
        ("reports", "2037-12-23T09:00:00+01:00", None),
        (
            "reports",
            "2037-12-28T09:00:00+01:00",
            "leaves out Thu 2037-12-24 09:00 and 1 more, by skip_on or only_on",
        ),
        ("over", None, "never due again"),
    ]


def test_check_warns_of_a_calendar_that_ends_within_60_days(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    soon = date.today() + timedelta(days=50)
    write_project(tmp_path, f"{soon}\n")
    done = taskctl("check", "--tfvars", "a.tfvars")
    assert f'reports": skip_on: the calendar "own" ends on {soon}, less than 60' in done.stdout
    assert 'over": only_on ends on 2020-01-01, less than 60 days from now' in done.stdout
    later = date.today() + timedelta(days=70)
    write_project(tmp_path, f"{later}\n")
    assert '"own"' not in taskctl("check", "--tfvars", "a.tfvars").stdout


def test_a_calendar_that_is_not_there_is_a_problem_of_the_check(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    write_project(tmp_path, "2037-12-24\n")
    (tmp_path / "code" / "calendars" / "own.txt").unlink()
    done = taskctl("check", "--tfvars", "a.tfvars")
    assert done.returncode == 1
    assert 'schedule "reports": skip_on: the calendar "own" is not there: it must' in done.stdout


def write_project(folder: Path, days: str) -> None:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "mine.py").write_text(
        "from task_scheduler import task\n\n@task('x')\ndef x() -> None:\n    pass\n"
    )
    write(folder / "code", "own", days)
    (folder / "a.tfvars").write_text(TFVARS)
