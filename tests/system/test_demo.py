"""`make demo` as a stranger sees it where there is no terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the demo with a temporary folder of its own."""
    started = []

    def start() -> subprocess.Popen[str]:
        demo = subprocess.Popen(
            [sys.executable, "-m", "task_scheduler_local.demo"],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Of a shell's background job, which is what a test run may be, SIGINT is ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        started.append(demo)
        return demo

    yield start
    for demo in started:
        demo.kill()
        demo.communicate()


def test_every_task_comes_to_the_outcome_that_the_example_states(
    start: Start, tmp_path: Path
) -> None:
    demo = start()
    output, errors = demo.communicate()
    assert (demo.returncode, errors) == (0, "")
    assert output.splitlines()[-1] == (
        "8 of 8 tasks had the outcome that the example states (1 failed, 7 success)."
    )
    assert "  greet #1 greet  success, attempt 1, " in output
    assert "The runs, as `taskctl runs SCHEDULE` shows them:\n\ndue (UTC) " in output
    assert "Good morning, Ada!" in output
    assert "Dead letter in hello-tasks-dead-letter" in output
    assert "Chat message 1 of 4" in output
    assert "  ✗ fetch: failed\n" in output
    assert "  URLError: <urlopen error [Errno 111] Connection refused>\n" in output
    assert "\x1b" not in output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("line", ["Starting Terraform", "4 schedules are due"])
def test_when_it_is_interrupted_nothing_is_left(start: Start, tmp_path: Path, line: str) -> None:
    demo = start()
    assert demo.stdout is not None
    assert any(printed.startswith(line) for printed in demo.stdout)
    demo.send_signal(signal.SIGINT)
    output, errors = demo.communicate()
    assert (demo.returncode, errors) == (130, "")
    assert output.splitlines()[-1] == "Stopped. Nothing is left running."
    assert not list(tmp_path.iterdir())


def test_when_the_emulator_dies_the_demo_says_so(start: Start, tmp_path: Path) -> None:
    demo = start()
    assert demo.stdout is not None
    assert any(line.startswith("4 schedules are due") for line in demo.stdout)
    (file,) = tmp_path.glob("*/ministack-*.pid")
    os.killpg(int(file.read_text()), signal.SIGKILL)
    _, errors = demo.communicate()
    assert demo.returncode == 1
    assert errors.startswith("The demo failed: the emulator ")
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())
