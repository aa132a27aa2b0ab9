"""The history of a batch's messages: what is read of it, and what cannot be."""

from __future__ import annotations

import pytest

from task_scheduler.errors import LedgerUnavailable
from task_scheduler.execution.history import History
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Chunk, Mark, Marks, Position
from task_scheduler.runs.ledger import Ledger
from tests.model.dynamodb import Client
from tests.model.still import Still, still_client, still_ledger
from tests.unit.conftest import Log
from tests.unit.test_recording import FIRST, RUN, record


@pytest.fixture
def client() -> Client:
    return still_client(Still())


@pytest.fixture
def ledger(client: Client) -> Ledger:
    return still_ledger(Still(), client)


def history(ledger: Ledger, *records: Record, is_resent: bool = False) -> History:
    budget = TimeBudget(lambda: 30.0)
    return History(ledger, records, budget, is_resent=lambda _: is_resent)


def test_nothing_is_read_of_messages_that_are_new(ledger: Ledger, client: Client) -> None:
    made = record()
    known = history(ledger, made)
    assert known.chunk_of(made) == Chunk()
    assert not known.is_suspect(made)
    assert not client.counts


@pytest.mark.parametrize(
    ("made", "is_resent"),
    [(record(receives=2), False), (record(is_resent=True), False), (record(), True)],
)
def test_what_was_received_or_sent_before_has_its_history(
    ledger: Ledger, client: Client, made: Record, is_resent: bool
) -> None:
    marks = Marks()
    marks.add(Mark.BEGUN, FIRST, body="b")
    ledger.record(RUN, 0, marks)
    client.counts.clear()
    known = history(ledger, made, record(2, receives=2), is_resent=is_resent)
    assert known.chunk_of(made).attempts(FIRST) == 1
    assert known.is_suspect(made)
    assert client.counts["get_item"] == 1


def test_messages_of_two_chunks_have_the_history_of_their_own(ledger: Ledger) -> None:
    first, second = record(1, receives=2), record(251, receives=2)
    for made, number in ((first, 0), (second, 1)):
        marks = Marks()
        position = Position.of(made.counted_at)
        assert position.chunk == number
        for receives in range(1, number + 2):
            marks.add(Mark.TRIED, position, receives=receives)
        ledger.record(RUN, number, marks)

    known = history(ledger, first, second)

    used = [known.chunk_of(made).attempts(Position.of(made.counted_at)) for made in (first, second)]
    assert used == [1, 2]


def test_what_has_ended_is_no_suspect(ledger: Ledger) -> None:
    marks = Marks()
    marks.add(Mark.OK, FIRST, body="b")
    ledger.record(RUN, 0, marks)
    assert not history(ledger, record(receives=9)).is_suspect(record(receives=9))


def test_nobody_waits_longer_for_a_history_than_for_a_report_between_tasks(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def refuse(seconds: float, _call: object) -> None:
        waits.append(seconds)
        raise TimeoutError("no answer within 3.0 s")

    monkeypatch.setattr("task_scheduler.execution.history.call_with_timeout", refuse)
    known = history(ledger, made := record(receives=2))

    assert waits == [3.0]
    with pytest.raises(LedgerUnavailable):
        known.chunk_of(made)


def test_a_ledger_that_is_away_is_asked_once_and_its_history_is_not_known(
    ledger: Ledger, client: Client, log_lines: Log
) -> None:
    client.is_down = True
    made, other = record(1, receives=2), record(251, receives=2)
    known = history(ledger, made, other)
    for one in (made, other):
        with pytest.raises(LedgerUnavailable, match=r"^its earlier attempts are not known: the "):
            known.chunk_of(one)
        assert not known.is_suspect(one)
    assert client.counts["get_item"] == 1
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("WARNING", "ledger")
    assert line["reason"].startswith("table ledger: ")


def test_the_history_of_one_message_whose_chunk_is_known() -> None:
    chunk = Chunk(marks={Mark.OK: frozenset({FIRST.end("b")})})
    assert History.of(record(), chunk).chunk_of(record()) is chunk
