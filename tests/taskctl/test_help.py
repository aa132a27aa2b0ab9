"""The list of commands."""

from __future__ import annotations

from importlib import import_module

import pytest

from taskctl.__main__ import COMMANDS

from .conftest import Taskctl


def test_help_describes_each_command_on_one_line_of_80_columns(taskctl: Taskctl) -> None:
    done = taskctl("--help", environment={"COLUMNS": "80"})
    lines = [line.strip() for line in done.stdout.partition("Commands:\n")[2].splitlines()]
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_equals_the_first_line_of_each_commands_docstring(name: str) -> None:
    module, _, function = COMMANDS[name].function.partition(":")
    command = getattr(import_module(f"taskctl.commands.{module}"), function)
    assert command.__doc__.splitlines()[0] == COMMANDS[name].help


def test_help_imports_no_command(taskctl: Taskctl) -> None:
    done = taskctl("--help", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "taskctl.errors" in imported
    assert imported & {"boto3", "rich", "task_scheduler", "taskctl.commands"} == set()
