"""The start of a run: whether it sends, from where on, and what the ledger learns of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import InvalidRun, LedgerUnavailable
from task_scheduler.runs.claims import Claim, Overlap
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.sending import hand_over as handing
from task_scheduler.sending import start as starting
from task_scheduler.sending.hand_over import hand_over
from task_scheduler.sending.pacer import Pacer
from task_scheduler.sending.start import Start, facts, start
from task_scheduler.sending.task_queues import TaskQueues
from tests.unit.conftest import Chain, Log, Queue

DUE = "2026-11-23T02:00:00Z"
RUN = Run(key="s@t", schedule="s", scheduled_time=DUE, tasks=["a"])
ID = RunId(schedule="s", key="s@t")


class Claims:
    """Answers a start, or raises, and notes what is asked of it."""

    def __init__(self, answer: Any = (Claim.MINE, {"sendings": 1})) -> None:
        self.answer = answer
        self.asked: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def start(self, *given: Any, **named: Any) -> Any:
        self.asked.append((given, named))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    hand_over = start


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls may take; they are made at once."""
    made: list[float] = []

    def call(seconds: float, function: Callable[[], Any]) -> Any:
        made.append(seconds)
        return function()

    for module in (starting, handing):
        monkeypatch.setattr(module, "call_with_timeout", call)
    return made


def begin(claims: Claims, run: Run = RUN, seconds: float = 60.0, **attributes: Any) -> Start:
    known = {name: getattr(run, name) for name in ("key", "schedule", "scheduled_time", "tasks")}
    return start(Run(**{**known, **attributes}), claims, seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "waited"), [(60.0, 6.0), (8.0, 2.0)])
def test_a_run_waits_for_the_ledger_a_quarter_of_its_time_and_six_seconds_at_most(
    waits: list[float], seconds: float, waited: float
) -> None:
    claims = Claims()
    assert begin(claims, seconds=seconds) == Start(claim=Claim.MINE, item={"sendings": 1})
    assert waits == [waited]
    [(given, named)] = claims.asked
    assert given == (ID, facts(RUN))
    assert named == {
        "overlap": Overlap.ALLOW,
        "event": RUN.event(),
        "ignores_pause": False,
        "left_out": None,
    }


@pytest.mark.parametrize(
    ("attributes", "is_asked_for"),
    [
        ({}, False),
        ({"cursor": Cursor(line=1)}, False),
        ({"cursor": Cursor(line=2)}, True),
        ({"started_by": "ada"}, True),
    ],
)
def test_what_was_asked_for_minds_neither_pause_nor_day(
    waits: list[float], attributes: dict[str, Any], is_asked_for: bool
) -> None:
    claims = Claims()
    begin(claims, skip_on=["2026-11-23"], **attributes)
    [(_, named)] = claims.asked
    assert named["ignores_pause"] is is_asked_for
    assert named["left_out"] == (None if is_asked_for else "skip_on has 2026-11-23")


@pytest.mark.parametrize(
    ("attributes", "left_out"),
    [
        ({"only_on": ["2026-11-24"]}, "only_on does not have 2026-11-23"),
        ({"only_on": ["2026-11-24"], "timezone": "Pacific/Kiritimati"}, "only_on does not have"),
        ({"skip_on": ["2026-11-22"], "timezone": "America/New_York"}, "skip_on has 2026-11-22"),
        ({"skip_on": ["2026-11-22"], "only_on": ["2026-11-23"]}, None),
    ],
)
def test_the_day_of_a_run_is_that_of_its_zone(
    waits: list[float], attributes: dict[str, Any], left_out: str | None
) -> None:
    claims = Claims()
    begin(claims, **attributes)
    found = claims.asked[0][1]["left_out"]
    assert found is None if left_out is None else found.startswith(left_out)


def test_a_run_without_a_time_is_of_today(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 86_400.0)
    claims = Claims()
    begin(claims, scheduled_time=None, skip_on=["1970-01-02"])
    assert claims.asked[0][1]["left_out"] == "skip_on has 1970-01-02"


@pytest.mark.parametrize("error", [LedgerUnavailable("away"), TimeoutError("away")])
def test_a_run_starts_without_a_ledger_that_is_away(
    waits: list[float], log_lines: Log, error: Exception
) -> None:
    assert begin(Claims(error)) == Start(claim=Claim.MINE)
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("WARNING", "ledger")
    assert (line["run"], line["reason"]) == ("s@t", "away")


def test_a_run_of_a_day_that_is_left_out_is_skipped_without_a_ledger(
    waits: list[float], log_lines: Log
) -> None:
    begun = begin(Claims(LedgerUnavailable("away")), skip_on=["2026-11-23"], overlap="skip")
    assert begun == Start(claim=Claim.SKIPPED, item={"reason": "skip_on has 2026-11-23"})
    [line] = log_lines()
    assert (line["message"], line["run"], line["reason"]) == ("ledger", "s@t", "away")


def test_a_run_that_must_not_overlap_does_not_start_without_a_ledger(waits: list[float]) -> None:
    sentence = (
        r"^overlap is queue, and the ledger does not say whether another run has ended: away$"
    )
    with pytest.raises(LedgerUnavailable, match=sentence):
        begin(Claims(LedgerUnavailable("away")), overlap="queue")


def test_a_run_that_follows_others_does_not_start_without_a_ledger(waits: list[float]) -> None:
    sentence = (
        r"^it follows others, and the ledger does not say whether it has started: away$"
    )  # fmt: skip
    with pytest.raises(LedgerUnavailable, match=sentence):
        begin(Claims(LedgerUnavailable("away")), parents=["r@1"])


def test_the_ledger_learns_what_the_digest_and_the_keeper_need() -> None:
    run = Run(
        key="s@t",
        schedule="s",
        scheduled_time=DUE,
        timezone="Europe/Berlin",
        notify_on=["failure"],
        notify_to=["ops"],
        mention="@ops",
        heartbeat="job",
        why="because",
        parents=["r@1"],
    )
    known = {
        "due_time": 1_795_399_200,
        "timezone": "Europe/Berlin",
        "notify_on": ["failure"],
        "notify_to": ["ops"],
        "mention": "@ops",
        "heartbeat": "job",
        "why": "because",
        "parents": ["r@1"],
    }
    assert facts(run) == known
    assert facts(Run(key="s@t", schedule="s", scheduled_time="soon", started_by="ada")) == {
        "started_by": "ada"
    }
    assert facts(Run(key="s@t", schedule="s")) == {}


@pytest.mark.parametrize(
    ("item", "is_resent", "is_first", "numbered"),
    [
        ({}, False, True, 0),
        ({"sendings": 1}, False, True, 0),
        ({"sendings": 2}, True, False, 0),
        ({"sendings": 1, "cursor": {"line": 2}}, False, False, 0),
        ({"sendings": 1, "resumed_at": 7}, False, False, 7),
    ],
)
def test_the_ledger_says_whether_anything_was_sent_before(
    item: dict[str, Any], is_resent: bool, is_first: bool, numbered: int
) -> None:
    begun = Start(claim=Claim.MINE, item=item)
    assert (begun.is_resent, begun.is_first, begun.numbered) == (is_resent, is_first, numbered)


@pytest.mark.parametrize(("noted", "event", "line"), [(5, 3, 5), (3, 5, 5), (3, 3, 3)])
def test_a_list_goes_on_at_the_later_of_both_cursors(noted: int, event: int, line: int) -> None:
    begun = Start(claim=Claim.MINE, item={"cursor": {"line": noted, "offset": 9}})
    cursor = begun.cursor(Run(key="s@t", schedule="s", cursor=Cursor(line=event, offset=1)))
    assert (cursor.line, cursor.offset) == (line, 9 if noted > event else 1)


REST = Cursor(line=3, offset=7)
ATTRIBUTES = {"line": 3, "offset": 7}


def test_the_rest_of_a_list_is_noted_and_handed_over(waits: list[float], chain: Chain) -> None:
    claims = Claims()
    assert hand_over(RUN, REST, claims, 9.0) is None  # type: ignore[arg-type]
    assert waits == [9.0]
    [(given, named)] = claims.asked
    assert given[0] == ID
    assert given[1].items() >= ATTRIBUTES.items()
    assert None not in given[1].values()
    assert (given[2], named) == (RUN.event(REST), {})
    assert chain.events == [json.loads(json.dumps(RUN.event(REST)))]


def test_the_rest_that_is_due_later_is_left_to_keep_runs(waits: list[float], chain: Chain) -> None:
    claims = Claims()
    assert hand_over(RUN, REST, claims, 9.0, resume_seconds=40) is None  # type: ignore[arg-type]
    [(given, named)] = claims.asked
    assert (given[0], given[1].items() >= ATTRIBUTES.items()) == (ID, True)
    assert (given[2], named) == (RUN.event(REST), {"seconds": 40})
    assert chain.events == []


def test_the_rest_is_handed_over_though_the_ledger_is_away(
    waits: list[float], chain: Chain, log_lines: Log
) -> None:
    assert hand_over(RUN, REST, Claims(LedgerUnavailable("away")), 9.0) is None  # type: ignore[arg-type]
    assert len(chain.events) == 1
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("WARNING", "ledger")
    assert (line["run"], line["reason"]) == ("s@t", "away")


@pytest.mark.usefixtures("queue")
def test_the_rest_that_nobody_takes_is_a_dead_letter(
    waits: list[float], runs_dead_letter: Queue, log_lines: Log
) -> None:
    refused = LedgerUnavailable("away")
    error = hand_over(RUN, REST, Claims(refused), 9.0, resume_seconds=40)  # type: ignore[arg-type]
    sentence = (
        "the rest, from line 3 on, could not be handed to another invocation: "
        "LedgerUnavailable: away"
    )
    assert error is not None
    assert str(error).startswith(sentence)
    assert (error.goes_on_at, error.__cause__) == (3, refused)
    [letter] = runs_dead_letter.receive_all()
    body = json.loads(letter["body"])
    assert (body["goes_on_at"], body["reason"]) == (3, str(error))
    assert body["cursor"].items() >= ATTRIBUTES.items()
    [line] = log_lines()
    assert (line["level"], line["message"], line["exception_name"]) == (
        "ERROR", "run incomplete", "IncompleteRun",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pace", "delays", "slot"),
    [("60/minute", [0, 2, 3], 1_004), ("100/hour", [0, 37, 74], 1_111)],
)
def test_tasks_are_delayed_one_after_the_other(pace: str, delays: list[int], slot: int) -> None:
    pacer = Pacer(pace, None, lambda: 1_000.0)
    assert [pacer.take() for _ in range(3)] == delays
    assert pacer.next_slot == slot


def test_a_list_that_goes_on_keeps_its_next_slot_unless_that_is_past() -> None:
    assert Pacer("60/minute", 1_030, lambda: 1_000.0).take() == 30
    assert Pacer("60/minute", 900, lambda: 1_000.0).take() == 0


def test_a_pacer_is_full_when_sqs_could_not_delay_for_longer() -> None:
    assert not Pacer("60/minute", 1_880, lambda: 1_000.0).is_full
    full = Pacer("60/minute", 1_881, lambda: 1_000.0)
    assert full.is_full
    assert full.resume_seconds == 521
    assert Pacer("60/minute", 1_001, lambda: 1_000.0).resume_seconds == 1
    assert Pacer("60/minute", 9_999, lambda: 1_000.0).take() == 900


@pytest.mark.parametrize("pace", ["0/minute", "300", "5/second", "007/hours", ""])
def test_a_malformed_pace_is_refused_with_the_cure(pace: str) -> None:
    sentence = (
        f"^pace {pace!r}: must be a number from 1 and a unit, such as 300/minute or 100/hour$"
    )
    with pytest.raises(InvalidRun, match=sentence):
        Pacer(pace, None, lambda: 0.0)


def test_a_worker_that_is_named_default_is_the_one_of_those_that_name_none() -> None:
    queues = TaskQueues(Settings(queue_url="first", worker_queues={"big": "second"}))
    assert (queues.url(None), queues.url("default"), queues.url("big")) == (
        "first", "first", "second",
    )  # fmt: skip
    assert queues.problem(None) is queues.problem("big") is None
    assert (queues.entries, queues.requests) == (0, 0)
    alone = TaskQueues(Settings(queue_url="first"))
    assert alone.problem("big") == "worker 'big': must be one of default"
