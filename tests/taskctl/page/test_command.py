"""`taskctl ui` as a process: its address, its end, and what it says where it cannot be."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from task_scheduler_local.places import ROOT
from tests.taskctl.conftest import Taskctl
from tests.taskctl.ledger import Recorded

PATHS = os.pathsep.join([str(ROOT), str(ROOT / "lambda_src" / "python")])


def test_it_prints_an_address_that_lets_in_and_ends_in_peace(
    recorded: Recorded, tmp_path: Path
) -> None:
    recorded.add_schedule("nightly")
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "taskctl", "ui", "--no-browser", "--prefix", recorded.prefix],
        cwd=tmp_path,
        env=os.environ | recorded.aws | {"PYTHONPATH": PATHS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", address)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(address, timeout=30) as answer:
            assert answer.status == 200
        with opener.open(address.partition("?")[0], timeout=30) as answer:
            assert "<h1>Schedules</h1>" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken_is_named(recorded: Recorded, taskctl: Taskctl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = taskctl(
            "ui", "--no-browser", "--prefix", recorded.prefix, "--port", str(port),
            environment=recorded.aws,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_stack_that_is_not_there_is_named(recorded: Recorded, taskctl: Taskctl) -> None:
    done = taskctl("ui", "--no-browser", "--prefix", "nowhere", environment=recorded.aws)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['starlette'] = None; sys.argv = ['taskctl', 'ui']; "
        "from taskctl.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PATHS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "installed without (starlette)" in done.stderr
    assert 'uvx --from "serverless-task-scheduler[ui] @ git+URL" taskctl ui' in done.stderr
