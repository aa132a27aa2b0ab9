"""Whole runs, from the schedule to the digest, by the real handlers and with whatever befalls them.

Each closes once with the right counts, and people are notified of it once.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from task_scheduler import send_task
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.chunk import CHUNK_SIZE
from task_scheduler.runs.claims import Claim
from task_scheduler.runs.identity import RunId
from task_scheduler.sending.start import Start
from tests.model import dynamodb
from tests.model.books import Plan
from tests.model.chaos import FAULTS, Verdict, run_night
from tests.model.night import RETRIES, RUN, Night
from tests.model.simulation import EPOCH

HOUR = 3_600.0
SHORT: dict[str, Any] = {"days": 0.3}
SMALL: list[Plan | None] = [*[Plan(retries=RETRIES)] * 11, None, Plan(failures=9, retries=RETRIES)]
CALLS_OF_A_NIGHT = 34
"""Calls of send_task, run_task and keep_runs until the run is closed, and some more."""


@pytest.mark.parametrize("seed", range(60))
def test_a_run_closes_once_and_people_are_notified_once(seed: int) -> None:
    assert run_night(seed).problems() == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(CALLS_OF_A_NIGHT))
def test_a_kill_at_a_call_of_a_night_delays_the_close_and_no_more(number: int, when: str) -> None:
    night = Night(SMALL, seed=1, **SHORT)
    night.faults.kill_at = (number, when)

    night.live()

    verdict = Verdict(night, frozenset({11}))
    assert verdict.problems() == []


def is_away(night: Night, begin: float, end: float) -> None:
    """Have the table refuse everything from one moment of a night to another."""

    def refuse(*, is_down: bool) -> None:
        night.table.is_down = is_down

    night.simulation.at(EPOCH + begin, lambda: refuse(is_down=True))
    night.simulation.at(EPOCH + end, lambda: refuse(is_down=False))


@pytest.mark.parametrize("begin", [0.0, 3.0, 5.1])
@pytest.mark.parametrize("total", [3, 40, CHUNK_SIZE + 5])
@pytest.mark.parametrize("groups", [0, 3])
def test_a_run_is_closed_when_the_table_is_back(begin: float, total: int, groups: int) -> None:
    plans: list[Plan | None] = [
        Plan(failures=9 if number == 1 else number % 7 == 0, retries=RETRIES)
        for number in range(total)
    ]
    # as main.tf has it: in a FIFO queue those behind a task that waits are received each time, too
    night = Night(plans, seed=total, groups=groups, max_receives=33, days=1.0)
    is_away(night, begin, begin + HOUR)

    night.live()

    assert Verdict(night, frozenset()).problems() == []
    assert night.lost_events == 0
    # an attempt whose record the table has not taken yet is not known to the next one
    assert all(night.books.begun[number] <= RETRIES + 2 for number in night.balance.too_many)


def unguarded(*_: object) -> Start:
    """Start a run as if the table did not answer."""
    return Start(claim=Claim.MINE)


def unavailable(*_: object) -> Start:
    """Refuse to start a run that must not start while the table does not answer."""
    raise LedgerUnavailable("away")


def test_a_run_of_which_the_table_took_no_claim_is_closed_when_its_list_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(send_task, "start", unguarded)
    night = Night([], seed=1, event={"tasks": None, "tasks_file": "gone.txt"}, **SHORT)

    night.live()

    assert night.lost_events == 1  # after Lambda's retries the event is a dead letter
    assert night.item()["state"] == "incomplete"
    assert Verdict(night, frozenset()).problems() == []
    [(_, digest)] = night.digests
    assert "gone.txt" in str(digest)


@pytest.mark.parametrize("needs", [{"overlap": "skip"}, {"parents": ["r@1"]}])
def test_a_run_that_needs_the_ledger_is_not_open_in_it_when_it_could_not_start(
    needs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_task, "start", unavailable)
    night = Night(SMALL, seed=1, event=needs, **SHORT)

    night.live()

    assert night.lost_events == 1
    assert night.item() == {}


class Hours(Night):
    """A night with several runs of a schedule; notes which are open at once.

    Attributes:
        open_runs: those that are running.
        most: how many were, at most, at once.
        states: what became of each.
    """

    def __init__(self, plans: list[Plan | None], runs: int, every: float, **settings: Any) -> None:
        share = len(plans) // runs
        texts = [str(number) for number in range(len(plans))]
        self.parts = {
            f"2026-11-23T{hour:02}:00:00Z": texts[hour * share : (hour + 1) * share]
            for hour in range(runs)
        }
        events = [{"scheduled_time": time, "tasks": part} for time, part in self.parts.items()]
        super().__init__(
            plans,
            later=[(every * number, event) for number, event in enumerate(events) if number],
            event={**events[0], **settings.pop("event")},
            **settings,
        )
        self.open_runs: set[str] = set()
        self.most = 0

    @property
    def states(self) -> dict[str, str | None]:
        """The outcome of each run, by its time."""
        runs = {time: RunId(schedule="s", key=f"s@{time}") for time in self.parts}
        return {time: self.item(run).get("state") for time, run in runs.items()}

    def _watch(self, operation: str, before: dynamodb.Wire, after: dynamodb.Wire) -> None:
        super()._watch(operation, before, after)
        if "state" not in after:
            return
        run = after["sk"]["S"]
        if after["state"]["S"] == "running":
            self.open_runs.add(run)
        else:
            self.open_runs.discard(run)
        self.most = max(self.most, len(self.open_runs))


@pytest.mark.parametrize("is_faulty", [False, True])
@pytest.mark.parametrize("overlap", ["skip", "queue"])
@pytest.mark.parametrize("seed", range(6))
def test_runs_that_must_not_overlap_do_not_and_each_is_closed_or_skipped(
    seed: int, overlap: str, is_faulty: bool
) -> None:
    randomness = random.Random(seed)
    plans: list[Plan | None] = [
        Plan(seconds=randomness.choice([0.1, 5.0, 30.0]), retries=RETRIES) for _ in range(60)
    ]
    hours = Hours(
        plans, 6, randomness.choice([20.0, 200.0]), seed=seed, days=1.0,
        event={"overlap": overlap}, **(FAULTS if is_faulty else {}),
    )  # fmt: skip

    hours.live()

    assert hours.most == 1
    assert set(hours.states.values()) <= {"succeeded", "failed", "skipped", "incomplete", None}
    assert set(hours.closes.values()) == {1}
    if not hours.lost_events:
        assert None not in hours.states.values()
        sent = {
            int(text)
            for time, part in hours.parts.items()
            for text in part
            if hours.states[time] != "skipped"
        }
        assert set(hours.books.done) | set(hours.books.dead) == sent
    if overlap == "queue" and not is_faulty:
        assert list(hours.states.values()).count("skipped") < 5


@pytest.mark.parametrize(
    "event", [{"overlap": "skip"}, {"overlap": "queue"}, {"parents": ["a@2026-11-23T01:00:00Z"]}]
)
def test_what_only_the_ledger_knows_to_start_does_not_while_the_table_is_away(
    event: dict[str, Any],
) -> None:
    plans: list[Plan | None] = [Plan(retries=RETRIES)] * 20
    hours = Hours(plans, 2, 2 * HOUR, seed=1, days=1.0, event=event)
    is_away(hours, 0.0, HOUR)

    hours.live()

    first, second = hours.states.values()
    assert (first, second) == (None, "succeeded")
    assert hours.lost_events == 1
    assert set(hours.books.done) == set(range(10, 20))


def test_a_list_that_is_delivered_twice_is_sent_once() -> None:
    night = Night(SMALL, seed=3, twice=True, **SHORT)

    night.live()

    assert Verdict(night, frozenset({11})).problems() == []
    assert set(night.books.begun.values()) == {1, RETRIES + 1}
    assert night.item(RUN)["sendings"] == 1
