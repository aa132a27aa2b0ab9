"""Show what the functions do: logs, chat messages, calls that AWS would refuse, last runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Lock

from botocore.exceptions import BotoCoreError, ClientError

from task_scheduler_local.chat import Chat
from task_scheduler_local.dev.uncovered import UncoveredCalls
from task_scheduler_local.emulator import Emulator
from taskctl.dev.runs import read_runs
from taskctl.dev.view import ScheduleLine, View
from taskctl.errors import TaskctlError
from taskctl.runs.log import Entry, Log
from taskctl.runs.recorded_run import RecordedRun
from taskctl.stack.stack import Stack

_POLL_SECONDS = 0.3
_RUNS_SECONDS = 1.0
_INDENT = " " * 10

Lines = Callable[[Mapping[tuple[str, str], RecordedRun]], Sequence[ScheduleLine]]


class Follower:
    """Follows stacks while it runs.

    Args:
        emulator: where they are applied.
        chat: where their notifications arrive.
        view: what is shown.
        lines: makes the lines of the schedules of their last runs.
    """

    def __init__(self, emulator: Emulator, chat: Chat, view: View, lines: Lines) -> None:
        self._chat = chat
        self._view = view
        self._lines = lines
        self._began = datetime.now(UTC)
        self._calls = UncoveredCalls(emulator.folder)
        self._stacks: list[Stack] = []
        self._logs: dict[str, Log] = {}
        self._shown = 0
        self._runs_read = 0.0
        self._lock = Lock()

    def follow(self, stacks: list[Stack]) -> None:
        """Follow these stacks from now on; those that were followed before go on."""
        with self._lock:
            self._stacks = stacks
            known = self._logs
            self._logs = {
                stack.prefix: known.get(stack.prefix) or Log(stack, self._began) for stack in stacks
            }
            self._calls.forget()

    def forget_calls(self) -> None:
        """Report calls that were reported before: code is new, and may not make them again."""
        with self._lock:
            self._calls.forget()

    def run(self, stop: Event) -> None:
        """Show what happens until the event is set."""
        while not stop.wait(_POLL_SECONDS):
            # the emulator is busy, or gone; then the session says so
            with suppress(TaskctlError, BotoCoreError, ClientError), self._lock:
                self._look()

    def _look(self) -> None:
        entries = [entry for log in self._logs.values() for entry in log.read()]
        for entry in sorted(entries, key=lambda entry: entry.time):
            self._show(entry)
        for call in self._calls.read():
            on = f" on {call.resource}" if call.resource != "*" else ""
            self._view.line(
                f"{_INDENT}{call.function}: AWS would refuse {call.action}{on}: no statement of "
                "its role covers it",
                "warning",
            )
        messages = self._chat.messages
        for text in messages[self._shown :]:
            for line in text.splitlines():
                self._view.line(f"    chat  {line}", "chat")
        self._shown = len(messages)
        if time.monotonic() - self._runs_read > _RUNS_SECONDS:
            self._runs_read = time.monotonic()
            self._view.schedules(self._lines(read_runs(self._stacks, self._began)))

    def _show(self, entry: Entry) -> None:
        for line, kind in entry.lines():
            self._view.line(line, kind)
