"""The session: apply, watch, update, start, until Ctrl-C."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from task_scheduler_local import LocalError
from task_scheduler_local.chat import Chat
from task_scheduler_local.dev.background import in_background
from task_scheduler_local.dev.code import deploy
from task_scheduler_local.dev.instances import Instance
from task_scheduler_local.dev.root import Root
from task_scheduler_local.emulator import Emulator
from taskctl.dev.chat_target import connect
from taskctl.dev.clock import Clock
from taskctl.dev.edits import Edit, Edits, names, newest
from taskctl.dev.follower import Follower
from taskctl.dev.pages import Pages
from taskctl.dev.provided import provide_buckets, provide_secrets, workers_of
from taskctl.dev.schedules import Schedules
from taskctl.dev.view import View
from taskctl.errors import TaskctlError
from taskctl.project.isolated import check_isolated
from taskctl.stack.stack import Stack

_WAIT_SECONDS = 0.3
_IMPORT_SECONDS = 30.0


@dataclass(frozen=True)
class Typed:
    """A key, or a line."""

    text: str


class Session:
    """The applied project, and the reactions to events.

    Args:
        root: what Terraform applies.
        folder: the user's root.
        tfvars: the file of values that was named; None for none.
        layer: the folder of the packages.
        emulator: where it is applied.
        chat: where notifications go.
        view: what is shown.
        pages: those of `taskctl ui`.
    """

    def __init__(
        self,
        root: Root,
        folder: Path,
        tfvars: Path | None,
        layer: Path,
        emulator: Emulator,
        chat: Chat,
        view: View,
        pages: Pages,
    ) -> None:
        self._root = root
        self._folder = folder
        self._layer = layer
        self._emulator = emulator
        self._chat = chat
        self._view = view
        self._pages = pages
        self._began = 0.0
        self._environment = dict(os.environ)
        self._events: SimpleQueue[Typed | Edit] = SimpleQueue()
        self._instances: list[Instance] = []
        self._read_at = 0.0
        self._clock = Clock(self._problem)
        self._schedules = Schedules(self._clock)
        self._edits = Edits(root, folder, tfvars, self._events.put)
        self._follower = Follower(emulator, chat, view, self._schedules.lines)

    def type(self, text: str) -> None:
        """Take a key, or a line."""
        self._events.put(Typed(text))

    def run(self, began: float) -> None:
        """Apply the root and keep it up, until KeyboardInterrupt.

        Args:
            began: when the command did, in seconds of time.monotonic().

        Raises:
            LocalError: the folder is not a root of the module, or the emulator died.
        """
        self._began = began
        self._root.init()
        is_applied = False
        with ExitStack() as ended:
            ended.enter_context(in_background(self._clock.run))
            ended.enter_context(in_background(self._follower.run))
            # first: tasks that run, and requests that wait for them, would be waited for
            ended.callback(self._emulator.kill)
            while True:
                with self._edits.watching():
                    if is_applied:
                        self._edits.catch_up(self._read_at)
                    else:
                        self._apply("")
                        is_applied = True
                    while self._edits.is_up_to_date:
                        self._step()

    def _step(self) -> None:
        """Handle what happened since the last step; wait for it a moment."""
        self._emulator.check()
        events = _drain(self._events)
        edits = [event for event in events if isinstance(event, Edit)]
        for event in events:
            if isinstance(event, Typed):
                self._start(event.text)
        if any(not edit.is_code for edit in edits):
            self._apply(names(edits, self._folder), newest(edits))
        elif edits:
            self._update(names(edits, self._folder), newest(edits))

    def _apply(self, what: str, edited: float | None = None) -> None:
        """Apply the root; keep what there is if Terraform refuses, or the code does not import."""
        self._read_at = time.time()
        began = self._read_at if edited is None else edited
        if self._instances and not self._has_sound_code():
            self._problem("not applied: the last code that imports stays, and what is applied too")
            return
        try:
            self._view.line(f"applying {what or self._folder} ...")
            if what:
                self._root.init()
            self._instances = self._root.apply()
            self._edits.task_folders = frozenset(each.task_folder for each in self._instances)
            self._take_over()
        except (LocalError, TaskctlError) as error:
            self._problem(str(error))
            stays = "what was applied before stays" if self._instances else "waiting for an edit"
            self._problem(f"not applied: {stays}")
            return
        for warning in self._root.warnings:
            self._view.line(f"warning: {warning}", "warning")
        self._say_applied(what, time.time() - began)
        if not what:
            self._has_sound_code()

    def _say_applied(self, what: str, seconds: float) -> None:
        if what:
            self._view.line(f"{what}: live after {seconds:.1f} s")
        self._view.schedules(self._schedules.lines({}))
        if not what:
            stacks = ", ".join(instance.prefix for instance in self._instances)
            taken = time.monotonic() - self._began
            self._view.line(f"ready after {taken:.1f} s: stack {stacks}")
            self._view.line(f"its AWS: AWS_ENDPOINT_URL={self._emulator.endpoint_url}")

    def _take_over(self) -> None:
        """Start, follow and notify of what was applied, from now on."""
        for instance in self._instances:
            connect(instance, self._chat)
            for sentence in provide_secrets(instance, self._environment):
                self._view.line(sentence, "warning")
            for sentence in provide_buckets(instance):
                self._view.line(sentence)
        folders = {Stack(one.prefix): one.task_folder for one in self._instances}
        stacks = list(folders)
        self._schedules.take(stacks)
        self._follower.follow(stacks)
        self._pages.show(folders)

    def _update(self, what: str, edited: float) -> None:
        """Give the functions the code as it is now, if it imports."""
        self._read_at = time.time()
        if not self._has_sound_code():
            self._problem("the last code that imports stays live")
            return
        try:
            for instance in self._instances:
                deploy(instance, self._emulator.environment())
        except LocalError as error:
            self._problem(str(error))
            return
        self._follower.forget_calls()
        self._view.line(f"{what}: live after {time.time() - edited:.1f} s")

    def _has_sound_code(self) -> bool:
        """Return false if a file does not import; show that and other problems."""
        is_sound = True
        for instance in self._instances:
            checked = check_isolated(
                self._schedules.of(instance.prefix),
                instance.task_folder,
                workers=workers_of(instance),
                layer=self._layer,
                import_seconds=_IMPORT_SECONDS,
            )
            for problem in checked.broken or checked.problems:
                self._problem(problem)
            is_sound = is_sound and not checked.broken
        return is_sound

    def _start(self, text: str) -> None:
        """Start the schedule of a key, a number or a name."""
        try:
            found = self._schedules.find(text)
        except TaskctlError as error:
            self._problem(str(error))
            return
        if found is not None:
            self._view.line(f"{datetime.now():%H:%M:%S}  {found.schedule.name} started by hand")
            found.start()

    def _problem(self, text: str) -> None:
        for line in text.splitlines():
            self._view.line(line, "problem")


def use(environment: Mapping[str, str]) -> None:
    """Make the emulator the AWS of this process, which taskctl finds in its environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)


def _drain(events: SimpleQueue[Typed | Edit]) -> list[Typed | Edit]:
    """Return what is there; wait a moment for the first."""
    found: list[Typed | Edit] = []
    try:
        found.append(events.get(timeout=_WAIT_SECONDS))
        while True:
            found.append(events.get_nowait())
    except Empty:
        return found
