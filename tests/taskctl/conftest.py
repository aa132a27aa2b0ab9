"""Run taskctl as a user does: in a process of its own, in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import ROOT
from taskctl import aws
from taskctl.__main__ import main
from taskctl.stack import ledger_table
from tests.taskctl.ledger import Recorded

Taskctl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def taskctl(tmp_path: Path) -> Taskctl:
    """Run a command; `environment` is added to one without AWS."""

    def run(
        *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
        ours = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "lambda_src" / "python")]),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TZ": "UTC",
        }
        return subprocess.run(
            [sys.executable, "-P", "-m", "taskctl", *arguments],
            cwd=tmp_path,
            env=clean | ours | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@dataclass(frozen=True)
class Done:
    """A command that has ended.

    Attributes:
        code: its exit code.
        out, err: what it printed.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return its output, read as JSON, whatever its exit code."""
        assert self.out, self.err
        return json.loads(self.out)


Call = Callable[..., Done]


@pytest.fixture
def recorded(emulator: Emulator) -> Recorded:
    """A stack with an empty ledger."""
    return Recorded(emulator)


@pytest.fixture
def call(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Call]:
    """Run a command on the recorded stack, in this process: a process takes a second to start."""
    for name, value in recorded.aws.items():
        monkeypatch.setenv(name, value)

    def forget() -> None:
        aws.client.cache_clear()
        ledger_table.client.cache_clear()

    def run(command: str, *arguments: str) -> Done:
        capsys.readouterr()
        monkeypatch.setattr(
            sys, "argv", ["taskctl", command, *arguments, "--prefix", recorded.prefix]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Done(int(ended.value.code or 0), printed.out, printed.err)

    forget()
    yield run
    forget()


@dataclass(frozen=True)
class Applied:
    """The module as Terraform applied it.

    Attributes:
        root: the folder in which it was applied.
        aws: the environment for the emulator.
        folder: the folder in which the task `need` looks for files.
    """

    root: Path
    aws: dict[str, str]
    folder: Path

    def apply(self) -> None:
        """Apply it once more."""
        folder = f"-var=folder={self.folder}"
        with terraform.attached(self.root, self.aws) as aws:
            terraform.run(self.root, aws, "apply", "-auto-approve", "-input=false", folder)


@pytest.fixture(scope="session")
def applied(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    """One stack for all tests of the session; its prefix is "operated"."""
    with terraform.workspace() as module:
        root = module / "tests" / "taskctl" / "roots" / "stack"
        stack = Applied(root, emulator.environment(), tmp_path_factory.mktemp("needed"))
        terraform.run(stack.root, stack.aws, "init", "-input=false")
        stack.apply()
        yield stack


@pytest.fixture
def needed(applied: Applied) -> Iterator[Path]:
    """The folder in which the task `need` looks for files; empty before and after a test."""
    yield applied.folder
    for file in applied.folder.iterdir():
        file.unlink()


Operate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def operate(applied: Applied, taskctl: Taskctl) -> Operate:
    """Run a command on the stack that was applied."""

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return taskctl(command, *arguments, "--prefix", "operated", environment=applied.aws)

    return run


@pytest.fixture
def read(operate: Operate) -> Callable[..., Any]:
    """Return what a command prints as JSON, whatever its exit code."""

    def run(command: str, *arguments: str) -> Any:
        done = operate(command, *arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    return run
