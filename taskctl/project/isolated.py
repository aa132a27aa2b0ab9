"""Check task code in a process of its own: what it does at import must not stop the check."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from taskctl.project.schedule import Schedule
from taskctl.project.task_check import Checked, check_tasks
from taskctl.project.task_code import use_task_folder
from taskctl.project.workers import Workers

_DUMP_SECONDS = 5.0
"""The longest wait for a process to write down where it is."""


def check_isolated(
    schedules: list[Schedule],
    folder: Path,
    *,
    workers: Workers,
    layer: Path,
    import_seconds: float,
) -> Checked:
    """Import the task folder and check the tasks of schedules, in a process of its own.

    Args:
        schedules: schedules that the module accepts.
        folder: the task folder.
        workers: those that there are.
        layer: the folder of the built packages.
        import_seconds: the longest time that importing all files may take.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    with tempfile.NamedTemporaryFile(prefix="taskctl-", mode="r+") as dump:
        arguments = (sender, schedules, folder, workers, layer, dump.name)
        process = context.Process(target=_check, args=arguments, daemon=True)
        process.start()
        sender.close()
        try:
            return _receive(receiver, process, folder, import_seconds, Path(dump.name))
        finally:
            process.kill()
            process.join()


def _receive(
    receiver: Connection, process: BaseProcess, folder: Path, import_seconds: float, dump: Path
) -> Checked:
    who = "task code"
    try:
        receiver.recv()  # it has started
        deadline = time.monotonic() + import_seconds
        problems: list[str] | str = ""
        while isinstance(problems, str):
            who = problems or who
            if not receiver.poll(max(0.0, deadline - time.monotonic())):
                where = _find_hanging_file(process, folder, dump)
                problem = f"{where} does not finish importing within {import_seconds:g} s"
                return Checked(problems=[problem], broken=[problem])
            problems = receiver.recv()
        checked: Checked = receiver.recv()
    except EOFError:
        process.join()
        problem = f"{who} ended its process at import (exit code {process.exitcode})"
        return Checked(problems=[problem], broken=[problem])
    checked.problems = problems + checked.problems
    checked.broken = problems
    return checked


def _check(
    sender: Connection,
    schedules: list[Schedule],
    folder: Path,
    workers: Workers,
    layer: Path,
    dump: str,
) -> None:
    """Send, one after the other, what is known.

    That is a start signal, the name of each file before its import, the problems of the code, and
    those of the tasks.
    """
    from task_scheduler.tasks.registry import find_problems

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's business
    os.dup2(2, 1)  # what task code prints is not part of the result
    with Path(dump).open("w") as file:
        faulthandler.register(signal.SIGUSR1, file=file, all_threads=False)
        folder = use_task_folder(folder, layer=layer)
        sender.send(None)
        sender.send(find_problems(folder, importing=sender.send))
        sender.send(check_tasks(schedules, folder, workers))


def _find_hanging_file(process: BaseProcess, folder: Path, dump: Path) -> str:
    """Return the file and line of the task folder that a process is importing."""
    os.kill(process.pid or 0, signal.SIGUSR1)
    deadline = time.monotonic() + _DUMP_SECONDS
    while time.monotonic() < deadline:
        frames = re.findall(r'(?m)^  File "(.+)", line (\d+)', dump.read_text(errors="replace"))
        own = [frame for frame in frames if Path(frame[0]).is_relative_to(folder.resolve())]
        if own:  # the innermost comes first
            return f"{Path(own[-1][0]).name}, line {own[-1][1]}:"
        time.sleep(0.05)
    return "the task folder"
