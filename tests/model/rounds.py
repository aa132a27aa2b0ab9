"""Schedules that run after others, by the real handlers, with whatever befalls them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from task_scheduler import keep_runs, run_task
from task_scheduler.keeping.followers import FOLLOWERS
from task_scheduler.notifications.notifier import Sending
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item
from task_scheduler.runs.wire import from_wire
from task_scheduler.tasks.context import ParentRun, TaskContext
from tests.model import dynamodb
from tests.model.books import Plan
from tests.model.chaos import FAULTS
from tests.model.handlers import surroundings
from tests.model.night import Night
from tests.model.simulation import EPOCH

MANY_FAULTS: dict[str, Any] = {
    **FAULTS, "killed": 0.01,
    "table": {"refused": 0.02, "unanswered": 0.02, "killed": 0.01},
}  # fmt: skip

KEEP_SECONDS = 60.0
SUCCEEDS, FAILS = "0", "1"
"""The texts of tasks."""

FIRES = ("a", "b", "c")
"""Schedules that are due at times of their own."""

AFTER: dict[str, dict[str, Any]] = {
    "one": {"after": ["a"], "any_outcome": False},
    "all": {"after": ["a", "b", "c"], "any_outcome": False},
    "ended": {"after": ["a", "b"], "any_outcome": True},
    "last": {"after": ["all", "one"], "any_outcome": False},
}


@dataclass
class Round:
    """A round that keep_runs took note of.

    Attributes:
        key: of the run that it is to start.
        parents: the keys of the runs that this follows.
        taken: how many runs of each schedule are used up by it.
    """

    key: str
    parents: list[str]
    taken: Mapping[str, Mapping[str, int]]


@dataclass
class Course:
    """The course of one schedule that runs after others.

    Attributes:
        rounds: in the order in which they were taken note of.
        first: how many runs there had been of each schedule when it was first seen.
        problems: what was wrong with a round when it was taken note of.
    """

    rounds: list[Round] = field(default_factory=list)
    first: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Rounds(Night):
    """A few hours of schedules that run after each other.

    Args:
        fires: how often a schedule is due that follows none.
        hours: in which they are.
        settings: of `Night`.

    Attributes:
        courses: what became of the schedules that follow others.
        succeeded, ended: how often each run did.
        seen: the runs that each run's task saw before it, where nothing goes wrong.
    """

    def __init__(self, *, seed: int, fires: int = 40, hours: float = 3.0, **settings: Any) -> None:
        super().__init__([Plan(), Plan(failures=10**6)], seed=seed, **settings)
        self.environment |= {"SCHEDULE_GROUP": "stack"}
        self.courses = {name: Course() for name in AFTER}
        self.succeeded: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.seen: dict[str, tuple[ParentRun, ...]] = {}
        self._fires, self._hours, self._is_faulty = fires, hours, bool(settings)
        self.table.on_effect = self._note

    def live(self) -> None:
        """Let schedules fire, and keep_runs look at them, until all that follows has followed."""
        lambda_ = SimpleNamespace(invoke=self._invoke)
        scheduler = SimpleNamespace(get_schedule=self._get_schedule)
        others: dict[str, Any] = {
            "aws.lambda_": lambda: lambda_,
            "aws.scheduler": lambda: scheduler,
            "notifications.notifier.NOTIFIER.send": lambda _digest, **_: Sending(is_done=True),
        }
        with surroundings(self, self._return, **others):
            for number in range(self._fires):
                delay = 600 + self.random.random() * self._hours * 3_600
                self._fire(self.random.choice(FIRES), number, delay)
            self._keep_again()
            self.run(run_task.handler, days=0)
            self.simulation.run(until=EPOCH + self._hours * 3_600 + 3 * 3_600)

    def state(self, name: str) -> ScheduleState:
        """Return what the ledger knows of a schedule."""
        return ScheduleState.from_item(self._item("S", name))

    def runs(self, name: str) -> dict[str, Item]:
        """Return the runs of a schedule, by key."""
        return {
            f"{name}@{sort.removeprefix('R#')}": from_wire(item)
            for (partition, sort), item in self.table.items.items()
            if partition == f"S#{name}"
        }

    def problems(self) -> list[str]:
        """Return what is wrong with what happened."""
        found = []
        for name, course in self.courses.items():
            found += [f"{name}: {problem}" for problem in course.problems]
            found += [f"{name}: {problem}" for problem in self._problems_of(name, course)]
        for name in [*FIRES, *AFTER]:
            closed = [key for key in self.ended if key.startswith(f"{name}@")]
            if self.state(name).ends != len(closed):
                found.append(f"{name}: {self.state(name).ends} ends of {len(closed)} runs")
        return found

    def _problems_of(self, name: str, course: Course) -> list[str]:
        found = []
        keys = [each.key for each in course.rounds]
        if len(set(keys)) != len(keys):
            found.append("two rounds have one key")
        if missing := set(keys) ^ self.runs(name).keys():
            found.append(f"rounds without a run, or runs without a round: {sorted(missing)}")
        for each in course.rounds:
            run = self.runs(name).get(each.key, {})
            if run.get("parents") != each.parents:
                found.append(f"{each.key} follows {run.get('parents')}, not {each.parents}")
        used = Counter(parent for each in course.rounds for parent in each.parents)
        if twice := [parent for parent, times in used.items() if times > 1]:
            found.append(f"followed twice: {twice}")
        taken = course.rounds[-1].taken if course.rounds else course.first
        if all(self._count(name, other) > self._of(name, taken, other) for other in taken):
            found.append("a round is complete, and was not taken note of")
        return found

    def _count(self, name: str, other: str) -> int:
        state = self.state(other)
        return state.ends if AFTER[name]["any_outcome"] else state.successes

    def _of(self, name: str, taken: Mapping[str, Mapping[str, int]], other: str) -> int:
        return taken[other]["ends" if AFTER[name]["any_outcome"] else "successes"]

    def _item(self, partition: str, sort: str) -> Item:
        return from_wire(self.table.items.get((partition, sort), {}))

    def _fire(self, name: str, number: int, delay: float) -> None:
        due = datetime.fromtimestamp(int(EPOCH + delay) + number, UTC)
        text = self.random.choices([SUCCEEDS, FAILS], [4, 1])[0]
        event = _input(name, text) | {"scheduled_time": f"{due:%Y-%m-%dT%H:%M:%SZ}"}
        for _ in range(self.random.choices([1, 2], [4, 1])[0]):
            self.invoke_later(event, delay=delay + self.random.random() * 5)

    def _get_schedule(self, *, GroupName: str, Name: str) -> Any:  # noqa: N803  # boto3's names
        assert GroupName == "stack"
        self.faults.call("GetSchedule", Name, [{"Id": "0"}], lambda _entry: None)
        event = _input(Name, SUCCEEDS) | {"scheduled_time": "<aws.scheduler.scheduled-time>"}
        return {"Target": {"Input": json.dumps(event | AFTER[Name])}}

    def _keep_again(self) -> None:
        for _ in range(self.random.choices([1, 2], [4, 1])[0]):
            self._invocations += 1
            self._start(
                lambda context: keep_runs.handler({"followers": AFTER}, context),
                self.random.random() * 2,
                f"keep-{self._invocations}",
                lambda: None,
            )
        self.simulation.at(self.simulation.now + KEEP_SECONDS, self._keep_again)

    def _return(self, text: str, context: TaskContext) -> str:
        if not self._is_faulty:
            self.seen[f"{context.schedule}@{context.scheduled_time}"] = context.parents
        self.work(int(text), context)
        return f"did {text}"

    def _note(self, operation: str, before: dynamodb.Wire, after: dynamodb.Wire) -> None:
        old, new = from_wire(before), from_wire(after)
        if new["pk"] == FOLLOWERS:
            self._note_round(new["sk"], old, new)
        elif new["pk"].startswith("S#"):
            key = f"{new['pk'].removeprefix('S#')}@{new['sk'].removeprefix('R#')}"
            if old.get("state") == "running" and new["state"] != "running":
                self.ended[key] += 1
            if old.get("state") != new["state"] == "succeeded":
                self.succeeded[key] += 1

    def _note_round(self, name: str, old: Item, new: Item) -> None:
        course = self.courses[name]
        if "taken" not in old:
            course.first = new["taken"]
        if new.get("pending", {}).get("key") in (None, *[each.key for each in course.rounds]):
            return
        each = Round(
            key=new["pending"]["key"], parents=new["pending"]["parents"], taken=new["taken"]
        )
        before = course.rounds[-1].taken if course.rounds else course.first
        reached = self.ended if AFTER[name]["any_outcome"] else self.succeeded
        course.problems += [
            f"{each.key} was due before {other} had run"
            for other in each.taken
            if self._of(name, each.taken, other) <= self._of(name, before, other)
        ]
        course.problems += [
            f"{each.key} follows {parent}, which was not so far"
            for parent in each.parents
            if not reached[parent]
        ]
        course.rounds.append(each)


def _input(name: str, text: str) -> dict[str, Any]:
    return {
        "version": 1, "schedule": name, "task": "work", "tasks": [text], "retries": 0,
        "timezone": "UTC", "notify_on": [],
    }  # fmt: skip


def draw_rounds(seed: int) -> Rounds:
    """Draw some hours, some of them with kills, refusals and lost answers, and let them pass."""
    randomness = random.Random(seed)
    hours = Rounds(
        seed=seed, fires=randomness.choice([40, 80, 160]), **(MANY_FAULTS if seed % 4 else {})
    )
    hours.live()
    return hours
