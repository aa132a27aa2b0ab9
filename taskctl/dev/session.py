"""The session: apply, watch, update, fire, until Ctrl-C."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from task_scheduler_local import LocalError
from task_scheduler_local.chat import Chat
from task_scheduler_local.dev.background import in_background
from task_scheduler_local.dev.code import deploy
from task_scheduler_local.dev.instances import Instance
from task_scheduler_local.dev.root import Root
from task_scheduler_local.dev.watch import is_watched, watching
from task_scheduler_local.emulator import Emulator
from taskctl.dev.chat_target import connect
from taskctl.dev.clock import Clock
from taskctl.dev.follower import Follower
from taskctl.dev.keys import KEYS
from taskctl.dev.pages import Pages
from taskctl.dev.provided import provide_buckets, provide_secrets, workers_of
from taskctl.dev.view import ScheduleLine, View
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.ids import key_by_hand
from taskctl.project.isolated import check_isolated
from taskctl.project.schedule import Schedule
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.runs.relatives import last_parents
from taskctl.stack.invoke import invoke_later
from taskctl.stack.stack import Stack
from taskctl.ui.times import rfc3339

_WAIT_SECONDS = 0.3
_IMPORT_SECONDS = 30.0
_CONFIGURATION = (".tf", ".tfvars", ".tf.json", ".tfvars.json", ".tofu")


@dataclass(frozen=True)
class Typed:
    """A key, or a line."""

    text: str


@dataclass(frozen=True)
class Changed:
    """Files that were changed.

    Attributes:
        paths: of the files.
        is_code: true for files of a task folder, false for what Terraform reads.
    """

    paths: frozenset[Path]
    is_code: bool


@dataclass(frozen=True)
class Fireable:
    """A schedule that can be fired by hand."""

    stack: Stack
    schedule: Schedule


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
        self._tfvars = tfvars
        self._layer = layer
        self._emulator = emulator
        self._chat = chat
        self._view = view
        self._pages = pages
        self._began = 0.0
        self._environment = dict(os.environ)
        self._events: SimpleQueue[Typed | Changed] = SimpleQueue()
        self._instances: list[Instance] = []
        self._fireable: list[Fireable] = []
        self._read_at = 0.0
        self._clock = Clock(self._problem)
        self._follower = Follower(emulator, chat, view, self._lines)

    def type(self, text: str) -> None:
        """Take a key, or a line."""
        self._events.put(Typed(text))

    def run(self, began: float) -> None:
        """Apply the root and keep it up, until KeyboardInterrupt.

        Args:
            began: when the command did, in seconds of time.monotonic().

        Raises:
            LocalError: the folder is no root of the module, or the emulator died.
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
                watched = self._watched()
                with ExitStack() as watches:
                    for is_code, folders in watched.items():
                        changed = self._changed_code if is_code else self._changed_configuration
                        watches.enter_context(watching(folders, changed, recursive=is_code))
                    if is_applied:
                        self._catch_up(watched)
                    else:
                        self._apply("")
                        is_applied = True
                    while watched == self._watched():
                        self._step()

    def _catch_up(self, watched: Mapping[bool, list[Path]]) -> None:
        """Take note of what was changed while other folders were watched."""
        for is_code, folders in watched.items():
            paths = {
                path
                for folder in folders
                for path in folder.glob("**/*" if is_code else "*")
                if is_watched(path, folders)
                and path.is_file()
                and path.stat().st_mtime >= self._read_at
            }
            if paths:
                (self._changed_code if is_code else self._changed_configuration)(paths)

    def _watched(self) -> dict[bool, list[Path]]:
        """Return the folders to be watched: with all in them, and without their folders."""
        sources = self._root.sources()
        runtimes = [path for path in sources if path.name == "lambda_src"]
        flat = {self._folder, *(path for path in sources if path not in runtimes)}
        if self._tfvars:
            flat.add(self._tfvars.parent)
        recursive = {instance.task_folder for instance in self._instances} | set(runtimes)
        return {True: sorted(recursive), False: sorted(flat)}

    def _changed_code(self, paths: set[Path]) -> None:
        is_code = any(self._is_task_code(path) for path in paths)
        self._events.put(Changed(frozenset(paths), is_code))

    def _changed_configuration(self, paths: set[Path]) -> None:
        found = frozenset(path for path in paths if path.name.endswith(_CONFIGURATION))
        if self._tfvars in paths:
            found |= {self._tfvars}
        if found:
            self._events.put(Changed(found, is_code=False))

    def _is_task_code(self, path: Path) -> bool:
        return any(path.is_relative_to(each.task_folder) for each in self._instances)

    def _step(self) -> None:
        """Handle what happened since the last step; wait for it a moment."""
        self._emulator.check()
        events = _drain(self._events)
        changes = [event for event in events if isinstance(event, Changed)]
        for event in events:
            if isinstance(event, Typed):
                self._fire(event.text)
        if any(not change.is_code for change in changes):
            self._apply(_names(changes, self._folder), _newest(changes))
        elif changes:
            self._update(_names(changes, self._folder), _newest(changes))

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
        self._view.schedules(self._lines({}))
        if not what:
            stacks = ", ".join(instance.prefix for instance in self._instances)
            taken = time.monotonic() - self._began
            self._view.line(f"ready after {taken:.1f} s: stack {stacks}")
            self._view.line(f"its AWS: AWS_ENDPOINT_URL={self._emulator.endpoint_url}")

    def _take_over(self) -> None:
        """Make what was applied what is fired, followed and notified of."""
        for instance in self._instances:
            connect(instance, self._chat)
            for sentence in provide_secrets(instance, self._environment):
                self._view.line(sentence, "warning")
            for sentence in provide_buckets(instance):
                self._view.line(sentence)
        folders = {Stack(one.prefix): one.task_folder for one in self._instances}
        stacks = list(folders)
        self._fireable = [
            Fireable(stack, schedule)
            for stack in stacks
            for schedule in stack.schedules()
            if schedule.is_ours
        ]
        self._clock.set(groups_of(stacks))
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
            own = [each.schedule for each in self._fireable if each.stack.prefix == instance.prefix]
            checked = check_isolated(
                own,
                instance.task_folder,
                workers=workers_of(instance),
                layer=self._layer,
                import_seconds=_IMPORT_SECONDS,
            )
            for problem in checked.broken or checked.problems:
                self._problem(problem)
            is_sound = is_sound and not checked.broken
        return is_sound

    def _fire(self, text: str) -> None:
        found = self._find(text)
        if found is None:
            return
        now = rfc3339(datetime.now(UTC))
        name = found.schedule.name
        parents = last_parents(RunReader(found.stack), found.schedule)
        event = {
            **found.schedule.input, "scheduled_time": now, "key": key_by_hand(name, now),
            "parents": parents or None,
        }  # fmt: skip
        self._view.line(f"{datetime.now():%H:%M:%S}  {name} fired by hand")
        invoke_later(found.stack.send_task, event)

    def _find(self, text: str) -> Fireable | None:
        """Return the schedule of a key, a number or a name."""
        by_name = {each.schedule.name: each for each in self._fireable}
        if text in by_name:
            return by_name[text]
        number = KEYS.find(text) if len(text) == 1 else int(text) - 1 if text.isdecimal() else -1
        if 0 <= number < len(self._fireable):
            return self._fireable[number]
        if text.strip():
            self._problem(f"no schedule {text!r}{did_you_mean(text, by_name)}")
        return None

    def _lines(self, runs: Mapping[tuple[str, str], RecordedRun]) -> list[ScheduleLine]:
        due = self._clock.next()
        several = len(self._instances) > 1
        lines = []
        for number, each in enumerate(self._fireable):
            prefix, schedule = each.stack.prefix, each.schedule
            lines.append(
                ScheduleLine(
                    key=KEYS[number] if number < len(KEYS) else "",
                    name=f"{prefix}/{schedule.name}" if several else schedule.name,
                    expression=schedule.when
                    + (f" {schedule.timezone}" if schedule.expression else ""),
                    is_follower=bool(schedule.after),
                    due=due.get((prefix, schedule.name)),
                    last=runs.get((prefix, schedule.name)),
                )
            )
        return lines

    def _problem(self, text: str) -> None:
        for line in text.splitlines():
            self._view.line(line, "problem")


def groups_of(stacks: Iterable[Stack]) -> list[str]:
    """Return the schedule groups whose schedules are fired, keep_runs' among them."""
    return [group for stack in stacks for group in (stack.prefix, stack.keep_runs_group)]


def use(environment: Mapping[str, str]) -> None:
    """Make the emulator the AWS of this process, which taskctl finds in its environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)


def _drain(events: SimpleQueue[Typed | Changed]) -> list[Typed | Changed]:
    """Return what is there; wait a moment for the first."""
    found: list[Typed | Changed] = []
    try:
        found.append(events.get(timeout=_WAIT_SECONDS))
        while True:
            found.append(events.get_nowait())
    except Empty:
        return found


def _names(changes: Iterable[Changed], folder: Path) -> str:
    paths = sorted({path for change in changes for path in change.paths})
    names = [os.path.relpath(path, folder) for path in paths]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _newest(changes: Iterable[Changed]) -> float:
    """Return when the last of the files was changed; of one that was deleted, now."""
    times = []
    for path in {path for change in changes for path in change.paths}:
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            times.append(time.time())
    return max(times, default=time.time())
