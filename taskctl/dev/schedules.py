"""The schedules of a session: their lines in the view, and their start by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from taskctl.dev.clock import Clock
from taskctl.dev.keys import KEYS
from taskctl.dev.view import ScheduleLine
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.ids import key_by_hand
from taskctl.project.schedule import Schedule
from taskctl.runs.reader import RunReader
from taskctl.runs.recorded_run import RecordedRun
from taskctl.runs.relatives import last_parents
from taskctl.stack.invoke import invoke_later
from taskctl.stack.stack import Stack
from taskctl.ui.times import rfc3339


@dataclass(frozen=True)
class StackSchedule:
    """A schedule of a stack."""

    stack: Stack
    schedule: Schedule

    def start(self) -> None:
        """Start a run of it now."""
        now = rfc3339(datetime.now(UTC))
        event = {
            **self.schedule.input,
            "scheduled_time": now,
            "key": key_by_hand(self.schedule.name, now),
            "parents": last_parents(RunReader(self.stack), self.schedule) or None,
        }
        invoke_later(self.stack.send_task, event)


class Schedules:
    """The schedules of the stacks that are applied, each with a key.

    Args:
        clock: starts them at their times.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: list[StackSchedule] = []
        self._has_several_stacks = False

    def take(self, stacks: Sequence[Stack]) -> None:
        """Take the schedules of stacks, as they are now, in the place of those before."""
        self._has_several_stacks = len(stacks) > 1
        self._all = [
            StackSchedule(stack, schedule)
            for stack in stacks
            for schedule in stack.schedules()
            if schedule.is_ours
        ]
        self._clock.set(groups_of(stacks))

    def of(self, prefix: str) -> list[Schedule]:
        """Return the schedules of a stack."""
        return [each.schedule for each in self._all if each.stack.prefix == prefix]

    def find(self, text: str) -> StackSchedule | None:
        """Return the schedule of a key, a number or a name; None for no text.

        Raises:
            TaskctlError: there is none.
        """
        by_name = {each.schedule.name: each for each in self._all}
        if text in by_name:
            return by_name[text]
        number = KEYS.find(text) if len(text) == 1 else int(text) - 1 if text.isdecimal() else -1
        if 0 <= number < len(self._all):
            return self._all[number]
        if text.strip():
            raise TaskctlError(f"no schedule {text!r}{did_you_mean(text, by_name)}")
        return None

    def lines(self, runs: Mapping[tuple[str, str], RecordedRun]) -> list[ScheduleLine]:
        """Return a line for each.

        Args:
            runs: the last run of each, by the stack's prefix and the schedule's name.
        """
        due = self._clock.next()
        lines = []
        for number, each in enumerate(self._all):
            prefix, schedule = each.stack.prefix, each.schedule
            zone = f" {schedule.timezone}" if schedule.expression else ""
            lines.append(
                ScheduleLine(
                    key=KEYS[number] if number < len(KEYS) else "",
                    name=f"{prefix}/{schedule.name}" if self._has_several_stacks else schedule.name,
                    expression=f"{schedule.when}{zone}",
                    is_follower=bool(schedule.after),
                    due=due.get((prefix, schedule.name)),
                    last=runs.get((prefix, schedule.name)),
                )
            )
        return lines


def groups_of(stacks: Iterable[Stack]) -> list[str]:
    """Return the schedule groups whose schedules are started, keep_runs' among them."""
    return [group for stack in stacks for group in (stack.prefix, stack.keep_runs_group)]
