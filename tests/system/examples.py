"""The examples: what is run of each, and what comes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.layer import build
from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT

MOST_KEPT = 10
"""Tasks of a run whose results the ledger keeps."""

BUCKET = "lists-of-the-large-task-file"


@dataclass(frozen=True)
class Example:
    """A run of an example.

    Attributes:
        prefix: of its stack.
        schedule: that is run.
        results: of its tasks, in the order of the list; None for a text that is printed.
        variables: that have no default.
        orders: lines of the file that has to be made first.
        sender: the address that SES has to know.
        has_packages: whether it has packages of its own, which have to be installed first.
    """

    prefix: str
    schedule: str
    results: list[str | None]
    variables: Mapping[str, str] = field(default_factory=dict)
    orders: int = 0
    sender: str = ""
    has_packages: bool = False

    def arguments(self) -> list[str]:
        """Terraform's arguments for the variables."""
        return [f"-var={key}={value}" for key, value in self.variables.items()]

    def prepare(self, root: Path, emulator: Emulator) -> None:
        """Make what the example asks its user for: a bucket, a file."""
        if self.has_packages:
            build(root / "requirements.txt", root / "layer", target=None)
        if self.sender:
            client("ses", emulator.environment()).verify_email_identity(EmailAddress=self.sender)
        if self.orders:
            client("s3", emulator.environment()).create_bucket(Bucket=BUCKET)
            with (root / "orders.csv").open("w") as file:
                command = [sys.executable, "make_orders.py", str(self.orders)]
                subprocess.run(command, cwd=root, stdout=file, check=True)

    def assert_runs(self, aws: Mapping[str, str]) -> None:
        """Run the schedule, and compare what comes of its tasks."""
        run = run_schedule(self.prefix, self.schedule, aws)
        assert (run["state"], run["total"], run["failed"]) == ("succeeded", len(self.results), 0)
        kept = {task["number"]: task["result"] for task in run["tasks"]}
        expected = self.results if len(self.results) <= MOST_KEPT else []
        assert [kept[number] for number in sorted(kept)] == expected


EXAMPLES = {
    "hello": Example("hello", "greet", ["Good morning, Ada!", "Good morning, Grace!"]),
    "original": Example("cdklab", "hello", [None, None]),
    "large-task-file": Example(
        "large-task-file",
        "orders",
        [f"order {number}: {number % 7 + 1} pieces" for number in range(1, 21)],
        variables={"bucket": BUCKET},
        orders=20,
    ),
    "many-schedules": Example(
        "many-schedules", "report-delhi", ["report for delhi, due 2026-01-01T01:30:00Z"]
    ),
    "heavy": Example("heavy", "heavy", ["everywhere: 4096 MB, 15 min"]),
    "no-overlap": Example("no-overlap", "sync", ["3 copied"]),
    "pandas": Example(
        "pandas",
        "summary",
        ["      sum  mean\nshop           \noslo    8   4.0\nrome   10  10.0"],
        has_packages=True,
    ),
    "mails": Example(
        "mails",
        "reminders",
        [f"Member {n}: {n * 7 % 40 + 10}.50" for n in range(1, 501)],
        sender="office@example.com",
    ),
    "fifo": Example("fifo", "bookings", ["blue: +100", "red: +50", "blue: -30", "red: -20"]),
}


def run_schedule(prefix: str, schedule: str, aws: Mapping[str, str]) -> dict[str, Any]:
    """Runs a schedule as its operator does, for a time that is past."""
    at = ["--yes", "--at", "2026-01-01T01:30:00Z"]
    run: dict[str, Any] = _taskctl("run", schedule, *at, prefix=prefix, aws=aws)
    return run


def succeeded(prefix: str, schedule: str, aws: Mapping[str, str]) -> list[dict[str, Any]]:
    """Returns the runs of a schedule that have succeeded, with their tasks."""
    runs = _taskctl("runs", schedule, prefix=prefix, aws=aws)
    return [run for run in runs if run["state"] == "succeeded"]


def _taskctl(*arguments: str, prefix: str, aws: Mapping[str, str]) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "taskctl", *arguments, "--prefix", prefix, "--json"],
        env={**os.environ, **aws, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT}/lambda_src/python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def keep_runs(prefix: str, aws: Mapping[str, str]) -> dict[str, int]:
    """Invoke keep_runs with what its schedule gives it, and return what it did."""
    schedules = client("scheduler", aws)
    group = f"{prefix}-keep-runs"
    (name,) = [one["Name"] for one in schedules.list_schedules(GroupName=group)["Schedules"]]
    target = schedules.get_schedule(GroupName=group, Name=name)["Target"]
    answer = client("lambda", aws).invoke(FunctionName=group, Payload=target["Input"])
    done: dict[str, int] = json.loads(answer["Payload"].read())
    return done
