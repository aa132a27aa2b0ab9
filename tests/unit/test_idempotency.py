"""Deduplication, on the emulator's tables: a message that came to its end has no second effect."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Any

import boto3
import pytest

from task_scheduler.errors import BatchFailed
from task_scheduler.queue.fifo import deduplication_id
from task_scheduler.queue.message import Message
from tests.unit.conftest import Bench, Log, Write, fail, note


@pytest.fixture(autouse=True)
def table(sqs: object, monkeypatch: pytest.MonkeyPatch) -> str:
    assert sqs  # sets the environment
    name = f"test-{uuid.uuid4().hex}"
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    monkeypatch.setenv("DEDUPLICATION", "true")
    monkeypatch.setenv("LEDGER_TABLE", name)
    return name


def _records(table: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName=table)["Items"]
    return items


@pytest.fixture(params=["1", "4"])
def concurrency(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TASK_CONCURRENCY", request.param)
    return str(request.param)


@pytest.mark.usefixtures("concurrency")
def test_a_message_delivered_twice_has_one_effect(bench: Bench, log_lines: Log) -> None:
    bench.put(note("1"), note("2"))
    assert bench.run() == []

    bench.put(note("1"))
    records = bench.receive()
    records[0]["attributes"]["ApproximateReceiveCount"] = "2"
    assert bench.run_records(records) == []

    assert sorted(bench.ran) == ["1", "2"]
    assert [(line["outcome"], line["attempt"]) for line in log_lines()] == [
        ("success", 1), ("success", 1), ("duplicate", 2),
    ]  # fmt: skip


def test_a_body_that_is_no_message_has_one_letter(bench: Bench, log_lines: Log) -> None:
    bench.put("{}")
    records = bench.receive()

    assert bench.run_records(records) == []
    assert bench.run_records(records) == []

    assert len(bench.dead_letters.receive_all()) == 1
    assert [line["outcome"] for line in log_lines()] == ["unreadable", "duplicate"]


def test_only_the_outcome_is_stored(bench: Bench, table: str) -> None:
    message = note("a secret argument")
    bench.put(message)

    bench.run()

    [record] = _records(table)
    assert record["data"] == {"S": '"success"'}
    # the next version of this package has to find it
    identity = deduplication_id("s@t#a secret argument", message.encode())
    key = hashlib.sha256(f'"{identity}"'.encode()).hexdigest()
    assert (record["pk"], record["sk"]) == ({"S": "D#message"}, {"S": f"message#{key}"})
    assert "secret" not in str(record)


@pytest.mark.parametrize(("setting", "days"), [("1555200", 18), ("", 28)])
def test_an_outcome_is_kept_as_long_as_its_message_may_be_sent_again(
    bench: Bench, table: str, monkeypatch: pytest.MonkeyPatch, setting: str, days: int
) -> None:
    monkeypatch.setenv("OUTCOME_RETENTION", setting)
    bench.put(note("1"))

    bench.run()

    [record] = _records(table)
    kept = int(record["expires"]["N"]) - time.time()
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


def _put_in_progress(bench: Bench, table: str) -> None:
    """Has note("1") run, and makes its record look as if it were run still."""
    bench.put(note("1"))
    bench.run()
    [record] = _records(table)
    boto3.client("dynamodb").put_item(
        TableName=table,
        Item={
            "pk": record["pk"],
            "sk": record["sk"],
            "status": {"S": "INPROGRESS"},
            "expires": record["expires"],
            "in_progress_expiration": {"N": str(int((time.time() + 20) * 1000))},
        },
    )


def test_a_message_in_progress_elsewhere_waits_until_that_has_expired(
    bench: Bench, table: str, log_lines: Log
) -> None:
    _put_in_progress(bench, table)
    bench.put(note("1"), note("neighbour"))

    assert len(bench.run()) == 1

    assert bench.ran == ["1", "neighbour"]
    assert list(bench.hidden.values()) == [31]
    assert bench.dead_letters.receive_all() == []
    [line] = [line for line in log_lines() if line["outcome"] == "retry"]
    assert (line["id"], line["attempt"], line["retry_after"]) == ("s@t#1", 1, 31)
    assert line["reason"] == "another delivery of it is in progress"


def test_a_message_that_always_was_in_progress_elsewhere_is_a_letter_that_says_so(
    bench: Bench, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "2")
    _put_in_progress(bench, table)
    bench.put(note("1"))

    assert bench.run() == []

    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "NeverStarted"
    assert dead_letter["attributes"]["reason"] == (
        "received 1 times; another delivery of it is in progress"
    )


def test_the_record_of_a_function_that_died_blocks_until_the_functions_time_is_over(
    bench: Bench, table: str
) -> None:
    """Death between effect and record repeats the effect: this is the case, and its limit."""
    bench.put(Message(id="x", task="die", text="1"), note("neighbour"))
    records = [record for record in bench.receive() if '"die"' in record["body"]]
    with pytest.raises(KeyboardInterrupt):
        bench.run_records(records, seconds=2)

    [record] = _records(table)

    assert record["status"] == {"S": "INPROGRESS"}
    left = int(record["in_progress_expiration"]["N"]) / 1000 - time.time()
    assert left < 3
    boto3.client("dynamodb").update_item(
        TableName=table,
        Key={"pk": record["pk"], "sk": record["sk"]},
        UpdateExpression="SET in_progress_expiration = :past",
        ExpressionAttributeValues={":past": {"N": str(int((time.time() - 1) * 1000))}},
    )
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

    warning, line = log_lines()
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
    for line in log_lines():
        assert (line["outcome"], line["error"]) == ("retry", "ResourceNotFoundException")


def test_while_the_table_does_not_answer_waits_grow_and_no_attempt_is_spent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, table: str
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
