"""Schedules that run after others: what the commands say of them, and of their runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.runs.identity import RunId
from task_scheduler_local.places import ROOT
from taskctl.costs.estimate import runs_by_schedule
from taskctl.project.schedule import Schedule
from tests.taskctl.conftest import Call, Operate, Taskctl
from tests.taskctl.ledger import HOUR, Recorded

Read = Callable[..., Any]

TFVARS = """
timezone = "UTC"

schedules = {
  count   = { task = "work", expression = "rate(1 hour)" }
  deliver = { task = "work", expression = "rate(1 day)" }
  report  = { task = "work", after = ["deliver", "count"], flexible_window_minutes = null }
  tidy    = { task = "work", after = ["report"], after_any_outcome = true }
  off     = { task = "work", after = ["count"], enabled = false }
}
"""
WORK = """
from task_scheduler import task

@task("work")
def work():
    pass
"""


@pytest.fixture
def tfvars(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "work.py").write_text(WORK)
    path = tmp_path / "terraform.tfvars"
    path.write_text(f'task_code_dir = "tasks"\n{TFVARS}')
    return path


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return {row["schedule"]: row for row in json.loads(done.stdout)}


# -- written -----------------------------------------------------------------------------------


def test_next_names_the_others_in_the_place_of_a_time(taskctl: Taskctl, tfvars: Path) -> None:
    found = rows(taskctl("next", "--tfvars", tfvars, "--json"))
    assert [(found[name]["after"], found[name]["note"]) for name in ("report", "tidy", "off")] == [
        (["count", "deliver"], None),
        (["report"], "whatever their outcome"),
        (["count"], "disabled"),
    ]
    assert {found["report"][name] for name in ("expression", "due", "local", "here")} == {None}
    assert found["count"]["after"] == []
    printed = taskctl("next", "--tfvars", tfvars).stdout
    line = next(line for line in printed.splitlines() if line.startswith("report"))
    assert line.split("  ", 1)[1].strip() == "after count, deliver"
    assert "2199" not in printed


def test_check_says_what_is_followed(taskctl: Taskctl, tfvars: Path) -> None:
    done = taskctl("check", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["after"] == {
        "report": ["count", "deliver"], "tidy": ["report"], "off": ["count"],
    }  # fmt: skip
    said = taskctl("check").stdout.splitlines()
    assert "report runs after count, deliver" in said
    assert "tidy runs after report, whatever their outcome" in said
    assert "off runs after count, but is disabled" in said


@pytest.mark.parametrize(
    ("before", "instead", "said"),
    [
        ('["report"]', '["reprot"]', 'schedule "tidy": after has "reprot", which is not there'),
        ('"count"]', '"tidy"]', 'schedule "tidy": after makes a circle: report, tidy wait for'),
        ('"count"], flexible_window_minutes = null', '"count"], flexible_window_minutes = 5',
         'schedule "report": flexible_window_minutes is given beside after'),
    ],
)  # fmt: skip
def test_check_refuses_what_the_plan_refuses(
    taskctl: Taskctl, tfvars: Path, before: str, instead: str, said: str
) -> None:
    tfvars.write_text(tfvars.read_text().replace(before, instead, 1))
    done = taskctl("check")
    assert done.returncode == 1
    assert said in done.stdout


@pytest.mark.parametrize("after", ["[]", '[""]', "[null]"])
def test_a_list_of_nobody_is_named(taskctl: Taskctl, tmp_path: Path, after: str) -> None:
    path = tmp_path / "a.tfvars"
    path.write_text(f'schedules = {{ a = {{ after = {after}, task = "print" }} }}')
    done = taskctl("next", "--tfvars", path)
    assert done.returncode == 2
    assert 'schedule "a": after must be a list of names of schedules' in done.stderr


def test_the_cost_is_that_of_the_rarest_and_of_a_keep_runs_every_minute(
    taskctl: Taskctl, tfvars: Path
) -> None:
    estimate = json.loads(taskctl("cost", "--tfvars", tfvars, "--json").stdout)
    runs = {row["schedule"]: row["runs"] for row in estimate["schedules"]}
    assert runs["report"] == runs["tidy"] == runs["deliver"] == pytest.approx(365 / 12)
    assert (runs["count"], runs["off"]) == (730, 0)
    (keeping,) = [row for row in estimate["shared"] if row["schedule"] == "keep_runs"]
    assert keeping["invocations"] == 730 * 60
    notes = {row["schedule"]: row["note"] for row in estimate["schedules"]}
    assert notes["report"] == (
        "runs after count, deliver: as often as the rarest of them, if all succeed"
    )


def test_schedules_that_wait_for_each_other_are_not_counted_for_ever() -> None:
    def after(name: str, *others: str) -> Schedule:
        return Schedule(name=name, expression=None, timezone="UTC", after=others, input={})

    schedules = [after("a", "b"), after("b", "a"), after("c", "gone")]
    assert runs_by_schedule(schedules, datetime.now(UTC)) == {"a": 0, "b": 0, "c": 0}


# -- deployed ----------------------------------------------------------------------------------


@pytest.fixture
def followed(recorded: Recorded) -> Recorded:
    """A stack where `report` runs after `count` and `deliver`, as the module writes it down."""
    settings = {"after": ["count", "deliver"]}
    recorded.add_schedule("report", expression="cron(0 0 31 12 ? 2199)", settings=settings)
    off = {"after": ["report"], "any_outcome": True, "enabled": False}
    recorded.add_schedule("tidy", expression="cron(0 0 31 12 ? 2199)", settings=off)
    for name in ("count", "deliver"):
        recorded.add_schedule(name)
    return recorded


def at(recorded: Recorded, schedule: str) -> str:
    return f"{schedule}@{datetime.fromtimestamp(recorded.now, UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def round_of(followed: Recorded) -> tuple[str, str, str]:
    """The keys of a run of `count`, of one of `deliver`, and of the `report` after both."""
    followed.now -= HOUR
    assert followed.follow("report", "count", "deliver") == []
    parents = [followed.ran(at(followed, name), succeeded=1).key for name in ("count", "deliver")]
    followed.now += 60
    (report,) = followed.follow("report", "count", "deliver")
    return parents[0], parents[1], report


def test_next_shows_a_deployed_one_and_its_pause(followed: Recorded, call: Call) -> None:
    call("pause", "report", "--note", "away", "--yes")
    found = {row["schedule"]: row for row in call("next", "--json").json}
    assert found["report"]["note"].startswith("paused by ")
    assert (found["tidy"]["note"], found["tidy"]["expression"]) == ("disabled", None)
    assert call("resume", "report", "--yes").err == ""
    assert "It is disabled in Terraform" in call("resume", "tidy", "--yes").err


def test_a_run_is_shown_with_those_that_it_follows_and_those_that_follow_it(
    round_of: tuple[str, str, str], call: Call
) -> None:
    count, deliver, report = round_of
    shown = call("show", report)
    assert f"  after   {count}, {deliver}" in shown.out.splitlines()
    assert "followed" not in shown.out
    assert call("show", report, "--json").json["parents"] == [count, deliver]
    assert f"  followed by {report}" in call("show", "count").out.splitlines()
    followed = call("show", deliver, "--json").json
    assert (followed["parents"], followed["followers"]) == ([], [report])


def test_a_run_is_followed_by_those_alone_that_name_it(
    followed: Recorded, round_of: tuple[str, str, str], call: Call
) -> None:
    followed.now += 60
    later = followed.ran(at(followed, "count"), succeeded=1)
    assert call("show", later.key, "--json").json["followers"] == []
    followed.now += 20 * HOUR
    followed.ran(at(followed, "deliver"), succeeded=1)
    (report,) = followed.follow("report", "count", "deliver")
    assert call("show", later.key, "--json").json["followers"] == [report]
    assert call("show", round_of[0], "--json").json["followers"] == [round_of[2]]


def test_a_run_is_followed_weeks_later_where_another_came_late(
    followed: Recorded, call: Call
) -> None:
    followed.now -= 29 * 24 * HOUR
    followed.follow("report", "count", "deliver")
    count = followed.ran(at(followed, "count"), succeeded=1)
    followed.now += 28 * 24 * HOUR
    followed.ran(at(followed, "deliver"), succeeded=1)
    (report,) = followed.follow("report", "count", "deliver")
    assert call("show", count.key, "--json").json["followers"] == [report]


def test_what_somebody_wrote_as_parents_is_odd_and_no_more(followed: Recorded, call: Call) -> None:
    run = followed.ran(at(followed, "report"), succeeded=1)
    followed.edit(RunId(schedule="report", key=run.key), parents={"S": "count"})
    shown = call("show", run.key, "--json").json
    assert shown["parents"] == []
    assert shown["odd"] == ["parents is 'count': must be a list of texts"]


def test_one_without_times_is_not_backfilled_and_the_others_are_named(
    followed: Recorded, call: Call
) -> None:
    done = call("backfill", "report", "--from", "2026-11-01", "--dry-run")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "taskctl: report runs after count, deliver, and has no times of its own: backfill count "
        "or deliver, whose runs it follows\n"
    )


def test_a_run_by_hand_follows_the_last_run_that_succeeded(operate: Operate, read: Read) -> None:
    parent = read("run", "nightly", "--yes")["run"]
    assert read("run", "needy", "--task", "1", "--yes")["state"] == "failed"

    ran = read("run", "summary", "--yes")

    assert ran["parents"] == [parent]
    assert [task["result"] for task in ran["tasks"]] == [
        f'{parent}: succeeded, Hi <you> & "me", one'
    ]
    said = operate("run", "summary", "--at", "2026-07-01T02:00", "--yes")
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[0].endswith(f", 1 task sent; after {parent}")


def test_a_run_by_hand_says_of_whom_there_is_nothing_to_follow(
    operate: Operate, applied: Any, read: Read
) -> None:
    done = operate("run", "hopeless", "--yes")
    assert "No run of sourceless has succeeded yet: tasks find none of it" in done.stderr
    assert "  #1 sum_up  success, attempt 1: after nobody" in done.stdout


# -- the page of the guide ---------------------------------------------------------------------

PAGE = (ROOT / "docs" / "guide" / "one-after-another.md").read_text(encoding="utf-8")


def shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_guide_shows_what_next_prints(taskctl: Taskctl, tmp_path: Path) -> None:
    (tmp_path / "a.tfvars").write_text(shown("hcl")[0])
    printed = taskctl("next", "--tfvars", "a.tfvars").stdout.splitlines()
    assert shown("text")[0].rstrip() in printed


def test_the_guide_shows_what_show_prints(recorded: Recorded, call: Call) -> None:
    def at(time: str) -> int:
        return int(datetime.fromisoformat(f"2026-11-24T{time}:00Z").timestamp())

    recorded.now = at("00:59")
    recorded.follow("report", "orders", "stock")
    for name, time in (("orders", "01:00"), ("stock", "01:30")):
        recorded.now = at(time)
        recorded.ran(f"{name}@2026-11-24T{time}:00Z", succeeded=1)
    recorded.now = at("01:33")
    (report,) = recorded.follow("report", "orders", "stock")
    for block, run in zip(shown("text")[1:], (report, "orders"), strict=True):
        assert set(block.splitlines()) <= set(call("show", run).out.splitlines())


def test_the_test_that_the_guide_shows_passes(tmp_path: Path) -> None:
    code, test = shown("python")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "reports.py").write_text(code)
    (tmp_path / "test_reports.py").write_text(test)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_reports.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lambda_src" / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout
