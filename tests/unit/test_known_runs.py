"""A sandbox's memory of runs: seldom refreshed, kept while the table is away, bounded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.known_runs import LOOK_SECONDS, MAX_RUNS, Known, KnownRuns

RUN = RunId.of("s@2026-11-23T02:00:00Z")


class Seen:
    """A ledger whose table has one item for every run, and counts how often it is read."""

    def __init__(self, **item: Any) -> None:
        self.item = item
        self.is_down = False
        self.reads = 0
        self.now = 1_000
        self.table = SimpleNamespace(get=self._get)

    def _get(self, _key: object) -> dict[str, Any]:
        self.reads += 1
        if self.is_down:
            raise LedgerUnavailable("down")
        return self.item


def look(ledger: Seen, known: Known, run: RunId = RUN) -> tuple[bool, bool]:
    seen = KnownRuns(ledger, known).look(run)  # type: ignore[arg-type]
    return seen.is_cancelled, seen.is_resent


def test_a_run_is_looked_at_again_after_a_while_and_not_before() -> None:
    ledger, known = Seen(), Known()
    assert look(ledger, known) == (False, False)
    ledger.item = {"cancelled": 1, "taken_over": True}

    ledger.now += LOOK_SECONDS - 1
    assert look(ledger, known) == (False, False)
    ledger.now += 1
    assert look(ledger, known) == (True, True)
    assert ledger.reads == 2


def test_a_run_that_was_cancelled_stays_so_and_is_not_looked_at_again() -> None:
    ledger, known = Seen(cancelled=1), Known()
    look(ledger, known)

    ledger.now += 10 * LOOK_SECONDS
    assert look(ledger, known)[0]
    assert ledger.reads == 1


def test_while_the_table_is_away_a_run_is_what_it_was_last() -> None:
    ledger, known = Seen(taken_over=True), Known()
    look(ledger, known)
    ledger.is_down = True

    ledger.now += LOOK_SECONDS
    assert look(ledger, known) == (False, True)
    assert look(ledger, known, RunId.of("other@t")) == (False, False)


def test_a_batch_does_not_wait_for_a_table_that_is_away_at_each_of_its_tasks() -> None:
    ledger, others = Seen(), [RunId.of(f"s@{number}") for number in range(10)]
    ledger.is_down = True
    runs = KnownRuns(ledger, Known())  # type: ignore[arg-type]

    for run in (RUN, *others, RUN):
        runs.look(run)
    assert ledger.reads == 1

    ledger.is_down, ledger.item = False, {"cancelled": 1}
    ledger.now += LOOK_SECONDS
    assert all(runs.look(run).is_cancelled for run in (RUN, *others))


def test_a_sandbox_does_not_keep_runs_in_mind_for_ever() -> None:
    ledger, known = Seen(), Known()
    for number in range(MAX_RUNS + 10):
        look(ledger, known, RunId.of(f"s@{number}"))

    assert len(known) <= MAX_RUNS
