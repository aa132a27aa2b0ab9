"""keep_runs notices schedules that do not run, or do not end, in time."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import pytest

from task_scheduler import keep_runs
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.keeping.watcher import WATCH, Problem, Watch, Watcher
from task_scheduler.notifications.digest import Digest, compose_digest
from task_scheduler.notifications.notifier import NOTIFIER, Sending
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Key, Table
from task_scheduler_local.places import ROOT
from tests.model.dynamodb import Client
from tests.unit.conftest import Log

HOUR = 3_600
NAME = "nightly"


@dataclass
class Surroundings:
    """A clock that goes on when it is set, a ledger, and what people were notified of."""

    current: None = None
    now: int = 1_800_000_000
    said: list[str] = field(default_factory=list)
    is_delivered: bool = True

    def __post_init__(self) -> None:
        self.client = Client(cast("Any", self), random.Random(1))
        table = Table(cast("Any", self.client), "t")
        self.ledger = Ledger(table, lambda: self.now, keep_seconds=10**8)

    def sleep(self, seconds: float) -> None:
        """Go on at once."""

    def notify(
        self, name: str, _watch: Watch, problem: Problem | None, _schedule: ScheduleState
    ) -> bool:
        """Note what people are notified of."""
        self.said.append(f"{name}: {problem.headline if problem else 'in time again'}")
        return self.is_delivered

    def look(self, watch: Watch | None, *, after: int = 0) -> list[str]:
        """Look at the schedule so many seconds later; None if it is not watched."""
        self.now += after
        watcher = Watcher(self.ledger, seconds=lambda: 60.0, notify=self.notify)
        return watcher.look({NAME: watch} if watch else {})

    def run(self, state: str, *, began: int | None = None, **facts: Any) -> None:
        """Record a run, or how it goes on."""
        began = self.now if began is None else began
        run = RunId.of(f"{NAME}@{began}")
        values = {"state": state, "began": began, **facts}
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        self.ledger.table.update(run.item, f"SET {sets}", values)


@pytest.fixture
def world() -> Surroundings:
    return Surroundings()


HOURLY = Watch(expected_every=HOUR + 300, notify_on=("failure",))
IN_TEN_MINUTES = Watch(finish_within=600, notify_on=("failure",))


def test_people_are_notified_once_of_a_schedule_that_does_not_run_and_once_when_it_does(
    world: Surroundings,
) -> None:
    world.look(HOURLY)
    world.run("succeeded")
    assert world.look(HOURLY, after=HOUR) == []
    assert world.look(HOURLY, after=HOUR) == [NAME]
    assert world.look(HOURLY, after=300) == [NAME]
    assert world.said == ["nightly: has not run"]
    assert (known(world)["problem"], known(world)["notified"]) == ("silent", world.now - 300)

    world.run("running")
    assert world.look(HOURLY, after=300) == []
    assert world.look(HOURLY, after=300) == []
    assert world.said == ["nightly: has not run", "nightly: in time again"]


def test_a_schedule_that_never_ran_is_silent_from_when_it_is_watched(world: Surroundings) -> None:
    assert world.look(HOURLY) == []
    assert world.look(HOURLY, after=HOUR) == []
    assert world.look(HOURLY, after=HOUR) == [NAME]


@pytest.mark.parametrize("days", [7, 30, 366])
def test_silence_of_any_length_is_noticed(world: Surroundings, days: int) -> None:
    seldom = Watch(expected_every=days * 24 * HOUR)
    world.look(seldom)
    world.run("succeeded")
    assert world.look(seldom, after=days * 24 * HOUR) == []
    assert world.look(seldom, after=1) == [NAME]


def test_a_schedule_that_was_switched_off_starts_anew(world: Surroundings) -> None:
    world.look(HOURLY)
    world.look(None, after=HOUR)
    assert world.look(HOURLY, after=24 * HOUR) == []
    assert world.look(HOURLY, after=HOUR) == []


def test_a_run_that_has_not_ended_in_time_is_noticed_until_it_ends(world: Surroundings) -> None:
    world.look(IN_TEN_MINUTES)
    began = world.now
    world.run("running", due_time=began)
    assert world.look(IN_TEN_MINUTES, after=600) == []
    assert world.look(IN_TEN_MINUTES, after=1) == [NAME]
    world.run("succeeded", began=began)
    assert world.look(IN_TEN_MINUTES, after=60) == []
    assert world.said == ["nightly: not ended in time", "nightly: in time again"]


def test_a_run_by_hand_for_a_time_long_ago_has_its_time_from_when_it_began(
    world: Surroundings,
) -> None:
    world.look(IN_TEN_MINUTES)
    world.run("running", due_time=world.now - 24 * HOUR, started_by="ada")
    assert world.look(IN_TEN_MINUTES, after=600) == []
    assert world.look(IN_TEN_MINUTES, after=1) == [NAME]


def test_a_run_has_its_time_from_when_it_was_due_however_late_it_began(
    world: Surroundings,
) -> None:
    world.look(IN_TEN_MINUTES)
    world.run("running", due_time=world.now - 590)
    assert world.look(IN_TEN_MINUTES, after=10) == []
    assert world.look(IN_TEN_MINUTES, after=1) == [NAME]


def test_what_no_service_took_is_sent_again_by_the_next_look(world: Surroundings) -> None:
    world.look(HOURLY)
    world.is_delivered = False
    world.look(HOURLY, after=2 * HOUR)
    world.is_delivered = True
    for _ in range(3):
        world.look(HOURLY)
    assert world.said == ["nightly: has not run"] * 2

    world.run("succeeded")
    world.is_delivered = False
    world.look(HOURLY)
    world.is_delivered = True
    for _ in range(3):
        world.look(HOURLY)
    assert world.said == ["nightly: has not run"] * 2 + ["nightly: in time again"] * 2


def test_a_problem_that_comes_back_before_people_know_of_its_end_is_no_news(
    world: Surroundings,
) -> None:
    world.look(HOURLY)
    world.look(HOURLY, after=2 * HOUR)
    world.run("succeeded")
    world.is_delivered = False
    world.look(HOURLY)
    assert world.look(HOURLY, after=2 * HOUR) == [NAME]
    assert world.said == ["nightly: has not run", "nightly: in time again"]


def test_a_problem_after_another_is_news(world: Surroundings) -> None:
    both = Watch(expected_every=HOUR, finish_within=600, notify_on=("failure",))
    world.look(both)
    world.look(both, after=2 * HOUR)
    world.run("running")
    world.is_delivered = False
    assert world.look(both, after=601) == [NAME]
    world.is_delivered = True
    for _ in range(3):
        assert world.look(both, after=60) == [NAME]
    assert world.said == ["nightly: has not run"] + ["nightly: not ended in time"] * 2


def test_what_is_left_of_an_item_that_expired_is_no_run(world: Surroundings) -> None:
    both = Watch(expected_every=HOUR, finish_within=600)
    world.look(both)
    world.run("running")
    world.ledger.table.update(RunId.of(f"{NAME}@0").item, "SET #due_at = :now", {"now": 1})
    assert world.look(both, after=600) == []
    assert world.look(both, after=1) == [NAME]
    world.run("succeeded", began=world.now - 601)
    assert world.look(both) == []
    assert world.look(both, after=HOUR) == [NAME]


def test_a_look_at_a_schedule_costs_no_more_when_it_has_run_for_years(world: Surroundings) -> None:
    def read_units() -> int:
        before = world.client.units["read"]
        world.look(IN_TEN_MINUTES)
        return world.client.units["read"] - before

    world.look(IN_TEN_MINUTES)
    for number in range(20):
        world.run("succeeded", began=number)
    units = read_units()
    for number in range(20, 1_000):
        world.run("succeeded", began=number)
    assert read_units() == units


def test_nobody_is_notified_who_does_not_want_to_be_but_the_alarm_goes_off(
    world: Surroundings,
) -> None:
    quiet = Watch(expected_every=HOUR)
    world.look(quiet)
    assert world.look(quiet, after=2 * HOUR) == [NAME]
    assert known(world).keys() == {"pk", "sk", "since", "problem"}
    world.run("succeeded")
    assert world.look(quiet) == []
    assert known(world).keys() == {"pk", "sk", "since"}
    assert world.said == []


def known(world: Surroundings) -> Item:
    """Return what is known of the schedule."""
    return world.ledger.table.get((WATCH, NAME))


@pytest.mark.parametrize(
    ("error", "message", "reason"),
    [
        (LedgerUnavailable("throttled"), "ledger", "throttled"),
        (KeyError("odd"), "schedule not watched", "KeyError: 'odd'"),
    ],
)
def test_a_schedule_that_cannot_be_looked_at_is_in_the_log_and_in_no_others_way(
    world: Surroundings,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: Log,
    error: Exception,
    message: str,
    reason: str,
) -> None:
    get = world.ledger.table.get

    def read(key: Key) -> Item:
        if key == ("S", "odd"):
            raise error
        return get(key)

    monkeypatch.setattr(world.ledger.table, "get", read)
    watcher = Watcher(world.ledger, seconds=lambda: 60.0, notify=world.notify)
    both = {"odd": HOURLY, NAME: HOURLY}
    watcher.look(both)
    world.now += 2 * HOUR
    assert watcher.look(both) == [NAME]
    [line] = log_lines()
    assert (line["message"], line["schedule"], line["reason"]) == (message, "odd", reason)


def test_the_guide_shows_the_messages_that_people_get(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "guide" / "silence.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n(.*?)\n```", page, re.DOTALL)
    said: list[str] = []

    def send(digest: Digest, *, seconds: float) -> Sending:
        assert seconds == 30.0  # half of what is left
        message = compose_digest(digest)
        said.append(f"{message.title}\n{message.text}".rstrip())
        return Sending(is_done=True, taken=message)

    monkeypatch.setattr(NOTIFIER, "send", send)
    monkeypatch.setattr(world, "notify", partial(keep_runs._notify, lambda: 60.0))
    watch = Watch(expected_every=90_000, finish_within=14_400, notify_on=("failure",))
    world.look(watch)
    world.look(watch, after=90_001)
    due = world.now = int(datetime(2026, 11, 23, 2, tzinfo=UTC).timestamp()) + 10**8
    key = f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}"
    run = RunId.of(f"{NAME}@{key}")
    facts = {"state": "running", "began": due, "due_time": due}
    world.ledger.table.put(run.item, facts)
    world.look(watch)
    world.look(watch, after=14_401)
    plain = [text.replace("\u200b", "").replace(key, "2026-11-23T02:00:00Z") for text in said]
    assert plain == [
        shown[0], shown[2], shown[1],
    ]  # fmt: skip


def test_attributes_of_a_later_version_are_ignored() -> None:
    assert Watch.from_event({"finish_within": 60, "colour": "red", "notify_on": ["failure"]}) == (
        Watch(finish_within=60, notify_on=("failure",))
    )


def test_a_schedule_is_silent_only_between_its_start_and_its_end(world: Surroundings) -> None:
    watch = Watch(
        expected_every=HOUR,
        notify_on=("failure",),
        start=world.now + 10 * HOUR,
        end=world.now + 20 * HOUR,
    )
    world.look(watch)
    assert world.look(watch, after=10 * HOUR) == []
    assert world.look(watch, after=2 * HOUR) == [NAME]
    assert world.look(watch, after=8 * HOUR) == []
    assert world.look(watch, after=HOUR) == []
    assert world.said == ["nightly: has not run", "nightly: in time again"]


def test_dates_are_read_as_terraform_writes_them() -> None:
    watch = Watch.from_event({"start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z"})
    assert (watch.start, watch.end) == (1_798_761_600, 1_798_848_000)


def test_of_two_looks_at_once_one_notifies(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one looks while the first one notifies people."""
    watches = [HOURLY]
    notify = world.notify

    def look_too(*arguments: Any) -> bool:
        if watches:
            watcher = Watcher(world.ledger, seconds=lambda: 60.0, notify=notify)
            watcher.look({NAME: watches.pop()})
        return notify(*arguments)

    world.look(HOURLY)
    monkeypatch.setattr(world, "notify", look_too)
    world.look(HOURLY, after=2 * HOUR)
    assert world.said == ["nightly: has not run"]

    watches.append(HOURLY)
    world.run("succeeded")
    world.look(HOURLY, after=60)
    assert world.said == ["nightly: has not run", "nightly: in time again"]
    assert world.look(HOURLY, after=60) == []
    assert len(world.said) == 2


def test_of_two_looks_that_read_the_same_one_notifies(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one reads before the first one notifies people, and writes after."""
    world.look(HOURLY)
    query = world.ledger.table.query

    def look_between(partition: str, **arguments: Any) -> Any:
        found = query(partition, **arguments)
        monkeypatch.setattr(world.ledger.table, "query", query)
        world.look(HOURLY)
        return found

    monkeypatch.setattr(world.ledger.table, "query", look_between)
    world.look(HOURLY, after=2 * HOUR)
    assert world.said == ["nightly: has not run"]


def test_a_look_that_dies_while_it_notifies_is_followed_by_one_more_and_no_other(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    notify = world.notify

    def die(*arguments: Any) -> bool:
        notify(*arguments)
        raise Killed

    world.look(HOURLY)
    monkeypatch.setattr(world, "notify", die)
    with pytest.raises(Killed):
        world.look(HOURLY, after=2 * HOUR)
    monkeypatch.setattr(world, "notify", notify)
    assert world.look(HOURLY, after=60) == [NAME]
    assert world.said == ["nightly: has not run"]
    for _ in range(3):
        world.look(HOURLY, after=300)
    assert world.said == ["nightly: has not run"] * 2


def test_what_terraform_wrote_of_a_watch_is_read_as_it_was_meant() -> None:
    written = {
        "expected_every": 60,
        "notify_on": ["failure", "success"],
        "notify_to": ["ops"],
        "mention": "@ops",
        "timezone": "Europe/Berlin",
        "start": "2026-11-23T02:00:00Z",
        "end": None,
    }
    watch = Watch.from_event(written)
    assert watch == Watch(
        expected_every=60,
        notify_on=("failure", "success"),
        notify_to=("ops",),
        mention="@ops",
        timezone="Europe/Berlin",
        start=1_795_399_200,
    )
    assert Watch.from_event({"end": "2026-11-23T02:00:00Z"}).end == 1_795_399_200


def test_a_run_whose_time_nobody_knows_has_it_from_when_it_began(world: Surroundings) -> None:
    world.look(IN_TEN_MINUTES)
    world.run("waiting")
    assert world.look(IN_TEN_MINUTES, after=600) == []
    assert world.look(IN_TEN_MINUTES, after=1) == [NAME]


def test_the_run_that_was_due_first_is_the_one_that_is_late(world: Surroundings) -> None:
    problems: list[Problem | None] = []

    def notify(_name: str, _watch: Watch, problem: Problem | None, _state: ScheduleState) -> bool:
        problems.append(problem)
        return True

    world.look(IN_TEN_MINUTES)
    began = world.now
    world.run("running")
    world.now += 60
    world.run("running")
    world.now += 900
    watcher = Watcher(world.ledger, seconds=lambda: 60.0, notify=notify)
    assert watcher.look({NAME: IN_TEN_MINUTES}) == [NAME]
    late = f"{NAME}@{began}"
    assert problems == [
        Problem(
            name=f"late {late}",
            headline="not ended in time",
            reason=f"{late} has not ended 600 s after it was due",
        )
    ]


def test_the_reason_of_a_silence_is_what_was_expected(world: Surroundings) -> None:
    reasons: list[str | None] = []

    def notify(_name: str, _watch: Watch, problem: Problem | None, _state: ScheduleState) -> bool:
        reasons.append(problem.reason if problem else None)
        return True

    world.look(HOURLY)
    world.now += 2 * HOUR
    Watcher(world.ledger, seconds=lambda: 20.0, notify=notify).look({NAME: HOURLY})
    assert reasons == ["no run for 3900 s (expected_every)"]


def test_without_time_to_notify_people_no_schedule_is_looked_at(world: Surroundings) -> None:
    world.look(HOURLY)
    world.now += 2 * HOUR
    watcher = Watcher(world.ledger, seconds=lambda: 19.9, notify=world.notify)
    assert watcher.look({NAME: HOURLY}) == []
    assert world.said == []


def test_the_end_of_a_problem_is_for_those_who_were_notified_of_it(world: Surroundings) -> None:
    notified: list[tuple[str, Watch, bool, int]] = []

    def notify(name: str, watch: Watch, problem: Problem | None, state: ScheduleState) -> bool:
        notified.append((name, watch, problem is None, state.streak))
        return True

    watcher = Watcher(world.ledger, seconds=lambda: 60.0, notify=notify)
    failing = ScheduleState(streak=3)
    world.ledger.table.transact([failing.write(NAME, before=ScheduleState())])
    watcher.look({NAME: HOURLY})
    world.now += 2 * HOUR
    watcher.look({NAME: HOURLY})
    world.run("succeeded")
    watcher.look({NAME: HOURLY})
    assert notified == [(NAME, HOURLY, False, 3), (NAME, HOURLY, True, 3)]
