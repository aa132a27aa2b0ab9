"""The parts of `taskctl dev` that need no emulator."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from task_scheduler_local.dev.background import in_background
from task_scheduler_local.dev.mirror import Mirror
from task_scheduler_local.dev.watch import is_watched
from task_scheduler_local.places import ROOT
from taskctl import aws
from taskctl.commands.dev import dev
from taskctl.dev import start
from taskctl.dev.clock import Clock
from taskctl.dev.schedules import groups_of
from taskctl.dev.view import _fit
from taskctl.runs.log import _own
from taskctl.stack.stack import Stack
from tests.taskctl.conftest import Taskctl


class Aws:
    """Scheduler with some schedules, and Lambda, which notes what it is invoked with."""

    def __init__(self, *schedules: dict[str, Any]) -> None:
        self.schedules = {schedule["Name"]: schedule for schedule in schedules}
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        self.was_invoked = Event()

    def get_paginator(self, _operation: str) -> Aws:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Schedules": [{"Name": name} for name in self.schedules]}]

    def get_schedule(self, *, Name: str, **_: str) -> dict[str, Any]:  # noqa: N803
        return self.schedules[Name]

    def invoke(self, **request: str) -> None:
        self.invoked.append((request["FunctionName"], json.loads(request["Payload"])))
        self.was_invoked.set()


def schedule(name: str, expression: str, **fields: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "CreationDate": datetime.now(UTC),
        "Target": {
            "Arn": f"arn:{name}",
            "Input": '{"schedule": "s", "scheduled_time": "<aws.scheduler.scheduled-time>"}',
        },
        **fields,
    }


def use(monkeypatch: pytest.MonkeyPatch, *schedules: dict[str, Any]) -> Aws:
    made = Aws(*schedules)
    monkeypatch.setattr(aws, "client", lambda _service: made)
    return made


def test_a_schedule_is_started_at_its_time_in_its_zone_with_that_time_in_its_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    created = datetime.now(UTC) - timedelta(seconds=59.5)
    fake = use(monkeypatch, schedule("often", "rate(1 minute)", CreationDate=created))
    problems: list[str] = []
    made = Clock(problems.append)
    with in_background(made.run):
        made.set(["jobs"])
        assert fake.was_invoked.wait(30)
    due = created + timedelta(minutes=1)
    assert fake.invoked == [
        ("arn:often", {"schedule": "s", "scheduled_time": f"{due:%Y-%m-%dT%H:%M:%SZ}"})
    ]
    assert problems == []


def test_the_next_due_times_are_those_of_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        schedule("once", "at(2037-07-01T06:00:00)"),
        schedule("past", "at(2020-07-01T06:00:00)"),
        schedule("off", "rate(1 minute)", State="DISABLED"),
        schedule("odd", "every(1 minute)"),
    )
    made = Clock(lambda _problem: None)
    made.set(["jobs"])
    assert made.next() == {("jobs", "once"): datetime(2037, 7, 1, 4, 0, tzinfo=UTC)}


def test_keep_runs_is_started_as_well_since_it_starts_what_follows_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, schedule("keep-runs", "at(2037-07-01T06:00:00)"))
    made = Clock(lambda _problem: None)
    made.set(groups_of([Stack("jobs")]))
    assert ("jobs-keep-runs", "keep-runs") in made.next()


def test_schedules_that_are_gone_are_not_started_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = use(monkeypatch, schedule("hello", "rate(1 hour)"))
    made = Clock(lambda _problem: None)
    made.set(["jobs"])
    fake.schedules.clear()
    made.set(["jobs"])
    assert made.next() == {}


def test_a_mirror_leads_where_the_folder_leads_and_keeps_what_terraform_writes(
    tmp_path: Path,
) -> None:
    root = tmp_path / "infra" / "jobs"
    (root / "tasks").mkdir(parents=True)
    for name in ("main.tf", ".terraform.lock.hcl", "terraform.tfstate", "a.tfstate.backup"):
        (root / name).write_text(name)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "list.txt").write_text("Ada")
    base = tmp_path / "base"
    mirror = Mirror(root, base)
    mirror.refresh()
    assert sorted(path.name for path in mirror.folder.iterdir()) == ["main.tf", "tasks"]
    assert (mirror.folder / ".." / ".." / "shared" / "list.txt").read_text() == "Ada"
    assert mirror.real(mirror.folder / ".." / "jobs") == root
    assert mirror.real(mirror.folder / ".." / ".." / "shared") == tmp_path / "shared"
    (mirror.folder / "terraform.tfstate").write_text("its own")
    (root / "main.tf").rename(root / "jobs.tf")
    mirror.refresh()
    names = sorted(path.name for path in mirror.folder.iterdir())
    assert names == ["jobs.tf", "tasks", "terraform.tfstate"]
    assert (root / "terraform.tfstate").read_text() == "terraform.tfstate"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mine.py", True),
        ("lists/cities.csv", True),
        ("__pycache__/mine.cpython-311.pyc", False),
        (".mine.py.swp", False),
        (".git/HEAD", False),
    ],
)
def test_what_no_archive_has_is_no_edit(name: str, expected: bool, tmp_path: Path) -> None:
    folder = tmp_path / ".hidden above" / "tasks"
    assert is_watched(folder / name, [folder]) == expected


def test_a_traceback_has_task_code_and_the_last_frame() -> None:
    code = "/tmp/x/ministack-lambda-jobs-run-task-a1b2/code"
    frames = [
        '  File "/tmp/x/layer_0/python/task_scheduler/execution/attempt.py", line 70, in _call',
        "    value = self.task.run()",
        f'  File "{code}/mine.py", line 3, in fetch',
        "    urlopen(url)",
        *(f'  File "/usr/lib/python3.13/urllib/{n}.py", line {n}, in {n}' for n in range(3)),
        "    raise URLError(err)",
    ]
    head = "Traceback (most recent call last):"
    shown = _own("\n".join([head, *frames, "urllib.error.URLError: refused"]))
    assert shown.splitlines() == [
        head,
        '  File "mine.py", line 3, in fetch',
        "    urlopen(url)",
        "  ... 2 frames of packages",
        '  File "urllib/2.py", line 2, in 2',
        "    raise URLError(err)",
        "urllib.error.URLError: refused",
    ]


def test_a_long_line_goes_on_below_its_own_beginning() -> None:
    assert _fit("    one two three four", 16) == ["    one two", "      three four"]
    assert _fit("", 80) == [""]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--root", "elsewhere"), "--root elsewhere: no such folder"),
        (("--tfvars", "dev.tfvars"), "--tfvars dev.tfvars: no such file"),
        (("--requirements", "mine.txt"), "mine.txt: no such requirements file"),
    ],
)
def test_a_path_that_leads_nowhere_is_named(
    arguments: tuple[str, ...], sentence: str, taskctl: Taskctl
) -> None:
    done = taskctl("dev", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["requirements.txt"], "requirements.txt"),
        (["layer/requirements-layer.txt", "requirements.txt"], "layer/requirements-layer.txt"),
        ([], None),
    ],
)
def test_packages_are_those_of_the_file_of_the_layer_or_else_of_the_root(
    files: list[str], found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    given: list[Path | None] = []
    monkeypatch.setattr(start, "start", lambda *arguments, **_: given.append(arguments[2]))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    dev(root=tmp_path)
    assert given == [found and tmp_path / found]


def test_a_folder_that_calls_no_module_is_named(taskctl: Taskctl, tmp_path: Path) -> None:
    done = taskctl("dev")
    assert done.returncode == 2
    assert f"{tmp_path}: no module block in it calls the task scheduler" in done.stderr


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['watchfiles'] = None; sys.argv = ['taskctl', 'dev']; "
        "from taskctl.__main__ import main; main()"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "lambda_src" / "python")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "installed without (watchfiles)" in done.stderr
    assert 'uvx --from "serverless-task-scheduler[local] @ git+URL" taskctl dev' in done.stderr
    assert not list(tmp_path.iterdir())
