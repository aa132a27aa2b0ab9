"""Ends are written down a chunk at a time: in the table, or on the queue where that is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from task_scheduler.errors import InvalidMessage, LedgerUnavailable
from task_scheduler.outcome import Outcome
from task_scheduler.queue.fifo import deduplication_id
from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import CHUNK_SIZE, Counts, Mark, Marks, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, read_kept
from task_scheduler.runs.late_records import (
    EndsRecord,
    LateRecord,
    SentRecord,
    late_entry,
    read_late_record,
)
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.recorder import Recorder, mark_of
from task_scheduler.runs.settling import settle
from tests.model.dynamodb import Client
from tests.model.still import Still, still_client, still_ledger
from tests.unit.conftest import Log

RUN = RunId(schedule="nightly", key="nightly@1")
EXPIRES = 1_001_000


def place(number: int, redrive: int = 0) -> Place:
    return Place(RUN.key, number, redrive)


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def client(clock: Still) -> Client:
    return still_client(clock)


@pytest.fixture
def ledger(clock: Still, client: Client) -> Ledger:
    return still_ledger(clock, client)


@pytest.fixture
def late() -> list[LateRecord]:
    return []


@pytest.fixture
def recorder(ledger: Ledger, late: list[LateRecord]) -> Recorder:
    return Recorder(ledger, late.append)


def attributes(ledger: Ledger, key: tuple[str, str]) -> dict[str, Any]:
    found = ledger.table.get(key)
    return {name: value for name, value in found.items() if name not in ("pk", "sk")}


def test_the_counts_of_a_run_come_with_its_last_end(ledger: Ledger, recorder: Recorder) -> None:
    ledger.end_sending(RUN, 2, facts={})
    recorder.add(Mark.OK, place(1), body="a")
    recorder.flush()
    assert (recorder.recorded.complete, recorder.recorded.failing) == ({}, set())

    recorder.add(Mark.BAD, place(2), body="b")
    recorder.flush()
    assert recorder.recorded.complete == {RUN: Counts(ended=2, failed=1)}
    assert recorder.recorded.failing == {RUN}
    assert recorder.recorded.corrected == set()


def test_a_success_of_what_was_sent_again_corrects_its_run(
    ledger: Ledger, recorder: Recorder
) -> None:
    recorder.add(Mark.OK, place(1, redrive=1), body="a")
    recorder.flush()
    assert recorder.recorded.corrected == {RUN}


def test_a_success_beside_a_dead_letter_corrects_its_run_too(recorder: Recorder) -> None:
    recorder.add(Mark.BAD, place(1), body="a")
    recorder.flush()
    assert recorder.recorded.corrected == set()
    recorder.add(Mark.OK, place(1), body="a")
    recorder.flush()
    assert recorder.recorded.corrected == {RUN}


def test_what_belongs_to_no_run_is_counted_for_none(recorder: Recorder, ledger: Ledger) -> None:
    recorder.add(Mark.BAD, Place("typed", 1), body="a")
    recorder.flush()
    assert recorder.recorded.failing == set()
    assert ledger.read(RunId.of("typed"), 0).failed == {0}


def test_of_the_reasons_of_a_chunk_five_are_kept_and_every_result(
    recorder: Recorder, ledger: Ledger
) -> None:
    for number in range(1, 8):
        kept = KeptEnd(id=f"{number}", reason="no luck")
        recorder.add(Mark.BAD, place(number), body="b", kept=kept)
    recorder.add(Mark.OK, place(8), body="b", kept=KeptEnd(id="8", result="done"))
    recorder.add(Mark.OK, place(9), body="b")
    recorder.add(Mark.BAD, place(3, 1), body="b", kept=KeptEnd(id="3 again", reason="no luck"))
    recorder.add(Mark.BAD, place(7, 1), body="b", kept=KeptEnd(id="7 again", reason="no luck"))
    recorder.flush()

    assert [end.id for end in read_kept(ledger, RUN)] == [
        "1", "2", "3 again", "4", "5", "7 again", "8",
    ]  # fmt: skip
    assert ledger.read(RUN, 0).ended == set(range(9))


def test_receives_are_told_apart(recorder: Recorder, ledger: Ledger) -> None:
    for receives in (1, 2):
        recorder.add(Mark.TRIED, place(CHUNK_SIZE + 1), body="b", receives=receives)
    recorder.add(Mark.BACK, place(CHUNK_SIZE + 2), body="b")
    recorder.flush()
    chunk = ledger.read(RUN, 1)
    assert chunk.attempts(Position(1, 0)) == 2
    assert not chunk.is_suspect(Position(1, 1), receives=2)
    assert chunk.is_suspect(Position(1, 1), receives=3)


def test_a_chunk_is_pending_until_it_is_written_down(recorder: Recorder) -> None:
    assert not recorder.is_pending(place(1))
    recorder.add(Mark.OK, place(1), body="b")
    assert recorder.is_pending(place(2))
    assert not recorder.is_pending(place(CHUNK_SIZE + 1))
    recorder.flush()
    assert not recorder.is_pending(place(1))


def test_a_chunk_is_pending_while_it_is_written_down(
    recorder: Recorder, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    record = ledger.record

    def watch(*given: Any) -> Any:
        seen.append(recorder.is_pending(place(1)))
        return record(*given)

    monkeypatch.setattr(ledger, "record", watch)
    recorder.add(Mark.OK, place(1), body="b")
    recorder.flush()
    assert seen == [True]


def test_what_the_table_does_not_take_goes_on_the_queue(
    recorder: Recorder, client: Client, late: list[LateRecord], log_lines: Log
) -> None:
    client.is_down = True
    recorder.add(Mark.OK, place(1), body="b", kept=KeptEnd(id="1", result="r"))
    recorder.add(Mark.OK, place(CHUNK_SIZE + 1), body="b")
    recorder.flush()

    first, second = late
    assert isinstance(first, EndsRecord)
    assert isinstance(second, EndsRecord)
    assert (first.run, first.chunk, second.chunk) == (RUN.key, 0, 1)
    assert first.places() == [(place(1), KeptEnd(id="1", result="r"))]
    assert sum(client.counts[name] for name in ("update_item", "put_item")) == 1
    [line] = log_lines()
    assert (line["message"], line["level"]) == ("ledger", "WARNING")
    assert line["reason"].startswith("table ledger: ")
    assert not recorder.is_pending(place(1))


def test_a_table_that_was_given_up_is_not_asked(
    recorder: Recorder, client: Client, late: list[LateRecord]
) -> None:
    recorder.give_up_table()
    recorder.add(Mark.OK, place(1), body="b")
    recorder.flush()
    assert len(late) == 1
    assert not client.items


def test_what_can_be_written_nowhere_stays_and_is_written_later(
    ledger: Ledger, client: Client, log_lines: Log
) -> None:
    late: list[LateRecord] = []
    refusals = [OSError("the queue is away")]

    def send(record: LateRecord) -> None:
        made.add(Mark.OK, place(2), body="b", kept=KeptEnd(id="2", result="r"))
        if refusals:
            raise refusals.pop()
        late.append(record)

    made = Recorder(ledger, send)
    made.give_up_table()
    made.add(Mark.OK, place(1), body="b", kept=KeptEnd(id="1", result="r"))
    made.flush()
    assert made.is_pending(place(1))
    [line] = log_lines()
    assert (line["message"], line["reason"]) == ("late record not sent", "the queue is away")

    made.flush()
    [record] = late
    assert isinstance(record, EndsRecord)
    assert {end.id for end in record.kept.values()} == {"1", "2"}
    assert len(record.marks.sets[Mark.OK]) == 2


def test_a_number_of_two_different_tasks_is_a_warning(recorder: Recorder, log_lines: Log) -> None:
    for body in ("one", "other"):
        recorder.add(Mark.OK, place(3), body=body)
    recorder.flush()
    [line] = log_lines()
    assert (line["message"], line["run"]) == ("list changed", RUN.key)
    assert line["reason"] == "number 0:2 stood for two different tasks"


@pytest.mark.parametrize(
    ("outcome", "is_attempt", "mark"),
    [
        (Outcome.SUCCESS, True, Mark.OK),
        (Outcome.DUPLICATE, False, Mark.OK),
        (Outcome.RETRY, True, Mark.TRIED),
        (Outcome.RETRY, False, Mark.BACK),
        (Outcome.CANCELLED, False, Mark.CANCELLED),
        (Outcome.FAILED, True, Mark.BAD),
        (Outcome.EXPIRED, False, Mark.BAD),
        (Outcome.UNREADABLE, False, Mark.BAD),
    ],
)
def test_an_outcome_leaves_a_mark(outcome: Outcome, is_attempt: bool, mark: Mark) -> None:
    assert mark_of(outcome, is_attempt=is_attempt) is mark


ENDS = EndsRecord(
    run=RUN.key,
    chunk=2,
    marks=Marks({Mark.OK: {7, 5}, Mark.BEGUN: {1}}),
    kept={501: KeptEnd(id="nightly@1#501", reason="why", attempt=2)},
)
SENT = SentRecord(run=RUN.key, facts={"due_time": 1}, total=3, incomplete="why")


@pytest.mark.parametrize("record", [ENDS, SENT])
def test_a_late_record_is_read_as_it_was_written(record: LateRecord) -> None:
    entry = late_entry(record, "https://queue")
    assert read_late_record(entry.body) == record
    assert entry.attributes == {"kind": "record"}
    assert (entry.message_group, entry.deduplication_id) == (None, None)
    assert record.id == RUN

    ordered = late_entry(record, "https://queue.fifo")
    assert ordered.attributes == {"kind": "record"}
    assert ordered.message_group == "task-scheduler.records"
    assert ordered.deduplication_id == deduplication_id(RUN.key, entry.body)


def test_a_late_record_has_its_version_and_numbers_in_order() -> None:
    assert json.loads(late_entry(ENDS, "https://queue").body) == {
        "version": 1,
        "run": "nightly@1",
        "chunk": 2,
        "marks": {"ok": [5, 7], "begun": [1]},
        "kept": {"501": {"id": "nightly@1#501", "reason": "why", "attempt": 2}},
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[]", "^not a late record: TypeError: list indices"),
        ('{"run": "s"}', "^not a late record: KeyError: 'version'$"),
        ('{"version": 2}', "^not a late record: InvalidMessage: a late record of version 2$"),
        ('{"version": 1, "marks": []}', "^not a late record: AttributeError"),
        ('{"version": 1, "marks": {"no": []}}', "^not a late record: ValueError: 'no'"),
    ],
)
def test_what_is_no_late_record_is_unreadable_with_the_reason(body: str, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=reason):
        read_late_record(body)


def ended(ledger: Ledger, numbers: range, mark: Mark = Mark.OK) -> Counts | None:
    """Record ends, of one chunk; return the counts of the run if that were the last."""
    marks = Marks()
    for number in numbers:
        marks.add(mark, Position(0, number % CHUNK_SIZE), body="b")
    return ledger.record(RUN, numbers[0] // CHUNK_SIZE, marks)[1]


def test_a_list_that_was_sent_is_looked_at_in_five_minutes(ledger: Ledger) -> None:
    late = SentRecord(run=RUN.key, facts={"due_time": 7, "total": 9}, total=2, incomplete="why")
    assert late.apply(ledger) is None
    assert attributes(ledger, RUN.item) == {
        "total": 9,
        "state": "running",
        "began": 1_000,
        "due_at": 1_300,
        "expires": EXPIRES,
        "due_time": 7,
        "incomplete": "why",
        "reason": "why",
    }
    assert attributes(ledger, RUN.chunk(0)) == {"size": 2, "only": True, "expires": EXPIRES}


def test_the_facts_of_a_run_that_began_are_left_as_they_are(ledger: Ledger) -> None:
    ledger.table.update(RUN.item, "SET #began = :b, #lease = :b, #due_at = :b", {"b": 5})
    assert ledger.end_sending(RUN, 0, facts={}) == Counts()
    found = attributes(ledger, RUN.item)
    assert (found["began"], found["due_at"], found["total"]) == (5, 5, 0)
    assert not {"lease", "incomplete", "reason"} & found.keys()


@pytest.mark.parametrize("is_sent_first", [True, False])
def test_the_counts_of_several_chunks_are_added_up(ledger: Ledger, is_sent_first: bool) -> None:
    total = CHUNK_SIZE + 2
    if is_sent_first:
        assert ledger.end_sending(RUN, total, facts={}) is None
    assert ended(ledger, range(CHUNK_SIZE)) is None
    assert ended(ledger, range(CHUNK_SIZE, total - 1), Mark.CANCELLED) is None
    counts = ended(ledger, range(total - 1, total), Mark.BAD)
    if not is_sent_first:
        assert counts is None
        counts = ledger.end_sending(RUN, total, facts={})
    assert counts == Counts(ended=total, failed=1, cancelled=1)
    assert attributes(ledger, RUN.counter) == {
        "complete": {0, 1},
        "ended": total,
        "failed": 1,
        "cancelled": 1,
        "size": 2,
        "expires": EXPIRES,
    }
    assert attributes(ledger, RUN.chunk(1)).items() >= {"size": 2, "only": False}.items()
    assert ledger.repair(RUN, total) == counts


def test_a_chunk_of_which_nobody_heard_is_counted_by_the_repair(ledger: Ledger) -> None:
    total = 2 * CHUNK_SIZE + 1
    for numbers in (range(CHUNK_SIZE), range(CHUNK_SIZE, 2 * CHUNK_SIZE), range(total - 1, total)):
        ended(ledger, numbers)
    assert ledger.end_sending(RUN, total, facts={}) == Counts(ended=total)
    ledger.table.update(
        RUN.counter, "SET #ended = :ended DELETE #complete :lost", {"ended": 251, "lost": {1}}
    )
    assert ledger.repair(RUN, total) == Counts(ended=total)


def test_a_counter_from_before_tasks_could_be_cancelled_says_that_none_was(
    ledger: Ledger,
) -> None:
    total = 2 * CHUNK_SIZE
    for numbers in (range(CHUNK_SIZE), range(CHUNK_SIZE, total)):
        ended(ledger, numbers)
    ledger.table.update(RUN.counter, "REMOVE #cancelled", {})
    assert ledger.end_sending(RUN, total, facts={}) == Counts(ended=total)


def test_a_run_that_goes_on_is_not_repaired_to_its_end(ledger: Ledger) -> None:
    total = CHUNK_SIZE + 2
    ended(ledger, range(CHUNK_SIZE))
    ended(ledger, range(CHUNK_SIZE, total - 1))
    ledger.end_sending(RUN, total, facts={})
    assert ledger.repair(RUN, total) is None
    assert ledger.repair(RUN, 1) is not None


def test_ends_are_counted_as_far_as_the_list_goes(ledger: Ledger) -> None:
    ended(ledger, range(3), Mark.BAD)
    ended(ledger, range(CHUNK_SIZE, CHUNK_SIZE + 2))
    ended(ledger, range(3 * CHUNK_SIZE, 3 * CHUNK_SIZE + 1))
    assert ledger.count(RUN, None) == Counts(ended=5, failed=3)
    assert ledger.count(RUN, CHUNK_SIZE) == Counts(ended=3, failed=3)
    assert ledger.count(RUN, 3 * CHUNK_SIZE + 1) == Counts(ended=6, failed=3)
    assert ledger.count(RUN, 0) == Counts()


def test_the_last_chunk_of_a_list_that_goes_on_is_open_again(ledger: Ledger) -> None:
    total = CHUNK_SIZE + 2
    ended(ledger, range(CHUNK_SIZE), Mark.BAD)
    ended(ledger, range(CHUNK_SIZE, total))
    ledger.end_sending(RUN, total, facts={})

    ledger.reopen_last_chunk(RUN, total)

    assert not {"size", "only"} & attributes(ledger, RUN.chunk(1)).keys()
    counter = attributes(ledger, RUN.counter)
    assert (counter["complete"], counter["ended"], counter["failed"]) == ({0}, 250, 250)
    assert "size" not in counter
    ledger.reopen_last_chunk(RUN, total)
    assert attributes(ledger, RUN.counter) == counter
    ledger.reopen_last_chunk(RUN, 0)


def test_a_chunk_that_was_full_is_not_the_one_that_goes_on(ledger: Ledger) -> None:
    ended(ledger, range(CHUNK_SIZE))
    ledger.end_sending(RUN, CHUNK_SIZE, facts={})
    ledger.reopen_last_chunk(RUN, CHUNK_SIZE)
    assert not {"size", "only"} & attributes(ledger, RUN.chunk(0)).keys()


def settled(
    ledger: Ledger,
    recorder: Recorder,
    failing: set[str],
    seconds: Callable[[], float],
    closer: str = "me",
) -> list[RunId]:
    closed = settle(ledger, recorder.recorded, closer=closer, seconds=seconds, failing=failing)
    return [one.run for one in closed]


def test_what_was_recorded_closes_corrects_and_notes_runs(
    ledger: Ledger, recorder: Recorder
) -> None:
    facts = {"notify_on": ["failure"]}
    ledger.end_sending(RUN, 2, facts=facts)
    recorder.add(Mark.BAD, place(1), body="a")
    recorder.flush()
    failing: set[str] = set()
    assert settled(ledger, recorder, failing, lambda: 9.0) == []
    found = attributes(ledger, RUN.item)
    assert (failing, found["first_failed"], found["due_at"]) == ({RUN.key}, 1_000, 1_300)

    recorder.add(Mark.OK, place(2), body="a")
    recorder.flush()
    assert settled(ledger, recorder, failing, lambda: 9.0) == [RUN]
    found = attributes(ledger, RUN.item)
    assert (found["closer"], found["state"], found["due_at"]) == ("me", "failed", 1_099)

    late: list[LateRecord] = []
    again = Recorder(ledger, late.append)
    again.add(Mark.OK, place(1, redrive=1), body="a")
    again.flush()
    assert settled(ledger, again, failing, lambda: 19.0, "other") == [RUN]
    found = attributes(ledger, RUN.item)
    assert (found["state"], found["due_at"], found["closer"]) == ("succeeded", 1_109, "other")


def test_a_run_that_is_known_to_fail_is_noted_once(
    ledger: Ledger, recorder: Recorder, clock: Still, client: Client
) -> None:
    recorder.recorded.failing.add(RUN)
    assert settled(ledger, recorder, {RUN.key}, lambda: 9.0) == []
    assert not client.counts
    many = {f"{number}" for number in range(1_000)}
    settled(ledger, recorder, many, lambda: 9.0)
    assert many == {RUN.key}


def test_a_table_that_is_away_leaves_the_rest_to_keep_runs(
    ledger: Ledger, recorder: Recorder, client: Client, log_lines: Log
) -> None:
    recorder.recorded.complete[RUN] = Counts()
    client.is_down = True
    assert settled(ledger, recorder, set(), lambda: 9.0) == []
    [line] = log_lines()
    assert (line["message"], line["level"]) == ("ledger", "WARNING")
    assert line["reason"].startswith("table ledger: ")
    with pytest.raises(LedgerUnavailable):
        ledger.table.get(RUN.item)
