"""The process ends before its function does, even where C code holds the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from task_scheduler.execution import watchdog
from task_scheduler.execution.watchdog import process_ends_after


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.parametrize(
    "call", ['re.match("(a+)+$", "a" * 64 + "b")', "deque(repeat(None), maxlen=0)"]
)
def test_c_code_that_holds_the_interpreter_ends_with_its_process_and_a_traceback(
    call: str,
) -> None:
    ended = run(f"""
import re, threading
from collections import deque
from itertools import repeat
from task_scheduler.execution import watchdog
from task_scheduler.execution.watchdog import process_ends_after

def catastrophe():
    {call}

with process_ends_after(0.3):
    thread = threading.Thread(target=catastrophe)
    thread.start()
    thread.join()
""")

    assert ended.returncode == 1
    assert "in catastrophe" in ended.stderr


def test_a_process_that_is_ended_does_not_wait_for_threads_that_hang() -> None:
    ended = run("""
import threading
from task_scheduler.execution.watchdog import end_process

threading.Thread(target=threading.Event().wait).start()
print("told")
end_process()
""")

    assert (ended.returncode, ended.stdout) == (1, "told\n")


def test_what_is_over_in_time_ends_nothing() -> None:
    with process_ends_after(0.05):
        pass
    time.sleep(0.1)


def test_a_process_that_is_ended_says_that_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[object] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    monkeypatch.setattr(sys, "stdout", None)

    watchdog.end_process()

    assert statuses == [1]
