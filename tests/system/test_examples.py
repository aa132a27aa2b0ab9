"""Every example: applied, one of its schedules run to the end, and destroyed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local import ROOT, terraform
from local.chat import serving
from local.emulator import Emulator
from local.leftovers import client
from tests.system.house import wait_for


@dataclass(frozen=True)
class Run:
    """What is run of an example.

    Attributes:
        prefix: of its stack.
        schedule: that is run.
        results: of its tasks, in the order of the list; None for a text that is printed.
        variables: that have no default.
        orders: lines of the file that has to be made first.
    """

    prefix: str
    schedule: str
    results: list[str | None]
    variables: Mapping[str, str] = field(default_factory=dict)
    orders: int = 0


BUCKET = "lists-of-the-large-task-file"

EXAMPLES = {
    "hello": Run("hello", "greet", ["Good morning, Ada!", "Good morning, Grace!"]),
    "original": Run("cdklab", "hello", [None, None]),
    "large-task-file": Run(
        "large-task-file",
        "orders",
        [f"order {number}: {number % 7 + 1} pieces" for number in range(1, 21)],
        variables={"bucket": BUCKET},
        orders=20,
    ),
    "many-schedules": Run(
        "many-schedules", "report-delhi", ["report for delhi, due 2026-01-01T01:30:00Z"]
    ),
    "fifo": Run("fifo", "bookings", ["blue: +100", "red: +50", "blue: -30", "red: -20"]),
}


def test_every_example_is_applied_here() -> None:
    folders = {folder.name for folder in (ROOT / "examples").iterdir() if folder.is_dir()}
    assert folders == {*EXAMPLES, "chat-report"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schedule_of_the_example_runs_to_its_end(name: str, emulator: Emulator) -> None:
    expected = EXAMPLES[name]
    client("s3", emulator.environment()).create_bucket(Bucket=BUCKET)
    with applied(name, emulator, expected.variables, orders=expected.orders) as aws:
        run = run_schedule(expected.prefix, expected.schedule, aws)
    assert run["outcomes"] == {"success": len(expected.results)}
    results = {task["id"].rpartition("#")[2]: task["result"] for task in run["tasks"]}
    assert [results[position] for position in sorted(results, key=int)] == expected.results


def test_the_report_of_the_example_arrives_in_chat(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "latest").write_text('{"rates": {"USD": 1.1, "CHF": 0.95, "JPY": 160}}')
    ssm = client("ssm", emulator.environment())
    with serving() as chat, pages(tmp_path) as url:
        ssm.put_parameter(Name="/chat-report/chat", Type="SecureString", Value=chat.url)
        try:
            with applied("chat-report", emulator, {"rates_url": f"{url}/latest"}) as aws:
                run_schedule("chat-report", "rates", aws)
                (message,) = wait_for(lambda: chat.messages)
        finally:
            ssm.delete_parameter(Name="/chat-report/chat")
    title, *_, report = message.splitlines()
    assert title == "rates: 1 succeeded"
    assert report == "✓ #1 report_rates: USD 1.1000, CHF 0.9500, JPY 160.0000"


@contextmanager
def applied(
    name: str, emulator: Emulator, variables: Mapping[str, str], *, orders: int = 0
) -> Iterator[dict[str, str]]:
    """Applies an example, yields what reaches AWS, and destroys it."""
    given = [f"-var={key}={value}" for key, value in variables.items()]
    with terraform.workspace() as module:
        root = module / "examples" / name
        if orders:
            with (root / "orders.csv").open("w") as file:
                command = [sys.executable, "make_orders.py", str(orders)]
                subprocess.run(command, cwd=root, stdout=file, check=True)
        with terraform.attached(root, emulator.environment()) as aws:
            terraform.run(root, aws, "init", "-input=false")
            terraform.run(root, aws, "apply", "-auto-approve", "-input=false", *given)
            try:
                yield emulator.environment()
            finally:
                terraform.run(root, aws, "destroy", "-auto-approve", "-input=false", *given)


def run_schedule(prefix: str, schedule: str, aws: Mapping[str, str]) -> dict[str, Any]:
    """Runs a schedule as its operator does, for a time that is past."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "taskctl", "run", schedule, "--prefix", prefix, "--yes",
         "--json", "--at", "2026-01-01T01:30:00Z"],
        env={**os.environ, **aws, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT}/lambda_src/python"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    run: dict[str, Any] = json.loads(done.stdout)
    return run


@contextmanager
def pages(folder: Path) -> Iterator[str]:
    """Serves a folder's files."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
