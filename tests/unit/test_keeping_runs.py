"""keep_runs on each state of a run, and the time of its next look at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.config import Settings
from task_scheduler.keeping import keeper as keeping
from task_scheduler.keeping.keeper import Keeper
from task_scheduler.outcome import NotifyEvent
from task_scheduler.runs.chunk import Mark, Marks, Position
from task_scheduler.runs.closing import ClosedNow
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item, Key
from tests.model.still import Still, still_client, still_ledger
from tests.unit.conftest import Log

RUN = RunId(schedule="nightly", key="nightly@2")
BEFORE = RunId(schedule="nightly", key="nightly@1")
EVENT = {"version": 1, "schedule": "nightly", "key": RUN.key}
RETENTION = 345_600
LONGEST = RETENTION + 86_400
ENVIRONMENT = {
    "LEDGER_TABLE": "ledger",
    "SEND_TASK_FUNCTION": "send",
    "QUEUE_URL": "tasks",
    "AWS_LAMBDA_FUNCTION_NAME": "keep",
    "MESSAGE_RETENTION": str(RETENTION),
}

Record = Callable[..., None]


class Surroundings:
    """A keeper with 60 seconds left, and whom it invokes, notifies and pings."""

    def __init__(self, clock: Still) -> None:
        self.clock, self.client = clock, still_client(clock)
        self.ledger = ledger = still_ledger(clock, self.client)
        self.invoked: list[Any] = []
        self.delivered: list[tuple[ClosedNow, float, bool]] = []
        self.pinged: list[tuple[RunId, float]] = []
        self.closed: list[tuple[str, float]] = []
        self.is_delivered = True
        settings = Settings.from_environment(ENVIRONMENT, None)
        self.keeper = Keeper(ledger, settings, closer="keep", seconds=lambda: 60.0)

    def invoke(self, **request: Any) -> None:
        self.invoked.append(request)

    def deliver(
        self, ledger: Ledger, closed: ClosedNow, *, seconds: float, is_early: bool = False
    ) -> bool:
        assert ledger is self.ledger
        self.delivered.append((closed, seconds, is_early))
        return self.is_delivered

    def beat(self, closed: ClosedNow, *, seconds: float) -> None:
        self.pinged.append((closed.run, seconds))

    def notify(
        self, ledger: Ledger, closed: list[ClosedNow], *, seconds: Callable[[], float]
    ) -> None:
        assert ledger is self.ledger
        self.closed += [(one.item["state"], seconds()) for one in closed]

    def record(self, run: RunId = RUN, **values: Any) -> None:
        """Set attributes of a run's item, which is due to be looked at."""
        values = {"due_at": self.ledger.now, "began": self.ledger.now, **values}
        self._set(run.item, values)

    def record_schedule(self, **values: Any) -> None:
        self._set(RUN.schedule_item, values)

    def end(self, *marks: Mark) -> None:
        """Record ends of the first tasks."""
        made = Marks()
        for number, mark in enumerate(marks):
            made.add(mark, Position(0, number), body=f"{number}")
        self.ledger.record(RUN, 0, made)

    def look(self, *, after: int = 0) -> str:
        self.clock.now += after
        return self.keeper.look(RUN)

    @property
    def item(self) -> Item:
        return self.ledger.table.get(RUN.item)

    @property
    def seconds_until_due(self) -> int:
        due_at: int = self.item["due_at"]
        return due_at - self.ledger.now

    def _set(self, key: tuple[str, str], values: dict[str, Any]) -> None:
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        self.ledger.table.update(key, f"SET {sets}", values)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    clock = Still()
    clock.now = 2_000_000
    made = Surroundings(clock)
    lambda_ = SimpleNamespace(invoke=made.invoke)
    monkeypatch.setattr("task_scheduler.aws.lambda_", lambda: lambda_)
    for name in ("deliver", "beat", "notify"):
        monkeypatch.setattr(keeping, name, getattr(made, name))
    return made


@pytest.fixture
def changed_meanwhile(world: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else makes the run due at another time as soon as it was read."""
    get = world.ledger.table.get

    def read(key: tuple[str, str]) -> Item:
        item = get(key)
        if key == RUN.item:
            world._set(key, {"due_at": world.ledger.now + 777})
        return item

    monkeypatch.setattr(world.keeper._ledger.table, "get", read)


def test_a_run_is_left_alone_until_it_is_due(world: Surroundings) -> None:
    world.record(state="skipped", due_at=world.ledger.now + 1)
    assert world.look() == "nothing"
    assert world.seconds_until_due == 1
    assert world.look(after=1) == "nothing"
    assert "due_at" not in world.item


def test_a_run_that_never_was_is_not_made(world: Surroundings) -> None:
    assert world.look() == "nothing"
    assert world.item == {}


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_run_waits_while_the_one_before_it_is_open(world: Surroundings, state: str) -> None:
    world.record(state="waiting")
    world.record(BEFORE, state=state)
    world.record_schedule(current=BEFORE.key)
    world.ledger.table.put(RUN.event, {"event": json.dumps(EVENT)})

    assert world.look() == "nothing"
    assert (world.seconds_until_due, world.invoked) == (300, [])


@pytest.mark.parametrize("current", [None, BEFORE.key])
def test_a_run_starts_when_the_one_before_it_has_ended(
    world: Surroundings, current: str | None
) -> None:
    world.record(state="waiting")
    world.record(BEFORE, state="succeeded")
    world.record_schedule(current=current)
    world.ledger.table.put(RUN.event, {"event": json.dumps(EVENT)})

    assert world.look() == "started"
    [request] = world.invoked
    assert (request["FunctionName"], request["InvocationType"]) == ("send", "Event")
    assert json.loads(request["Payload"]) == EVENT
    assert world.seconds_until_due == 300


def test_a_run_whose_event_is_gone_cannot_start(world: Surroundings) -> None:
    world.record(state="waiting")
    assert world.look() == "lost"
    assert world.invoked == []


def test_while_its_sender_lives_a_run_is_looked_at_after_its_lease(world: Surroundings) -> None:
    world.record(state="running", lease=world.ledger.now + 40, cursor={"line": 2})
    assert world.look() == "nothing"
    assert world.seconds_until_due == 340


def test_a_list_whose_lease_is_over_is_gone_on_with(world: Surroundings) -> None:
    world.record(state="running", lease=world.ledger.now, cursor={"line": 2})
    world.ledger.table.put(RUN.event, {"event": json.dumps(EVENT)})

    assert world.look() == "resumed"
    assert json.loads(world.invoked[0]["Payload"]) == EVENT
    assert world.seconds_until_due == 300


@pytest.mark.parametrize(
    "known", [{}, {"cursor": {"line": 2}}, {"cursor": {"line": 2}, "sendings": 6}]
)
def test_a_list_that_nobody_can_go_on_with_closes_its_run_as_incomplete(
    world: Surroundings, known: dict[str, Any]
) -> None:
    if "sendings" in known:
        world.ledger.table.put(RUN.event, {"event": json.dumps(EVENT)})
    world.record(state="running", **known)
    world.end(Mark.OK, Mark.BAD)

    assert world.look() == "closed"
    item = world.item
    assert (item["state"], item["ended"], item["failed"]) == ("incomplete", 2, 1)
    assert item["reason"] == "its list was not sent: send_task was ended each time"
    assert item["closer"] == "keep"
    assert world.closed == [("incomplete", 30.0)]
    assert world.invoked == []


@pytest.mark.parametrize(
    ("age", "pause"), [(0, 300), (1_199, 300), (10_003, 2_500), (100_000, 3_600)]
)
def test_a_run_that_goes_on_is_looked_at_the_more_seldom_the_older_it_is(
    world: Surroundings, age: int, pause: int
) -> None:
    world.record(state="running", total=2, began=world.ledger.now - age)
    world.end(Mark.OK)

    assert world.look() == "nothing"
    assert world.seconds_until_due == pause
    assert world.delivered == []


def test_a_run_whose_worker_died_before_it_closed_it_is_closed(world: Surroundings) -> None:
    world.record(state="running", total=2, notify_on=["failure"])
    world.end(Mark.OK, Mark.BAD)

    assert world.look() == "closed"
    item = world.item
    assert (item["state"], item["ended"], item["failed"]) == ("failed", 2, 1)
    assert (item["closer"], item["due_at"] - world.ledger.now) == ("keep", 150)
    assert world.closed == [("failed", 30.0)]


@pytest.mark.parametrize("facts", [{"began": 0}, {"began": 2_000_000, "lease": 0}])
def test_a_run_whose_messages_are_gone_for_certain_has_failed(
    world: Surroundings, facts: dict[str, int]
) -> None:
    oldest = world.ledger.now - LONGEST
    known: dict[str, Any] = {name: at or oldest for name, at in facts.items()}
    world.record(state="running", total=3, notify_on=["failure"], **known)
    world.end(Mark.OK)

    assert world.look() == "nothing"
    world.record(state="running", **known)
    assert world.look(after=1) == "closed"
    item = world.item
    assert (item["state"], item["ended"], item["missing"]) == ("failed", 1, 2)
    assert item["reason"] == "2 tasks have no end: their messages are gone"
    assert (item["closer"], item["due_at"] - world.ledger.now) == ("keep", 150)
    assert world.closed == [("failed", 30.0)]


def test_the_ends_of_a_run_whose_first_tasks_have_none_are_counted(world: Surroundings) -> None:
    began = world.ledger.now - 300
    world.record(state="running", total=300, notify_on=["failure"], first_failed=began)
    marks = Marks()
    marks.add(Mark.BAD, Position(1, 0), body="251")
    world.ledger.record(RUN, 1, marks)
    assert world.look() == "notified"
    assert world.delivered[0][0].item["failed"] == 1

    world.record(began=world.ledger.now - LONGEST - 1)
    assert world.look() == "closed"
    assert (world.item["ended"], world.item["missing"]) == (1, 299)


def read_before(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]
) -> None:
    """Have somebody else change the run as soon as it was read."""
    get = world.ledger.table.get

    def read(key: Key) -> Item:
        item = get(key)
        if key == RUN.item:
            monkeypatch.setattr(world.ledger.table, "get", get)
            change()
        return item

    monkeypatch.setattr(world.ledger.table, "get", read)


def test_a_run_that_another_closed_meanwhile_is_left_to_it(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record(state="running", total=1, notify_on=["failure"])
    world.end(Mark.BAD)
    read_before(
        world, monkeypatch, lambda: world._set(RUN.item, {"state": "failed", "closer": "other"})
    )
    assert world.look() == "nothing"
    assert (world.item["closer"], world.closed) == ("other", [])


def test_people_whom_another_notified_meanwhile_of_a_first_failure_know(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(world)
    read_before(world, monkeypatch, lambda: world._set(RUN.item, {"early": 7}))
    assert world.look() == "nothing"
    assert (world.item["early"], world.delivered) == (7, [])


def test_a_run_that_expires_while_it_is_looked_at_is_not_made_anew(
    world: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record(state="succeeded")
    read_before(world, monkeypatch, lambda: world.client.items.clear())
    assert world.look() == "nothing"
    assert world.item == {}


def failing(world: Surroundings, **facts: Any) -> None:
    """Record a run that goes on after a failure five minutes ago."""
    first_failed = world.ledger.now - 300
    known = {"state": "running", "total": 3, "first_failed": first_failed, "notify_on": ["failure"]}
    world.record(**{**known, **facts})
    world.end(Mark.BAD, Mark.OK)


def test_people_are_notified_once_of_the_first_failure_of_a_run_that_goes_on(
    world: Surroundings,
) -> None:
    failing(world)
    world.record_schedule(last_success=7)

    assert world.look() == "notified"
    [(closed, seconds, is_early)] = world.delivered
    assert (closed.run, closed.event, closed.schedule.last_success) == (
        RUN, NotifyEvent.FAILURE, 7,
    )  # fmt: skip
    assert (closed.item["failed"], closed.item["ended"], closed.item["total"]) == (1, 2, 3)
    assert (seconds, is_early) == (30.0, True)
    assert (world.item["early"], world.seconds_until_due) == (world.ledger.now, 300)
    assert world.look(after=300) == "nothing"
    assert len(world.delivered) == 1


@pytest.mark.parametrize(
    ("facts", "streak"),
    [
        ({"first_failed": 2_000_000 - 299}, 0),
        ({"notify_on": ["success"]}, 0),
        ({"notify_on": None}, 0),
        ({"early": 1}, 0),
        ({}, 1),
    ],
)
def test_nobody_is_notified_early_who_does_not_want_it_or_knows(
    world: Surroundings, facts: dict[str, Any], streak: int
) -> None:
    failing(world, **facts)
    world.record_schedule(streak=streak)

    assert world.look() == "nothing"
    assert world.delivered == []


def closed(world: Surroundings, **facts: Any) -> None:
    """Record a run that failed, and of which nobody was notified."""
    known = {"state": "failed", "closed": world.ledger.now, "event": "failure", "total": 1}
    world.record(**{**known, "ended": 1, "failed": 1, **facts})


def test_people_are_notified_of_a_run_whose_closer_could_not(world: Surroundings) -> None:
    closed(world)
    world.record_schedule(last_success=7)

    assert world.look() == "notified"
    [(found, seconds, is_early)] = world.delivered
    assert (found.run, found.event, found.item["failed"]) == (RUN, NotifyEvent.FAILURE, 1)
    assert (found.schedule.last_success, seconds, is_early) == (7, 30.0, False)
    assert world.item["notified"] == world.ledger.now
    assert "due_at" not in world.item


def test_what_no_service_took_is_delivered_later(world: Surroundings) -> None:
    closed(world)
    world.is_delivered = False

    assert world.look() == "undelivered"
    assert world.seconds_until_due == 60 + 90
    assert "notified" not in world.item


@pytest.mark.parametrize("since", ["closed", "corrected"])
def test_a_digest_that_nobody_took_for_an_hour_is_given_up(
    world: Surroundings, log_lines: Log, since: str
) -> None:
    closed(world, **{"closed": world.ledger.now - 9_999, since: world.ledger.now - 3_600})
    world.is_delivered = False

    assert world.look() == "undelivered"
    world.clock.now += 1
    world._set(RUN.item, {"due_at": world.ledger.now})
    assert world.look() == "given up"
    assert "due_at" not in world.item
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("ERROR", "notification")
    assert (line["run"], line["undelivered"]) == (RUN.key, 1)


@pytest.mark.parametrize(("age", "pings"), [(899, [(RUN, 30.0)]), (900, [])])
def test_a_monitor_is_pinged_of_a_run_that_closed_lately(
    world: Surroundings, age: int, pings: list[tuple[RunId, float]]
) -> None:
    closed(world, closed=world.ledger.now - age)
    world.look()
    assert world.pinged == pings


def test_a_run_that_only_a_monitor_hears_of_is_no_digest(world: Surroundings) -> None:
    closed(world, heartbeat="job")
    world.ledger.table.update(RUN.item, "REMOVE #event", {})

    assert world.look() == "notified"
    assert (world.delivered, world.pinged) == ([], [(RUN, 30.0)])
    assert "due_at" not in world.item


@pytest.mark.usefixtures("changed_meanwhile")
def test_a_run_that_another_took_up_meanwhile_is_left_to_it(world: Surroundings) -> None:
    closed(world)
    assert world.look() == "nothing"
    assert (world.delivered, world.item["due_at"]) == ([], world.ledger.now + 777)


@pytest.mark.usefixtures("changed_meanwhile")
def test_a_run_that_another_made_due_meanwhile_stays_due(world: Surroundings) -> None:
    world.record(state="running", total=1)
    assert world.look() == "nothing"
    assert world.item["due_at"] == world.ledger.now + 777


def redriven(world: Surroundings, **facts: Any) -> None:
    """Record a failed run, people were notified of, whose dead letters were sent again."""
    closed(world, notified=1, recount=True, redriven=world.ledger.now - 4_000, **facts)


def test_while_dead_letters_that_were_sent_again_may_succeed_their_run_is_looked_at(
    world: Surroundings,
) -> None:
    redriven(world)
    world.end(Mark.BAD)

    assert world.look() == "nothing"
    assert world.seconds_until_due == 1_000
    assert world.item["recount"]


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "succeeded"},
        {"state": "cancelled"},
        {"redriven": 2_000_000 - LONGEST - 1},
        {"redriven": None},
    ],
)
def test_a_run_that_can_be_corrected_no_more_is_not_looked_at_again(
    world: Surroundings, facts: dict[str, Any]
) -> None:
    redriven(world)
    world._set(RUN.item, facts)
    world.end(Mark.BAD)

    assert world.look() == "nothing"
    assert not {"recount", "due_at"} & world.item.keys()


@pytest.mark.usefixtures("changed_meanwhile")
def test_a_run_that_was_sent_again_meanwhile_is_still_counted_anew(world: Surroundings) -> None:
    redriven(world)
    world._set(RUN.item, {"state": "cancelled"})
    assert world.look() == "nothing"
    assert world.item["recount"]


def test_a_run_whose_last_failure_succeeded_is_corrected_however_large_it_is(
    world: Surroundings,
) -> None:
    redriven(world, total=20_000, notify_on=["recovery"])
    world._set(RUN.item, {"total": 20_000, "ended": 1})
    world.end(Mark.OK)

    assert world.look() == "nothing"
    assert world.item["failed"] == 0


def test_a_run_that_succeeded_after_all_is_notified(world: Surroundings) -> None:
    redriven(world, notify_on=["failure"])
    world.record_schedule(streak=1)
    world.end(Mark.OK)

    assert world.look() == "closed"
    item = world.item
    assert (item["state"], item["closer"]) == ("succeeded", "keep")
    assert item["due_at"] - world.ledger.now == 150
    assert world.closed == [("succeeded", 30.0)]
