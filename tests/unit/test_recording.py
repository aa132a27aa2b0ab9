"""Results of a batch: what the ledger learns of them, what SQS is asked, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import DeadLetterNotSent, LedgerUnavailable
from task_scheduler.execution.acknowledgement import FLUSH_SECONDS, Acknowledgement
from task_scheduler.execution.late import apply_late_records
from task_scheduler.execution.recording import Recording, _kept_end
from task_scheduler.execution.result import Ended, Result
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.queue.place import Place
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Counts, Mark, Marks, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.kept_ends import KeptEnd, read_kept_end
from task_scheduler.runs.late_records import EndsRecord, SentRecord, late_entry
from task_scheduler.runs.ledger import Ledger
from tests.model.dynamodb import Client
from tests.model.still import Still, still_client, still_ledger
from tests.unit.conftest import Log
from tests.unit.test_attempt import MESSAGE, delivery

RUN = RunId(schedule="s", key="s@t")
FIRST = Position(0, 0)
SETTINGS = Settings(queue_url="https://tasks", max_receive_count=4)


def record(number: int = 1, *, receives: int = 1, redrive: int = 0, **facts: Any) -> Record:
    known: dict[str, Any] = {
        "sqs_id": f"sqs-{number}", "receipt_handle": f"handle-{number}", "body": MESSAGE.encode(),
        "receives": receives, "sent": 0.0, "first_received": 0.0, "message_group": None,
        "deduplication_id": None, "place": Place(RUN.key, number, redrive),
    }  # fmt: skip
    return Record(**known | facts)


class Sqs:
    """Notes requests, and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.answer: Any = {"Successful": [{}]}

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append((operation, request))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call


@pytest.fixture
def sqs_calls(monkeypatch: pytest.MonkeyPatch) -> Sqs:
    made = Sqs()
    monkeypatch.setattr("task_scheduler.aws.sqs", lambda: made)
    return made


@pytest.fixture
def client() -> Client:
    return still_client(Still())


@pytest.fixture
def ledger(client: Client) -> Ledger:
    return still_ledger(Still(), client)


@pytest.fixture
def budget() -> TimeBudget:
    return TimeBudget(lambda: 30.0)


@pytest.fixture
def recording(ledger: Ledger, budget: TimeBudget) -> Recording:
    return Recording(ledger, SETTINGS, budget)


@pytest.fixture
def acknowledgement(recording: Recording, budget: TimeBudget) -> Acknowledgement:
    return Acknowledgement("https://tasks", budget, recording)


def ended(made: Record, outcome: Outcome, message: Message | None = MESSAGE, **facts: Any) -> Ended:
    return Ended(delivery(record=made, message=message), Result(outcome, **facts))


@pytest.mark.parametrize(
    ("outcome", "facts", "mark"),
    [
        (Outcome.SUCCESS, {}, Mark.OK),
        (Outcome.FAILED, {}, Mark.BAD),
        (Outcome.RETRY, {}, Mark.TRIED),
        (Outcome.RETRY, {"is_attempt": False}, Mark.BACK),
        (Outcome.RETRY, {"error": DeadLetterNotSent("why")}, Mark.FINAL),
        (Outcome.DUPLICATE, {"before": Outcome.FAILED}, Mark.BAD),
        (Outcome.DUPLICATE, {"before": Outcome.SUCCESS}, Mark.OK),
    ],
)
def test_a_result_is_a_mark_of_its_receive(
    recording: Recording, ledger: Ledger, outcome: Outcome, facts: dict[str, Any], mark: Mark
) -> None:
    made = record(receives=3)
    recording.add(ended(made, outcome, **facts))
    assert not recording.is_safe(made)
    recording.flush(9.0)
    assert recording.is_safe(made)
    expected = Marks()
    expected.add(mark, FIRST, body=made.body, receives=3)
    found = ledger.read(RUN, 0).marks
    assert {name: set(numbers) for name, numbers in found.items() if numbers} == expected.sets


def test_a_duplicate_whose_end_is_recorded_is_not_recorded_again(recording: Recording) -> None:
    made = record()
    recording.add(ended(made, Outcome.DUPLICATE))
    assert recording.is_safe(made)


def test_what_is_given_back_or_begun_is_a_mark_too(recording: Recording, ledger: Ledger) -> None:
    made = record(receives=2)
    recording.begin(made)
    assert ledger.read(RUN, 0).attempts(FIRST) == 1
    recording.add_given_back(made)
    recording.flush(9.0)
    assert ledger.read(RUN, 0).attempts(FIRST) == 0


def test_a_task_is_not_begun_while_the_ledger_does_not_answer(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def refuse(seconds: float, _call: Any) -> None:
        waits.append(seconds)
        raise TimeoutError("no answer within 3.0 s")

    monkeypatch.setattr("task_scheduler.execution.recording.call_with_timeout", refuse)
    with pytest.raises(LedgerUnavailable, match=r"^no answer within 3\.0 s$"):
        recording.begin(record())
    assert waits == [3.0]


def test_a_table_that_takes_too_long_is_given_up_and_the_rest_goes_on_the_queue(
    recording: Recording, client: Client, sqs_calls: Sqs, log_lines: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(_seconds: float, _call: Any) -> None:
        raise TimeoutError("too long")

    recording.add(ended(record(), Outcome.SUCCESS))
    with monkeypatch.context() as patch:
        patch.setattr("task_scheduler.execution.recording.call_with_timeout", refuse)
        recording.flush(1.0)
    [line] = log_lines()
    assert (line["level"], line["message"], line["reason"]) == ("WARNING", "ledger", "too long")
    recording.flush(1.0)
    assert not client.items
    [(operation, request)] = sqs_calls.requests
    assert (operation, request["QueueUrl"]) == ("send_message_batch", "https://tasks")
    [entry] = request["Entries"]
    assert entry["MessageAttributes"]["kind"]["StringValue"] == "record"


WANTED = Message(id="s@t#1", task="t", text="x", keep_result=True)


@pytest.mark.parametrize(
    ("result", "facts", "kept"),
    [
        (
            Result(Outcome.FAILED, 3, error=KeyError("gone")),
            {},
            KeptEnd(id="s@t#1", task="t", attempt=3, reason="'gone'", error="KeyError"),
        ),
        (Result(Outcome.FAILED), {}, None),
        (Result(Outcome.RETRY, error=KeyError("gone")), {}, None),
        (
            Result(Outcome.FAILED, error=ValueError("odd")),
            {"message": None},
            KeptEnd(id="sqs-1", reason="odd", error="ValueError"),
        ),
        (Result(Outcome.SUCCESS, preview="[1]"), {}, None),
        (
            Result(Outcome.SUCCESS, 2, preview="[1]"),
            {"message": WANTED},
            KeptEnd(id="s@t#1", task="t", attempt=2, result="[1]"),
        ),
        (Result(Outcome.SUCCESS, preview="[1]"), {"message": None}, None),
        (
            Result(Outcome.SUCCESS, 2, preview="[1]"),
            {"record": record(redrive=1)},
            KeptEnd(id="s@t#1", task="t", attempt=2),
        ),
        (Result(Outcome.RETRY, preview="[1]"), {"message": WANTED}, None),
    ],
)
def test_of_an_end_the_reason_is_kept_and_a_result_that_is_wanted(
    result: Result, facts: dict[str, Any], kept: KeptEnd | None
) -> None:
    assert _kept_end(delivery(**{"record": record(), **facts}), result) == kept


def test_the_reason_of_a_dead_letter_that_was_not_sent_is_its_cause() -> None:
    error = DeadLetterNotSent("failed: odd; its dead letter was not sent: away")
    plain = _kept_end(delivery(record=record()), Result(Outcome.RETRY, error=error))
    error.__cause__ = ValueError("odd")
    kept = _kept_end(delivery(record=record()), Result(Outcome.RETRY, error=error))
    assert plain is None
    assert kept == KeptEnd(id="s@t#1", task="t", reason="odd", error="ValueError")


def entries(sqs_calls: Sqs) -> list[tuple[str, list[dict[str, Any]]]]:
    return [(operation, request["Entries"]) for operation, request in sqs_calls.requests]


def test_what_is_done_is_deleted_once_in_one_request(
    acknowledgement: Acknowledgement, sqs_calls: Sqs
) -> None:
    for number in (1, 2):
        acknowledgement.add_done(record(number))
    assert acknowledgement.done == 2
    assert acknowledgement.finish()
    assert acknowledgement.finish()
    deleted = [
        {"Id": "0", "ReceiptHandle": "handle-1"}, {"Id": "1", "ReceiptHandle": "handle-2"},
    ]  # fmt: skip
    assert entries(sqs_calls) == [("delete_message_batch", deleted)]
    assert sqs_calls.requests[0][1]["QueueUrl"] == "https://tasks"


def test_what_is_not_recorded_is_not_deleted(
    acknowledgement: Acknowledgement, recording: Recording, sqs_calls: Sqs
) -> None:
    made = record()
    recording.add(ended(made, Outcome.SUCCESS))
    acknowledgement.add_done(made)
    acknowledgement.finish()
    assert sqs_calls.requests == []
    acknowledgement.flush()
    assert [operation for operation, _ in sqs_calls.requests] == ["delete_message_batch"]


def test_what_can_be_recorded_nowhere_stays_on_the_queue(
    acknowledgement: Acknowledgement, recording: Recording, client: Client, sqs_calls: Sqs
) -> None:
    client.is_down = True
    sqs_calls.answer = OSError("away")
    made, other = record(1, receives=2), record(251)
    recording.add(ended(made, Outcome.SUCCESS))
    acknowledgement.add_done(made)
    acknowledgement.add_done(other)
    acknowledgement.record()
    assert acknowledgement.done == 1
    [kept] = acknowledgement.kept
    assert kept.record is made
    assert kept.wait > 0
    sqs_calls.answer = {"Successful": [{}]}
    assert acknowledgement.finish()
    operation, request = sqs_calls.requests[-1]
    assert operation == "delete_message_batch"
    assert [entry["ReceiptHandle"] for entry in request["Entries"]] == ["handle-251"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            {"Successful": [{}], "Failed": [{"Id": "0", "Code": "Odd", "Message": "why"}]},
            "Odd: why",
        ),
        ({"Failed": [{"Id": "0", "Code": "Odd"}]}, "Odd: no reason given"),
    ],
)
def test_what_sqs_does_not_delete_is_a_warning_and_left_to_the_end(
    acknowledgement: Acknowledgement, sqs_calls: Sqs, log_lines: Log, answer: Any, reason: str
) -> None:
    sqs_calls.answer = answer
    for number in (1, 2):
        acknowledgement.add_done(record(number))
    acknowledgement.flush()
    [line] = log_lines()
    assert (line["level"], line["message"]) == ("WARNING", "messages not deleted")
    assert (line["id"], line["reason"]) == ("sqs-1", reason)
    acknowledgement.add_done(record(3))
    assert acknowledgement.due_in == inf
    acknowledgement.flush()
    assert len(sqs_calls.requests) == 1
    sqs_calls.answer = {"Successful": [{}]}
    assert not acknowledgement.finish()
    assert len(sqs_calls.requests) == 2


def test_an_sqs_that_is_away_is_a_warning(
    acknowledgement: Acknowledgement, sqs_calls: Sqs, log_lines: Log
) -> None:
    sqs_calls.answer = OSError("away")
    acknowledgement.add_done(record())
    assert not acknowledgement.finish()
    acknowledgement.keep(record(), 5)
    acknowledgement.set_visibility()
    first, second = log_lines()
    assert (first["message"], first["exception_name"]) == ("messages not deleted", "OSError")
    assert (second["message"], second["exception_name"]) == ("visibility not changed", "OSError")


def test_messages_that_stay_are_visible_when_they_are_due(
    acknowledgement: Acknowledgement, sqs_calls: Sqs, log_lines: Log
) -> None:
    acknowledgement.set_visibility()
    assert sqs_calls.requests == []
    sqs_calls.answer = {"Failed": [{"Id": "1", "Code": "Odd", "Message": "why"}]}
    acknowledgement.keep(record(1), 1.2)
    acknowledgement.keep(record(2), 0.0)
    acknowledgement.set_visibility()
    assert entries(sqs_calls) == [
        (
            "change_message_visibility_batch",
            [
                {"Id": "0", "ReceiptHandle": "handle-1", "VisibilityTimeout": 2},
                {"Id": "1", "ReceiptHandle": "handle-2", "VisibilityTimeout": 0},
            ],
        )
    ]
    assert sqs_calls.requests[0][1]["QueueUrl"] == "https://tasks"
    [line] = log_lines()
    assert (line["message"], line["id"]) == ("visibility not changed", "sqs-2")


def test_while_tasks_run_messages_are_deleted_every_two_seconds_or_before_a_suspect(
    recording: Recording,
    budget: TimeBudget,
    sqs_calls: Sqs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr("task_scheduler.execution.acknowledgement.time", clock)
    acknowledgement = Acknowledgement("https://tasks", budget, recording)
    assert acknowledgement.due_in == inf
    acknowledgement.add_done(record(1))
    assert acknowledgement.due_in == FLUSH_SECONDS
    now += FLUSH_SECONDS - 0.5
    acknowledgement.before(record(2))
    assert sqs_calls.requests == []
    acknowledgement.before(record(2, receives=2))
    assert len(sqs_calls.requests) == 1
    acknowledgement.add_done(record(3))
    assert acknowledgement.due_in == FLUSH_SECONDS
    now += FLUSH_SECONDS
    acknowledgement.before(record(2))
    assert len(sqs_calls.requests) == 2


ENDS_BODY = late_entry(
    EndsRecord(run=RUN.key, chunk=0, marks=Marks({Mark.BAD: {FIRST.end("b")}})), "https://tasks"
).body
SENT_BODY = late_entry(SentRecord(run=RUN.key, facts={}, total=0), "https://tasks").body


def apply(
    records: list[Record], ledger: Ledger, recording: Recording, acks: Acknowledgement
) -> None:
    budget = TimeBudget(lambda: 30.0)
    apply_late_records(records, ledger, recording, acks, SETTINGS, budget)


def test_late_records_are_applied_and_done(
    ledger: Ledger, recording: Recording, acknowledgement: Acknowledgement
) -> None:
    records = [record(1, body=ENDS_BODY), record(2, body=SENT_BODY)]
    apply(records, ledger, recording, acknowledgement)
    assert recording.recorded.failing == {RUN}
    assert recording.recorded.complete == {RUN: Counts()}
    assert (acknowledgement.done, acknowledgement.kept) == (2, [])


def test_what_is_no_late_record_is_a_warning_and_gone(
    ledger: Ledger, recording: Recording, acknowledgement: Acknowledgement, log_lines: Log
) -> None:
    apply([record(body="{}")], ledger, recording, acknowledgement)
    [line] = log_lines()
    assert (line["message"], line["id"]) == ("late record", "sqs-1")
    assert line["reason"] == "not a late record: KeyError: 'version'"
    assert acknowledgement.done == 1


@pytest.mark.parametrize(("receives", "is_sent_anew"), [(2, False), (3, True)])
def test_a_record_that_the_ledger_does_not_take_comes_again_or_is_sent_anew(
    ledger: Ledger, recording: Recording, acknowledgement: Acknowledgement, client: Client,
    sqs_calls: Sqs, log_lines: Log, receives: int, is_sent_anew: bool,
) -> None:  # fmt: skip
    client.is_down = True
    made = record(body=ENDS_BODY, receives=receives)
    apply([made], ledger, recording, acknowledgement)
    assert log_lines()[0]["message"] == "ledger"
    assert acknowledgement.done == int(is_sent_anew)
    assert [kept.record for kept in acknowledgement.kept] == ([] if is_sent_anew else [made])
    if is_sent_anew:
        [(_, [entry])] = entries(sqs_calls)
        assert entry["MessageBody"] == ENDS_BODY
        assert sqs_calls.requests[0][1]["QueueUrl"] == "https://tasks"


def test_a_record_that_cannot_be_sent_anew_stays(
    ledger: Ledger, recording: Recording, acknowledgement: Acknowledgement, client: Client,
    sqs_calls: Sqs, log_lines: Log,
) -> None:  # fmt: skip
    client.is_down = True
    sqs_calls.answer = OSError("away")
    apply([record(body=ENDS_BODY, receives=3)], ledger, recording, acknowledgement)
    assert [line["message"] for line in log_lines()] == ["ledger", "late record"]
    assert log_lines()[1]["exception_name"] == "OSError"
    assert (acknowledgement.done, len(acknowledgement.kept)) == (0, 1)


def test_while_the_ledger_is_away_late_records_stay_and_are_waited_for_no_longer_than_other_reports(
    ledger: Ledger,
    recording: Recording,
    acknowledgement: Acknowledgement,
    log_lines: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def refuse(seconds: float, _call: object) -> None:
        waits.append(seconds)
        raise TimeoutError("no answer within 3.0 s")

    monkeypatch.setattr("task_scheduler.execution.late.call_with_timeout", refuse)
    records = [record(1, body=ENDS_BODY), record(2, body=SENT_BODY, receives=2)]

    apply(records, ledger, recording, acknowledgement)

    assert waits == [3.0, 3.0]
    assert [line["reason"] for line in log_lines()] == ["no answer within 3.0 s"] * 2
    assert [kept.record for kept in acknowledgement.kept] == records
    first, second = (kept.wait for kept in acknowledgement.kept)
    assert 5 <= first <= 10
    assert 10 <= second <= 20


def test_a_late_record_that_was_applied_is_taken_off_the_queue(
    ledger: Ledger, recording: Recording, acknowledgement: Acknowledgement, sqs_calls: Sqs
) -> None:
    apply([record(7, body=SENT_BODY)], ledger, recording, acknowledgement)
    assert acknowledgement.finish()

    [(operation, request)] = sqs_calls.requests
    assert operation == "delete_message_batch"
    assert [entry["ReceiptHandle"] for entry in request["Entries"]] == ["handle-7"]


def test_the_reason_of_a_failure_is_kept_for_the_digest_of_its_run(
    recording: Recording, ledger: Ledger
) -> None:
    recording.add(ended(record(3), Outcome.FAILED, attempt=2, error=OSError("no luck")))
    recording.flush(9.0)

    assert read_kept_end(ledger, Place(RUN.key, 3)) == KeptEnd(
        id=MESSAGE.id, task="t", attempt=2, reason="no luck", error="OSError"
    )


def test_the_reports_at_the_end_of_a_batch_have_the_time_that_is_left(
    recording: Recording,
    acknowledgement: Acknowledgement,
    budget: TimeBudget,
    sqs_calls: Sqs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def note(seconds: float, call: Callable[[], Any]) -> Any:
        waits.append(seconds)
        return call()

    for module in ("recording", "acknowledgement"):
        monkeypatch.setattr(f"task_scheduler.execution.{module}.call_with_timeout", note)
    made = record()
    recording.add(ended(made, Outcome.SUCCESS))
    acknowledgement.add_done(made)
    acknowledgement.keep(record(2), 5.0)

    acknowledgement.record()
    acknowledgement.set_visibility()
    assert acknowledgement.finish()

    assert waits == [budget.left_for_report()] * 3
    assert [operation for operation, _ in sqs_calls.requests] == [
        "change_message_visibility_batch",
        "delete_message_batch",
    ]


def test_a_report_between_tasks_takes_three_seconds_at_most(
    recording: Recording,
    acknowledgement: Acknowledgement,
    sqs_calls: Sqs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def note(seconds: float, call: Callable[[], Any]) -> Any:
        waits.append(seconds)
        return call()

    for module in ("recording", "acknowledgement"):
        monkeypatch.setattr(f"task_scheduler.execution.{module}.call_with_timeout", note)
    made = record()
    recording.add(ended(made, Outcome.SUCCESS))
    acknowledgement.add_done(made)
    acknowledgement.flush()

    assert waits == [3.0, 3.0]
    assert [operation for operation, _ in sqs_calls.requests] == ["delete_message_batch"]


def test_a_budget_is_shared_out_to_reports_and_dead_letters() -> None:
    budget = TimeBudget(lambda: 30.0)
    assert budget.left_for_flush() == 3.0
    assert budget.left_for_report() == 28.0
    assert budget.left_for_dead_letter() == 27.0
    assert budget.limit(None) == 25.0
