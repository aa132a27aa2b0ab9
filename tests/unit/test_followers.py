"""Schedules that run after others: what starts them, what does not, and who takes note of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.keeping.followers import FOLLOWERS, GIVE_UP_STARTS, Follower, Followers
from task_scheduler.runs.identity import RunId, schedule_item
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from task_scheduler.runs.table import Item, Key
from tests.model.still import Still, still_ledger
from tests.unit.conftest import Log

NOW = 1_800_000_000
TIME = "2027-01-15T08:00:00Z"
AFTER_BOTH = Follower(after=("load", "check"))
AFTER_LOAD = Follower(after=("load",))


class Surroundings:
    def __init__(self) -> None:
        self.clock = Still()
        self.clock.now = NOW
        self.seconds = 60.0
        self.ledger: Ledger = still_ledger(self.clock)
        self.started: list[tuple[str, Mapping[str, Any]]] = []

    def start(self, name: str, event: Mapping[str, Any]) -> None:
        self.started.append((name, event))

    def look(self, **followers: Follower) -> list[str]:
        made = Followers(self.ledger, seconds=lambda: self.seconds, start=self.start)
        return made.look(followers)

    def end(self, name: str, **facts: Any) -> None:
        known = ScheduleState.from_item(self.ledger.table.get(schedule_item(name)))
        state = ScheduleState(**facts)
        assert self.ledger.table.transact([state.write(name, before=known)])

    def record(self, key: str) -> None:
        self.ledger.table.update(RunId.of(key).item, "SET #began = :now", {"now": NOW})

    def known(self, name: str = "report") -> Item:
        found = self.ledger.table.get((FOLLOWERS, name))
        return {name: value for name, value in found.items() if name not in ("pk", "sk")}


@pytest.fixture
def world() -> Surroundings:
    return Surroundings()


def test_a_schedule_starts_when_each_of_the_others_has_succeeded_since(
    world: Surroundings,
) -> None:
    world.end("load", successes=5, last_succeeded="load@5")
    assert world.look(report=AFTER_BOTH) == []
    world.end("load", successes=6, last_succeeded="load@6")
    assert world.look(report=AFTER_BOTH) == []
    world.end("check", successes=1, last_succeeded="check@1")

    assert world.look(report=AFTER_BOTH) == ["report"]
    event = {"key": f"report@{TIME}", "scheduled_time": TIME, "parents": ["check@1", "load@6"]}
    assert world.started == [("report", event)]
    assert world.known() == {
        "version": 2,
        "taken": {"load": {"successes": 6, "ends": 0}, "check": {"successes": 1, "ends": 0}},
        "pending": event,
        "starts": 1,
        "look_at": NOW + 300,
        "time": NOW,
    }


def test_what_failed_starts_only_those_that_run_after_any_outcome(world: Surroundings) -> None:
    any_outcome = Follower(after=("load",), any_outcome=True)
    world.look(report=AFTER_LOAD, alarm=any_outcome)
    world.end("load", ends=1, last_ended="load@1")
    assert world.look(report=AFTER_LOAD, alarm=any_outcome) == ["alarm"]
    assert world.started[0][1]["parents"] == ["load@1"]


def test_a_schedule_after_no_others_never_starts(world: Surroundings) -> None:
    for _ in range(2):
        assert world.look(report=Follower(after=())) == []


def test_another_one_that_is_added_counts_from_then_on(world: Surroundings) -> None:
    world.look(report=AFTER_LOAD)
    world.end("check", successes=3)
    world.end("load", successes=1)
    assert world.look(report=AFTER_BOTH) == []
    assert world.known()["taken"] == {
        "load": {"successes": 0, "ends": 0}, "check": {"successes": 3, "ends": 0},
    }  # fmt: skip
    world.end("check", successes=4)
    assert world.look(report=AFTER_BOTH) == ["report"]


def begun(world: Surroundings) -> str:
    """Start a round, and return the key of its run."""
    world.look(report=AFTER_LOAD)
    world.end("load", successes=1, last_succeeded="load@1")
    assert world.look(report=AFTER_LOAD) == ["report"]
    return str(world.started[0][1]["key"])


def test_a_run_that_the_ledger_does_not_have_is_started_again_after_five_minutes(
    world: Surroundings,
) -> None:
    begun(world)
    world.clock.now += 299
    assert world.look(report=AFTER_LOAD) == []
    world.clock.now += 1
    assert world.look(report=AFTER_LOAD) == ["report"]
    assert world.started[0] == world.started[1]
    known = world.known()
    assert (known["starts"], known["look_at"]) == (2, NOW + 600)


def test_a_run_that_never_comes_to_be_is_given_up(world: Surroundings, log_lines: Log) -> None:
    key = begun(world)
    for _ in range(GIVE_UP_STARTS):
        world.clock.now += 300
        last = world.look(report=AFTER_LOAD)

    assert last == []
    assert len(world.started) == GIVE_UP_STARTS
    item = world.ledger.table.get(RunId.of(key).item)
    reason = "send_task did not start it, 6 times"
    assert {name: value for name, value in item.items() if name not in ("pk", "sk")} == {
        "state": "skipped",
        "began": NOW + 1_800,
        "closed": NOW + 1_800,
        "reason": reason,
        "expires": world.ledger.expires,
        "parents": ["load@1"],
    }
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("ERROR", "schedule not started")
    assert (line["schedule"], line["reason"]) == ("report", reason)


def test_the_next_round_has_a_later_time_and_begins_when_the_last_one_is_there(
    world: Surroundings,
) -> None:
    key = begun(world)
    world.end("load", successes=2, last_succeeded="load@2")
    assert world.look(report=AFTER_LOAD) == []
    world.record(key)

    assert world.look(report=AFTER_LOAD) == ["report"]
    assert world.started[1][1] == {
        "key": "report@2027-01-15T08:00:01Z",
        "scheduled_time": "2027-01-15T08:00:01Z",
        "parents": ["load@2"],
    }
    assert world.known()["version"] == 4


def test_a_round_that_has_begun_is_done_with(world: Surroundings) -> None:
    world.record(begun(world))
    assert world.look(report=AFTER_LOAD) == []
    assert "pending" not in world.known()
    assert len(world.started) == 1


def test_a_schedule_that_is_disabled_is_not_started_later_by_what_happened_meanwhile(
    world: Surroundings,
) -> None:
    begun(world)
    assert world.look() == []
    assert not {"taken", "pending"} & world.known().keys()
    version = world.known()["version"]
    world.look()
    assert world.known()["version"] == version
    world.end("load", successes=9)
    assert world.look(report=AFTER_LOAD) == []


def test_of_two_looks_at_once_one_starts_the_schedule(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.look(report=AFTER_LOAD)
    world.end("load", successes=1)
    seen = world.ledger.table.query(FOLLOWERS)
    assert world.look(report=AFTER_LOAD) == ["report"]
    monkeypatch.setattr(world.ledger.table, "query", lambda _partition: seen)
    assert world.look(report=AFTER_LOAD) == []
    assert len(world.started) == 1


def test_of_two_looks_at_once_one_finishes_a_round(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record(begun(world))
    world.end("load", successes=2)
    seen = world.ledger.table.query(FOLLOWERS)
    assert world.look(report=AFTER_LOAD) == ["report"]
    monkeypatch.setattr(world.ledger.table, "query", lambda _partition: seen)
    assert world.look(report=AFTER_LOAD) == []


def test_of_two_first_looks_the_later_one_does_not_take_back_what_counts(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one reads before the first one takes note, and writes after a run succeeded."""
    query = world.ledger.table.query
    world.look(report=AFTER_LOAD)
    world.end("load", successes=1)
    monkeypatch.setattr(world.ledger.table, "query", lambda _partition: [])
    assert world.look(report=AFTER_LOAD) == []
    monkeypatch.setattr(world.ledger.table, "query", query)
    assert world.look(report=AFTER_LOAD) == ["report"]


def test_a_run_that_comes_to_be_as_it_is_given_up_stays_as_it_is(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    key = begun(world)
    for _ in range(GIVE_UP_STARTS - 1):
        world.clock.now += 300
        world.look(report=AFTER_LOAD)
    get = world.ledger.table.get

    def read(place: Key) -> Item:
        found = get(place)
        if place == RunId.of(key).item:
            world.record(key)
        return found

    monkeypatch.setattr(world.ledger.table, "get", read)
    world.clock.now += 300
    assert world.look(report=AFTER_LOAD) == []
    assert "state" not in get(RunId.of(key).item)
    assert log_lines() == []


def test_without_time_no_further_schedule_is_looked_at(world: Surroundings) -> None:
    world.look(report=AFTER_LOAD)
    world.end("load", successes=1)
    world.seconds = 19.9
    assert world.look(report=AFTER_LOAD) == []
    world.seconds = 20.0
    assert world.look(report=AFTER_LOAD) == ["report"]


@pytest.mark.parametrize(
    ("error", "level", "message", "reason"),
    [
        (LedgerUnavailable("away"), "WARNING", "ledger", "away"),
        (KeyError("odd"), "ERROR", "schedule not started", "KeyError: 'odd'"),
    ],
)
def test_one_that_cannot_be_started_holds_up_no_other(
    world: Surroundings,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: Log,
    error: Exception,
    level: str,
    message: str,
    reason: str,
) -> None:
    both = {"alarm": AFTER_LOAD, "report": AFTER_LOAD}
    world.look(**both)
    world.end("load", successes=1)
    start = world.start

    def refuse(name: str, event: Mapping[str, Any]) -> None:
        if name == "alarm":
            raise error
        start(name, event)

    monkeypatch.setattr(world, "start", refuse)
    assert world.look(**both) == ["report"]
    [line] = log_lines()
    assert (line["level"], line["message"]) == (level, message)
    assert (line["schedule"], line["reason"]) == ("alarm", reason)
    assert ("exception" in line) is (level == "ERROR")


def test_what_terraform_wrote_of_a_follower_is_read_as_it_was_meant() -> None:
    assert Follower.from_event({"after": ["load"]}) == AFTER_LOAD
    assert Follower.from_event({"after": ["a", "b"], "any_outcome": True, "colour": "red"}) == (
        Follower(after=("a", "b"), any_outcome=True)
    )
