"""The emulator: an AWS of one's own that ends with the block, the process, or its own death."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from task_scheduler_local import LocalError, emulator
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import ROOT


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def port_of(running: Emulator) -> int:
    return int(running.endpoint_url.rpartition(":")[2])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_two_run_beside_each_other_and_are_gone_after_their_blocks() -> None:
    with Emulator() as one, Emulator() as other:
        ports = {port_of(one), port_of(other)}
        assert len(ports) == 2
        assert all(answers("127.0.0.1", port) for port in ports)
    assert not any(answers("127.0.0.1", port) for port in ports)


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address on Linux only")
def test_it_listens_on_the_one_loopback_address_only() -> None:
    with Emulator() as running:
        assert not answers("127.0.0.2", port_of(running))


def test_it_is_gone_when_the_block_raises() -> None:
    with pytest.raises(ZeroDivisionError), Emulator() as running:
        raise ZeroDivisionError
    assert not answers("127.0.0.1", port_of(running))


def test_a_port_that_was_taken_meanwhile_is_not_its_last_try(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = emulator._free_port
    ports = iter([taken_port, find()])
    monkeypatch.setattr(emulator, "_free_port", lambda: next(ports))
    with Emulator() as running:
        assert port_of(running) != taken_port


def test_no_port_to_be_had_is_one_sentence(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulator, "_free_port", lambda: taken_port)
    with pytest.raises(LocalError, match=f"no free port .*:{taken_port} first; try again$"):
        Emulator().__enter__()


def test_a_dead_one_is_reported_with_the_last_line_of_its_log() -> None:
    with Emulator() as running:
        assert running._process is not None
        os.kill(running._process.pid, signal.SIGKILL)
        running._process.wait()
        with pytest.raises(
            LocalError, match=r"died \(exit code -9\); the last line of its log: .+"
        ):
            running.reset()


def test_it_is_gone_with_its_folder_when_its_parent_is_killed() -> None:
    program = (
        "import json, sys, time\n"
        "from task_scheduler_local.emulator import Emulator\n"
        "with Emulator() as running:\n"
        "    print(json.dumps([running.endpoint_url, str(running._folder)]), flush=True)\n"
        "    time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        url, folder = json.loads(parent.stdout.readline())
        port = int(url.rpartition(":")[2])
        assert answers("127.0.0.1", port)
        parent.kill()
    wait_until(lambda: not answers("127.0.0.1", port) and not Path(folder).exists())


def test_nothing_of_the_users_environment_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-real-one")
    started: list[dict[str, str]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *args: object, env: dict[str, str], **more: object) -> None:
            started.append(env)
            super().__init__(*args, env=env, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", Watched)
    with Emulator():
        pass
    assert "AWS_SECRET_ACCESS_KEY" not in started[0]
    assert started[0]["HOME"] != os.environ.get("HOME")
