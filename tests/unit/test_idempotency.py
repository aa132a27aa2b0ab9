"""Deduplication, on the emulator's tables: a message that came to its end has no second effect."""

from __future__ import annotations

import time

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import BatchFailed
from task_scheduler.execution.idempotency import Idempotency
from task_scheduler.execution.result import Ended, Result
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.outcome import Outcome
from task_scheduler.queue.fifo import deduplication_id
from task_scheduler.queue.message import Message
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Item
from tests.model.still import Still, still_ledger
from tests.unit.conftest import Bench, Log, Write, fail, note
from tests.unit.test_attempt import delivery


@pytest.fixture(autouse=True)
def _deduplication(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEDUPLICATION", "true")


def _outcomes(ledger: Ledger, *messages: Message) -> list[Item]:
    """Return the records of messages that were sent once."""
    return [ledger.table.get(_key(message)) for message in messages]


def _key(message: Message) -> tuple[str, str]:
    return f"D#{deduplication_id(message.id, message.encode())}", "outcome#0"


@pytest.fixture(params=["1", "4"])
def concurrency(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TASK_CONCURRENCY", request.param)
    return str(request.param)


@pytest.mark.usefixtures("concurrency")
def test_a_message_delivered_twice_has_one_effect(bench: Bench, log_lines: Log) -> None:
    bench.put(note("1"), note("2"))
    assert bench.run() == []

    bench.put(note("1"))
    assert bench.run() == []

    assert sorted(bench.ran) == ["1", "2"]
    assert [(line["outcome"], line["attempt"]) for line in log_lines()] == [
        ("success", 1), ("success", 1), ("duplicate", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("message", "mark"), [(note("1"), "ok"), (fail("1", retries=0), "bad")])
def test_an_end_that_its_first_delivery_did_not_record_is_recorded_by_the_next(
    bench: Bench, ledger: Ledger, message: Message, mark: str
) -> None:
    run = RunId.of("s@t")
    neighbour = note("neighbour")
    bench.put_at("s@t#1", message)
    bench.put(neighbour)
    bench.run()
    recorded = ledger.read(run, 0)
    ledger.table.update(run.chunk(0), f"REMOVE #{mark}", {})
    assert ledger.read(run, 0) != recorded

    bench.put_at("s@t#1", message)
    assert bench.run() == []

    assert ledger.read(run, 0) == recorded
    assert recorded.ended == {0}


def test_an_outcome_that_the_ledger_does_not_have_is_of_the_attempt_that_it_is_found_at(
    ledger: Ledger,
) -> None:
    records = Idempotency(ledger, Settings(), TimeBudget(lambda: 30.0))

    assert records._taken(delivery(3), {"outcome": "success"}) == Result(
        outcome=Outcome.DUPLICATE, attempt=3, before=Outcome.SUCCESS
    )


def test_a_claim_lasts_until_its_function_has_ended_and_is_open_again_when_a_try_has_failed() -> (
    None
):
    ledger, waits = still_ledger(Still()), TimeBudget(lambda: 30.9)
    records = Idempotency(ledger, Settings(outcome_retention=86_400), waits)
    message = delivery(1).message
    assert message is not None

    assert records.claim(delivery(1)) is None

    item = ledger.table.get(_key(message))
    assert (item["until"], item["expires"]) == (ledger.now + 31, ledger.now + 86_400)
    records.record(Ended(delivery(1), Result(outcome=Outcome.RETRY)), 9.0)
    item = ledger.table.get(_key(message))
    assert (item["until"], item["expires"]) == (0, ledger.now + 86_400)
    assert records.claim(delivery(2)) is None


def test_the_record_of_an_outcome_takes_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    waits: list[float] = []

    def refuse(seconds: float, _call: object) -> None:
        waits.append(seconds)
        raise TimeoutError("no answer within 9.0 s")

    records = Idempotency(still_ledger(Still()), Settings(), TimeBudget(lambda: 30.0))
    records.claim(delivery(1))
    monkeypatch.setattr("task_scheduler.execution.idempotency.call_with_timeout", refuse)
    records.record(Ended(delivery(1), Result(outcome=Outcome.SUCCESS)), 9.0)

    assert waits == [9.0]
    assert [line["message"] for line in log_lines()] == ["outcome not recorded"]


def test_a_body_that_is_no_message_has_one_letter(bench: Bench, log_lines: Log) -> None:
    bench.put("{}")
    records = bench.receive()

    assert bench.run_records(records) == []
    assert bench.run_records(records) == []

    assert len(bench.dead_letters.receive_all()) == 1
    assert [line["outcome"] for line in log_lines()] == ["unreadable", "duplicate"]


def test_only_the_outcome_is_stored(bench: Bench, ledger: Ledger) -> None:
    message = note("a secret argument")
    bench.put(message)

    bench.run()

    [record] = _outcomes(ledger, message)
    assert record["outcome"] == "success"
    assert set(record) == {"pk", "sk", "outcome", "expires"}
    assert "secret" not in str(record)


@pytest.mark.parametrize(("setting", "days"), [("1555200", 18), ("", 28)])
def test_an_outcome_is_kept_as_long_as_its_message_may_be_sent_again(
    bench: Bench, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, setting: str, days: int
) -> None:
    monkeypatch.setenv("OUTCOME_RETENTION", setting)
    bench.put(note("1"))

    bench.run()

    [record] = _outcomes(ledger, note("1"))
    kept = record["expires"] - time.time()
    assert kept == pytest.approx(days * 86_400, abs=60)


@pytest.mark.usefixtures("concurrency")
def test_a_task_that_is_retried_is_run_again_and_a_final_failure_is_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    monkeypatch.setattr("task_scheduler.execution.result.compute_backoff", lambda _attempt: 0.0)
    bench.put(fail("1", retries=1), note("neighbour"))

    assert len(bench.run()) == 1
    assert bench.run() == []
    bench.put(fail("1", retries=1))
    assert bench.run() == []

    assert bench.ran.count("1") == 2
    assert len(bench.dead_letters.receive_all()) == 1
    assert [line["outcome"] for line in log_lines() if line.get("id") == "s@t#1"] == [
        "retry", "failed", "duplicate",
    ]  # fmt: skip


def _put_in_progress(ledger: Ledger, message: Message, seconds: int = 20) -> None:
    """Have a message look as if it were run elsewhere."""
    now = int(time.time())
    ledger.table.put(_key(message), {"until": now + seconds, "expires": now + 1_000})


def test_a_message_in_progress_elsewhere_waits_until_that_has_expired(
    bench: Bench, ledger: Ledger, log_lines: Log
) -> None:
    _put_in_progress(ledger, note("1"))
    bench.put(note("1"), note("neighbour"))

    assert len(bench.run()) == 1

    assert bench.ran == ["neighbour"]
    assert list(bench.hidden.values()) == [31]
    assert bench.dead_letters.receive_all() == []
    [line] = [line for line in log_lines() if line.get("outcome") == "retry"]
    assert (line["id"], line["attempt"], line["retry_after"]) == ("s@t#1", 1, 31)
    assert line["reason"] == "another delivery of it is in progress"


def test_a_message_that_always_was_in_progress_elsewhere_is_a_letter_that_says_so(
    bench: Bench, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "2")
    _put_in_progress(ledger, note("1"))
    bench.put(note("1"))

    assert bench.run() == []

    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "NeverStarted"
    assert dead_letter["attributes"]["reason"] == (
        "received 1 times; another delivery of it is in progress"
    )


def test_the_record_of_a_function_that_died_blocks_until_the_functions_time_is_over(
    bench: Bench, ledger: Ledger
) -> None:
    """Death between effect and record repeats the effect: this is the case, and its limit."""
    killer = Message(id="x", task="die", text="1")
    bench.put(killer, note("neighbour"))
    records = [record for record in bench.receive() if '"die"' in record["body"]]
    with pytest.raises(KeyboardInterrupt):
        bench.run_records(records, seconds=2)

    [record] = _outcomes(ledger, killer)

    assert "outcome" not in record
    assert record["until"] - time.time() < 4
    _put_in_progress(ledger, killer, -2)
    with pytest.raises(KeyboardInterrupt):
        bench.run_records(records, seconds=2)
    assert bench.ran == ["1", "1"]


def test_a_task_whose_outcome_cannot_be_recorded_is_done_still(
    bench: Bench, write_tasks: Write, log_lines: Log
) -> None:
    write_tasks(
        last="""
            import boto3, os
            from task_scheduler import task

            @task("last")
            def last():
                boto3.client("dynamodb").delete_table(TableName=os.environ["LEDGER_TABLE"])
        """
    )
    bench.put(Message(id="x", task="last"))

    assert bench.run() == []

    warning, line, *_ = log_lines()
    assert (warning["level"], warning["message"]) == ("WARNING", "outcome not recorded")
    assert "ResourceNotFoundException" in warning["exception"]
    assert line["outcome"] == "success"


def test_without_the_table_messages_wait_on_the_queue_and_are_not_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    monkeypatch.setenv("LEDGER_TABLE", "gone")
    bench.put("a text", Message(id="y", task="unknown"))

    with pytest.raises(Exception, match="none of 2 tasks"):
        bench.run()

    assert bench.ran == []
    assert bench.dead_letters.receive_all() == []
    assert [5 <= seconds <= 10 for seconds in bench.hidden.values()] == [True, True]
    lines = [line for line in log_lines() if line["message"] == "task"]
    assert [(line["outcome"], line["error"]) for line in lines] == [
        ("retry", "LedgerUnavailable"),
    ] * 2


def test_while_the_table_does_not_answer_waits_grow_and_no_attempt_is_spent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put(fail("1", retries=0))
    records = bench.receive()
    waits: list[int] = []
    with monkeypatch.context() as patch:
        patch.setenv("LEDGER_TABLE", "gone")
        for receives in "12345":
            records[0]["attributes"]["ApproximateReceiveCount"] = receives
            with pytest.raises(BatchFailed):
                bench.run_records(records)
            waits += bench.hidden.values()

    records[0]["attributes"]["ApproximateReceiveCount"] = "6"
    assert bench.run_records(records) == []

    assert bench.ran == ["1"]
    terms = [10, 20, 40, 80, 160]
    assert all(term / 2 <= wait <= term for wait, term in zip(waits, terms, strict=True))
    [dead_letter] = bench.dead_letters.receive_all()
    assert (dead_letter["attributes"]["reason"], dead_letter["attributes"]["attempts"]) == (
        "no luck", "1",
    )  # fmt: skip
