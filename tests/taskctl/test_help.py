"""The list of commands, the version, and what a shell completes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from task_scheduler_local.places import ROOT
from taskctl.__main__ import COMMANDS
from taskctl.lazy import Command, lazy_group
from taskctl.project import installed

from .conftest import Taskctl

SLOW = {"boto3", "botocore", "rich", "urllib3"}


def imported(stderr: str) -> set[str]:
    """Return the names in what PYTHONPROFILEIMPORTTIME makes Python write."""
    return {line.rpartition("|")[2].strip() for line in stderr.splitlines()}


def test_help_describes_each_command_on_one_line_of_80_columns(taskctl: Taskctl) -> None:
    done = taskctl("--help", environment={"COLUMNS": "80"})
    lines = [line.strip() for line in done.stdout.partition("Commands:\n")[2].splitlines()]
    assert [line.partition("  ")[0] for line in lines] == list(COMMANDS)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_equals_the_first_line_of_each_commands_docstring(name: str) -> None:
    assert COMMANDS[name].load().__doc__.splitlines()[0] == COMMANDS[name].help


def test_help_imports_no_command(taskctl: Taskctl) -> None:
    done = taskctl("--help", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0
    names = imported(done.stderr)
    assert "taskctl.errors" in names
    assert names & (SLOW | {"task_scheduler", "taskctl.commands"}) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_fits_80_columns_and_does_not_wait_for_the_aws_sdk(
    name: str, taskctl: Taskctl
) -> None:
    environment = {"COLUMNS": "80", "PYTHONPROFILEIMPORTTIME": "1"}
    done = taskctl(*name.split(), "--help", environment=environment)
    assert (done.returncode, f"Usage: taskctl {name}" in done.stdout) == (0, True)
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []
    assert imported(done.stderr) & {"boto3", "botocore"} == set()


def test_every_module_of_taskctl_imports_by_itself() -> None:
    """Each in a process that has imported none of the others, so that no circle is hidden."""
    folder = ROOT / "taskctl"
    files = [
        path for path in folder.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
    ]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    assert {"taskctl.commands.runs", "taskctl.web.app"} <= set(names)
    code = """
import importlib, os, sys
# what takes long, and has no part in a circle of ours
import asyncio, boto3, jinja2, msgspec, starlette.applications, typer, uvicorn, watchfiles
failed = []
for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            importlib.import_module(name)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
print(*failed)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *names],
        env={"PYTHONPATH": f"{ROOT}:{ROOT}/lambda_src/python", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.split(), done.stderr) == ([], "")


def test_a_name_of_two_words_is_a_command_within_a_group() -> None:
    table = {
        "next": Command("next:next_runs", "Show when schedules are due next."),
        "of pause": Command("pause:pause", "Pause a schedule until it is resumed."),
        "of resume": Command("pause:resume", "Resume a paused schedule."),
    }
    app = typer.Typer(cls=lazy_group(table), rich_markup_mode=None)
    app.callback()(lambda: None)
    run = CliRunner().invoke
    assert "  of resume  Resume a paused schedule." in run(app, ["--help"]).stdout
    assert "  resume  Resume a paused schedule." in run(app, ["of", "--help"]).stdout
    help_of_one = run(app, ["of", "resume", "--help"], prog_name="taskctl").stdout
    assert "Usage: taskctl of resume" in help_of_one
    assert "No such command 'nothing'" in run(app, ["of", "nothing"]).output
    assert "No such command 'resume'" in run(app, ["resume"]).output


def test_the_version_names_the_checkout_that_it_is(taskctl: Taskctl) -> None:
    done = taskctl("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("taskctl 0.")
    assert str(ROOT) in done.stdout


RECORDED = '{"url": "https://example.org/a/b", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"%s}}'


@pytest.mark.parametrize(
    ("recorded", "origin"),
    [
        (RECORDED % ', "requested_revision": "v1"', ("https://example.org/a/b", "v1")),
        (RECORDED % "", ("https://example.org/a/b", "c0ffee")),
        ('{"url": "file:///a/b", "dir_info": {}}', None),
        (None, None),
    ],
)
def test_the_origin_is_the_repository_that_the_installer_recorded(
    recorded: str | None, origin: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "CHECKOUT", None)
    monkeypatch.setattr(installed, "_read_metadata", lambda name: recorded)
    found = installed.read_origin()
    assert (found and (found.url, found.ref)) == origin


Complete = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def complete(taskctl: Taskctl) -> Complete:
    """Ask as bash does when Tab is pressed behind the words."""

    def run(words: str) -> subprocess.CompletedProcess[str]:
        asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        asked |= {"_TASKCTL_COMPLETE": "complete_bash", "PYTHONPROFILEIMPORTTIME": "1"}
        return taskctl(environment=asked)

    return run


def test_a_shell_completes_commands_without_importing_them(complete: Complete) -> None:
    done = complete("taskctl r")
    expected = [name for name in COMMANDS if name.startswith("r") and " " not in name]
    assert done.stdout.splitlines() == expected
    assert "taskctl.commands" not in imported(done.stderr)


def test_a_shell_completes_options(complete: Complete) -> None:
    assert "--version" in complete("taskctl --").stdout.splitlines()
    assert "--root" in complete("taskctl next --").stdout.splitlines()


def test_a_shell_completes_schedules(complete: Complete, tmp_path: Path) -> None:
    assert complete("taskctl next ").stdout.split() == []
    schedules = '{ expression = "rate(1 day)", tasks = ["x"] }'
    written = f"schedules = {{ nightly = {schedules}, weekly = {schedules} }}"
    (tmp_path / "terraform.tfvars").write_text(written)
    assert complete("taskctl next ").stdout.split() == ["nightly", "weekly"]
    assert complete("taskctl next w").stdout.split() == ["weekly"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown_for_a_shell(shell: str, taskctl: Taskctl) -> None:
    # without the variable the shell is that of the parent process
    environment = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = taskctl("--show-completion", shell, environment=environment)
    assert (done.returncode, "_TASKCTL_COMPLETE" in done.stdout) == (0, True)
