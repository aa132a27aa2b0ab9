"""One look of keep_runs: at what is due, at what follows others, and at the clock."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from task_scheduler import keep_runs
from task_scheduler.config import Settings
from task_scheduler.errors import InvalidSettings, LedgerUnavailable
from task_scheduler.keeping import starting
from task_scheduler.keeping.keeper import Keeper
from task_scheduler.keeping.watcher import Problem, Watch
from task_scheduler.runs.identity import RunId, RunState
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.schedule_state import ScheduleState
from tests.model.still import Still, still_ledger
from tests.unit.conftest import Log

NOW = 1_800_000_000


class Aws:
    """The schedules of EventBridge Scheduler, and the invocations of send_task."""

    def __init__(self) -> None:
        self.schedules: dict[str, dict[str, Any]] = {}
        self.invoked: list[dict[str, Any]] = []

    def get_schedule(self, **request: str) -> Any:
        assert request.keys() == {"GroupName", "Name"}
        assert request["GroupName"] == "group"
        return {"Target": {"Input": json.dumps(self.schedules[request["Name"]])}}

    def invoke(self, **request: Any) -> None:
        self.invoked.append(request)


@pytest.fixture
def clock() -> Still:
    made = Still()
    made.now = NOW
    return made


@pytest.fixture
def ledger(clock: Still, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    made = still_ledger(clock)
    ledgers = {"ledger": made}
    monkeypatch.setattr(keep_runs, "open_ledger", lambda own: ledgers[own.ledger_table])
    variables = {
        "LEDGER_TABLE": "ledger", "SEND_TASK_FUNCTION": "send", "QUEUE_URL": "tasks",
        "AWS_LAMBDA_FUNCTION_NAME": "keep", "SCHEDULE_GROUP": "group",
        "MESSAGE_RETENTION": "345600",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    for client in ("lambda_", "scheduler"):
        monkeypatch.setattr(f"task_scheduler.aws.{client}", lambda: made)
    return made


def look(event: Any = None, *, seconds: float = 60.0) -> dict[str, int]:
    context = SimpleNamespace(
        aws_request_id="keep-1", get_remaining_time_in_millis=lambda: seconds * 1_000
    )
    return keep_runs.handler(event or {}, cast("Any", context))


def record(ledger: Ledger, number: int, **values: Any) -> RunId:
    run = RunId.of(f"nightly@{number}")
    values = {"began": NOW, "due_at": NOW, **values}
    sets = ", ".join(f"#{name} = :{name}" for name in values)
    ledger.table.update(run.item, f"SET {sets}", values)
    return run


def test_every_run_that_is_due_is_looked_at(ledger: Ledger, log_lines: Log) -> None:
    record(ledger, 1, state="running", total=0)
    record(ledger, 2, state="waiting")
    record(ledger, 3, state="waiting")
    later = record(ledger, 4, state="running", total=0, due_at=NOW + 1)

    assert look() == {"closed": 1, "lost": 2}
    assert ledger.table.get(RunId.of("nightly@1").item)["closer"] == "keep-1"
    assert ledger.table.get(later.item)["state"] == RunState.RUNNING
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("INFO", "keep")
    assert (line["closed"], line["lost"]) == (1, 2)


def test_a_run_that_is_due_no_more_is_not_looked_at(ledger: Ledger) -> None:
    run = record(ledger, 1, state="running", total=0)
    ledger.table.update(run.item, "REMOVE #due_at", {})
    assert look() == {}


@pytest.mark.parametrize(
    ("seconds", "done"), [(19.9, {"left": 2}), (20.0, {"lost": 2}), (21.0, {"lost": 2})]
)
def test_without_time_to_notify_people_a_run_is_left_for_the_next_look(
    ledger: Ledger, seconds: float, done: dict[str, int]
) -> None:
    for number in (1, 2):
        record(ledger, number, state="waiting")
    assert look(seconds=seconds) == done


@pytest.mark.parametrize(
    ("error", "level", "message", "reason"),
    [
        (LedgerUnavailable("away"), "WARNING", "ledger", "away"),
        (KeyError("odd"), "ERROR", "run not kept", "KeyError: 'odd'"),
    ],
)
def test_a_run_that_cannot_be_looked_at_stands_in_no_others_way(
    ledger: Ledger,
    log_lines: Log,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    level: str,
    message: str,
    reason: str,
) -> None:
    for number in (1, 2, 3):
        record(ledger, number, state="waiting")

    def refuse(_keeper: object, run: RunId) -> str:
        if run.key == "nightly@3":
            return "lost"
        raise error

    monkeypatch.setattr(Keeper, "look", refuse)
    assert look() == {"failed": 2, "lost": 1}
    first, _, last = log_lines()
    assert (first["level"], first["message"]) == (level, message)
    assert (first["run"], first["reason"]) == ("nightly@1", reason)
    assert ("exception" in first) is (level == "ERROR")
    assert last["failed"] == 2


FOLLOWERS = {"followers": {"report": {"after": ["load"]}}}


def succeed(ledger: Ledger, successes: int) -> None:
    state = ScheduleState(successes=successes, last_succeeded=f"load@{successes}")
    known = ScheduleState.from_item(ledger.table.get(("S", "load")))
    assert ledger.table.transact([state.write("load", before=known)])


def test_a_schedule_whose_others_have_run_is_started(
    ledger: Ledger, aws: Aws, log_lines: Log
) -> None:
    aws.schedules["report"] = {"version": 1, "schedule": "report", "scheduled_time": "<aws>"}
    assert look(FOLLOWERS) == {}
    succeed(ledger, 1)

    assert look(FOLLOWERS) == {"started": 1}
    [request] = aws.invoked
    assert (request["FunctionName"], request["InvocationType"]) == ("send", "Event")
    assert json.loads(request["Payload"]) == {
        "version": 1,
        "schedule": "report",
        "key": "report@2027-01-15T08:00:00Z",
        "scheduled_time": "2027-01-15T08:00:00Z",
        "parents": ["load@1"],
    }
    assert log_lines()[-1]["started"] == 1


def test_what_waits_and_what_follows_are_started_together(ledger: Ledger, aws: Aws) -> None:
    aws.schedules["report"] = {"schedule": "report"}
    look(FOLLOWERS)
    succeed(ledger, 1)
    run = record(ledger, 1, state="waiting")
    ledger.table.put(run.event, {"event": "{}"})
    assert look(FOLLOWERS) == {"started": 2}


def test_a_run_is_started_with_the_event_as_it_is(aws: Aws) -> None:
    starting.start(Settings(send_task_function="send"), {"schedule": "s"})
    assert aws.invoked == [
        {"FunctionName": "send", "InvocationType": "Event", "Payload": '{"schedule": "s"}'}
    ]


@pytest.mark.parametrize("event", [[], "odd", {"watched": []}, {"watched": None, "followers": 3}])
def test_an_event_of_another_form_watches_nothing(ledger: Ledger, event: Any) -> None:
    assert look(event) == {}


def test_a_schedule_that_has_not_run_is_counted_and_a_metric(
    ledger: Ledger, clock: Still, log_lines: Log
) -> None:
    event = {"watched": {"nightly": {"expected_every": 60}}}
    assert look(event) == {}
    clock.now += 61
    assert look(event) == {"overdue": 1}
    _, overdue, keep = log_lines()
    assert (overdue["level"], overdue["message"]) == ("WARNING", "overdue")
    assert (overdue["overdue"], overdue["schedules"], keep["overdue"]) == (1, ["nightly"], 1)
    [directive] = overdue["_aws"]["CloudWatchMetrics"]
    assert directive["Metrics"] == [{"Name": "overdue"}]


def test_of_many_schedules_that_have_not_run_a_hundred_are_named(
    ledger: Ledger, clock: Still, log_lines: Log
) -> None:
    event = {"watched": {f"s{number}": {"expected_every": 60} for number in range(102)}}
    look(event)
    clock.now += 61
    assert look(event) == {"overdue": 102}
    [overdue] = [line for line in log_lines() if line["message"] == "overdue"]
    assert (overdue["overdue"], len(overdue["schedules"])) == (102, 100)


@pytest.mark.usefixtures("ledger")
def test_notifying_of_a_schedule_may_take_half_of_the_time_that_is_left(
    clock: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def notify(_name: str, *, seconds: float, **_: object) -> bool:
        given.append(seconds)
        return True

    monkeypatch.setattr(keep_runs, "notify_of_watch", notify)
    event = {"watched": {"nightly": {"expected_every": 60, "notify_on": ["failure"]}}}
    look(event)
    clock.now += 61
    look(event, seconds=50.0)
    assert given == [25.0]


@pytest.mark.parametrize(
    ("problem", "headline", "reason"),
    [
        (Problem(name="silent", headline="has not run", reason="why"), "has not run", "why"),
        (None, "in time again", None),
    ],
)
def test_people_are_notified_as_the_schedule_says(
    monkeypatch: pytest.MonkeyPatch, problem: Problem | None, headline: str, reason: str | None
) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []

    def notify(name: str, **facts: Any) -> bool:
        sent.append((name, facts))
        return True

    monkeypatch.setattr(keep_runs, "notify_of_watch", notify)
    watch = Watch(notify_on=("failure",), notify_to=("ops",), mention="@ops")
    state = ScheduleState(streak=2)
    assert keep_runs._notify(lambda: 9.0, "nightly", watch, problem, state)
    facts = {
        "headline": headline,
        "reason": reason,
        "notify_on": ("failure",),
        "notify_to": ("ops",),
        "mention": "@ops",
        "streak": 2,
        "seconds": 4.5,
    }
    assert sent == [("nightly", facts)]


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", ["SEND_TASK_FUNCTION", "MESSAGE_RETENTION"])
def test_a_variable_that_it_cannot_work_without_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(InvalidSettings, match=name):
        look()
