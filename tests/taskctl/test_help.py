"""The list of commands."""

from __future__ import annotations

from taskctl.__main__ import COMMANDS

from .conftest import Taskctl


def test_help_says_of_each_command_what_it_does_in_80_columns(taskctl: Taskctl) -> None:
    told = taskctl("--help", environment={"COLUMNS": "80"})
    lines = [line.strip() for line in told.stdout.partition("Commands:\n")[2].splitlines()]
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []
