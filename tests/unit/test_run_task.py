"""run_task, on the emulator's queues: every message comes to an outcome or stays on the queue."""

from __future__ import annotations

import json
import signal
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from threading import Event
from typing import Any

import pytest

from task_scheduler import run_task
from task_scheduler.errors import BatchFailed, InvalidSettings, LedgerUnavailable
from task_scheduler.execution import acknowledgement
from task_scheduler.execution.recording import Recording
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.queue.sending import send_batch
from task_scheduler.runs.chunk import Chunk, Mark, Marks, Position
from task_scheduler.runs.identity import RunId
from task_scheduler.runs.late_records import EndsRecord, LateRecord, SentRecord, late_entry
from task_scheduler.runs.ledger import Ledger
from tests.unit.conftest import Bench, Context, Log, ProcessEnded, Queue, Write, fail, note


def test_a_plain_text_is_printed(bench: Bench, task_lines: Log) -> None:
    bench.put("Hello from Lambda #1!")

    assert bench.run() == []

    assert [line["message"] for line in task_lines()] == ["Hello from Lambda #1!"]


def test_a_failing_task_never_takes_its_neighbours_along(bench: Bench) -> None:
    bench.put(note("1"), fail("2"), '{"py/reduce": []}', fail("4", args={"error": "SystemExit"}))
    bench.put(note("5"), Message(id="x", schedule="s", task="nope"))

    kept = bench.run()

    assert sorted(bench.ran) == ["1", "2", "4", "5"]
    assert len(kept) == 2
    assert sorted(
        dead_letter["attributes"]["error"] for dead_letter in bench.dead_letters.receive_all()
    ) == [
        "InvalidMessage",
        "UnknownTask",
    ]


def test_a_task_has_one_line_in_the_log_with_its_outcome(bench: Bench, log_lines: Log) -> None:
    bench.put(note("1", scheduled_time="2026-11-23T02:00:00Z"))

    bench.run()

    [line] = log_lines()
    assert line.pop("duration_ms") >= 0
    assert {name: line[name] for name in line if name not in ("service", "level", "_aws")} == {
        "message": "task",
        "outcome": "success",
        "id": "s@t#1",
        "schedule": "s",
        "scheduled_time": "2026-11-23T02:00:00Z",
        "task": "note",
        "attempt": 1,
        "result": '{"noted":"1"}',
    }


def test_the_environment_is_not_in_the_log(
    bench: Bench, log_text: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-secret-token")
    bench.put(note("1"), fail("2"), "{}")

    bench.run()

    assert "s@t#1" in log_text()
    assert "a-secret-token" not in log_text()


def test_a_task_is_retried_and_is_a_letter_with_its_reason_after_the_last_attempt(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("task_scheduler.execution.result.compute_backoff", lambda _attempt: 0.0)
    bench.put(fail("2", retries=2), note("ok"))

    kept = [len(bench.run()) for _ in range(1)]
    for _ in range(1):
        with pytest.raises(BatchFailed, match="none of 1 tasks"):
            bench.run()
    bench.run()

    assert kept == [1]
    assert bench.ran.count("2") == 3
    [dead_letter] = bench.dead_letters.receive_all()
    assert json.loads(dead_letter["body"])["id"] == "s@t#2"
    times = [dead_letter["attributes"].pop(name) for name in ("first_received", "last_received")]
    assert times == sorted(times)
    assert dead_letter["attributes"] == {
        "outcome": "failed",
        "reason": "no luck",
        "error": "ValueError",
        "attempts": "3",
        "schedule": "s",
        "task": "fail",
    }


def test_a_never_retry_exception_fails_for_good_at_once(bench: Bench) -> None:
    bench.put(fail("2", args={"error": "KeyError"}, retries=5))

    assert bench.run() == []

    [dead_letter] = bench.dead_letters.receive_all()
    assert (dead_letter["attributes"]["error"], dead_letter["attributes"]["attempts"]) == (
        "KeyError",
        "1",
    )


def test_no_retries_means_one_attempt(bench: Bench) -> None:
    bench.put(fail("2", retries=0))

    assert bench.run() == []

    assert bench.ran == ["2"]
    assert len(bench.dead_letters.receive_all()) == 1


def test_retry_after_says_when_the_message_is_visible_again(bench: Bench) -> None:
    bench.put(Message(id="a", task="again", text="x", args={"after": 0}), note("neighbour"))

    kept = bench.run()

    assert len(kept) == 1
    assert [record["messageId"] for record in bench.receive()] == kept


@pytest.mark.parametrize(("after", "seconds"), [(0, 0), (0.2, 1), (1.0, 1), (43_200.0, 42_000)])
def test_a_wait_is_whole_seconds_and_never_shorter_than_asked_for(
    bench: Bench, after: float, seconds: int
) -> None:
    bench.put(Message(id="a", task="again", text="x", args={"after": after}), note("neighbour"))

    bench.run()

    assert list(bench.hidden.values()) == [seconds]


def test_a_retried_message_stays_hidden_while_it_backs_off(bench: Bench) -> None:
    bench.put(fail("2"), note("neighbour"))

    bench.run()

    assert bench.receive(wait=0) == []
    [seconds] = bench.hidden.values()
    assert 5 <= seconds <= 10


def test_a_hand_written_messages_retries_are_capped_by_the_queues_receives(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "3")
    monkeypatch.setattr("task_scheduler.execution.result.compute_backoff", lambda _attempt: 0.0)
    bench.put(fail("2", retries=1_000), note("neighbour"))

    bench.run()
    bench.run()

    assert bench.ran.count("2") == 2
    assert [m["attributes"]["outcome"] for m in bench.dead_letters.receive_all()] == ["failed"]


def test_a_message_older_than_its_max_age_is_not_run(bench: Bench, log_lines: Log) -> None:
    bench.put(note("late", max_age=1), note("fresh", max_age=1_000))
    records = bench.receive()
    for record in records:
        sent = int(record["attributes"]["SentTimestamp"])
        record["attributes"]["SentTimestamp"] = str(sent - 5_000)

    assert bench.run_records(records) == []

    assert bench.ran == ["fresh"]
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["outcome"] == "expired"
    assert "max_age is 1 s" in dead_letter["attributes"]["reason"]
    assert {line["outcome"] for line in log_lines()} == {"expired", "success"}


def test_what_does_not_fit_into_the_remaining_time_is_given_back_unstarted_and_visible(
    bench: Bench,
) -> None:
    long = [Message(id=f"x#{n}", task="long", text=str(n)) for n in range(3)]
    bench.put(*long)

    kept = bench.run(seconds=15)

    assert len(bench.ran) == 1
    assert len(kept) == 2
    assert list(bench.hidden.values()) == [0, 1]
    [again] = bench.receive(wait=0)
    assert again["messageId"] == kept[0]
    assert again["attributes"]["ApproximateReceiveCount"] == "2"


def marked(ledger: Ledger, record: dict[str, Any], mark: Mark, *receives: int) -> None:
    """Have earlier receives of a message typed by hand have come to something."""
    marks = Marks()
    for number in receives:
        marks.add(mark, Position(0, 0), body=record["body"], receives=number)
    ledger.record(RunId.of(record["messageId"]), 0, marks)


def chunk_of(ledger: Ledger, sqs_id: str) -> Chunk:
    """Return what is recorded of a message typed by hand."""
    return ledger.read(RunId.of(sqs_id), 0)


def test_what_is_given_back_comes_back_one_after_the_other(bench: Bench, ledger: Ledger) -> None:
    bench.put(*(Message(id=f"x#{n}", task="long", text=str(n), retries=1) for n in range(4)))

    kept = bench.run(seconds=15)

    assert sorted(bench.hidden.values()) == [0, 1, 1]
    assert [chunk_of(ledger, sqs_id).marks[Mark.BACK] for sqs_id in kept] == [{1}] * 3


def test_a_message_that_was_given_back_has_all_its_attempts(bench: Bench, ledger: Ledger) -> None:
    bench.put(fail("1", retries=1), note("neighbour"))
    records = bench.receive()
    for record in records:
        marked(ledger, record, Mark.BACK, 1, 2, 3)

    assert len(bench.run_records(bench.redeliver(records, 4))) == 1

    assert bench.dead_letters.receive_all() == []
    assert sorted(bench.ran) == ["1", "neighbour"]


def test_an_attempt_that_failed_is_used_whatever_sandbox_runs_the_next(
    bench: Bench, ledger: Ledger
) -> None:
    bench.put(fail("1", retries=2), note("neighbour"))
    records = bench.receive()
    for record in records:
        marked(ledger, record, Mark.TRIED, 2, 5)
        marked(ledger, record, Mark.BACK, 1, 3, 4)

    assert bench.run_records(bench.redeliver(records, 6)) == []

    [dead_letter] = bench.dead_letters.receive_all()
    assert (dead_letter["attributes"]["reason"], dead_letter["attributes"]["attempts"]) == (
        "no luck", "3",
    )  # fmt: skip


def test_what_the_dead_sender_of_a_run_has_sent_as_well_is_not_run_again(
    bench: Bench, ledger: Ledger, log_lines: Log
) -> None:
    message, run = note("1"), RunId.of("s@t")
    marks = Marks()
    marks.add(Mark.OK, Position(0, 0), body=message.encode())
    ledger.record(run, 0, marks)
    ledger.table.update(run.item, "SET #taken_over = :yes", {"yes": True})
    bench.put_at("s@t#1", message)

    assert bench.run() == []

    assert bench.ran == []
    assert [line["outcome"] for line in log_lines() if line["message"] == "task"] == ["duplicate"]


def test_what_has_ended_is_taken_off_the_queue_and_not_run_again(
    bench: Bench, log_lines: Log
) -> None:
    """Lambda may not have deleted it, or SQS deliver it twice."""
    bench.put(note("1"), fail("2", retries=0))
    records = bench.receive()
    run_task.handler({"Records": records}, Context())  # type: ignore[arg-type]

    assert bench.run_records(bench.redeliver(records, 2)) == []

    assert sorted(bench.ran) == ["1", "2"]
    assert bench.length == 0
    assert len(bench.dead_letters.receive_all()) == 1
    assert [line["outcome"] for line in log_lines()][2:] == ["duplicate"] * 2


def test_at_its_last_permitted_receive_a_task_is_a_dead_letter_and_is_not_run(
    bench: Bench,
) -> None:
    bench.put(note("1"), note("2"))
    records = bench.receive()
    records[0]["attributes"]["ApproximateReceiveCount"] = "13"

    assert bench.run_records(records) == []

    assert len(bench.ran) == 1
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "OutOfReceives"
    assert dead_letter["attributes"]["outcome"] == "failed"


def test_of_a_fifo_group_behind_a_killer_only_that_is_a_dead_letter_and_the_others_run(
    make_queue: Callable[..., Queue],
    bench: Bench,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead_letters = make_queue(".fifo", FifoQueue="true")
    bench.queue = make_queue(".fifo", FifoQueue="true", VisibilityTimeout="300")
    bench.dead_letters = dead_letters
    monkeypatch.setenv("QUEUE_URL", bench.queue.url)
    monkeypatch.setenv("TASKS_DEAD_LETTER_URL", dead_letters.url)
    for number, text in enumerate(["killer", "a", "b"]):
        bench.queue.client.send_message(
            QueueUrl=bench.queue.url,
            MessageBody=note(text).encode(),
            MessageGroupId="g",
            MessageDeduplicationId=str(number),
        )
    records = bench.receive()
    marked(ledger, records[0], Mark.BEGUN, 2, 3, 4)

    assert bench.run_records(bench.redeliver(records, 13)) == []

    assert bench.ran == ["a", "b"]
    [dead_letter] = dead_letters.receive_all()
    assert json.loads(dead_letter["body"])["text"] == "killer"


def test_a_message_that_retention_would_drop_is_a_dead_letter_and_not_given_back(
    bench: Bench,
) -> None:
    bench.put(*(Message(id=f"x#{n}", task="long", text=str(n)) for n in range(2)))
    records = bench.receive()
    half_a_second_before = int((time.time() - 345_599.5) * 1_000)
    for record in records:
        record["attributes"]["SentTimestamp"] = str(half_a_second_before)

    assert bench.run_records(records, seconds=15) == []

    assert len(bench.ran) == 1
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "NeverStarted"
    assert "message_retention" in dead_letter["attributes"]["reason"]


def test_what_was_given_back_most_often_is_started_first(bench: Bench, ledger: Ledger) -> None:
    bench.put(note("a"), note("b"), note("c"))
    records = bench.receive()
    bench.redeliver(records[-1:], 4)
    marked(ledger, records[-1], Mark.BACK, 1, 2, 3)
    oftenest = json.loads(records[-1]["body"])["text"]

    bench.run_records(records)

    assert bench.ran[0] == oftenest


def test_a_receive_that_left_no_mark_is_run_last(bench: Bench) -> None:
    """Its task may have killed the function."""
    bench.put(note("a"), note("b"), note("c"))
    records = bench.receive()
    bench.redeliver(records[:1], 2)
    suspect = json.loads(records[0]["body"])["text"]

    bench.run_records(records)

    assert bench.ran[-1] == suspect


def test_a_task_that_always_kills_the_function_has_its_attempts_and_its_neighbours_are_done(
    bench: Bench,
) -> None:
    """The first death tells nothing of which task it was; each later one is known beforehand."""
    bench.put(note("before"), Message(id="x", task="die", text="killer"), note("behind"))
    records = sorted(bench.receive(), key=lambda record: '"before"' not in record["body"])
    records.sort(key=lambda record: '"behind"' in record["body"])

    left = []
    for receives in range(1, 5):
        with pytest.raises(KeyboardInterrupt):
            bench.run_records(bench.redeliver(list(records), receives))
        left.append(bench.length)
        if receives == 2:
            del records[0]  # it is off the queue
    assert bench.run_records(bench.redeliver(records, 5)) == []

    assert bench.ran == ["before", "killer", "before", "killer", "killer", "killer", "behind"]
    assert left == [3, 2, 2, 2]
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "OutOfAttempts"
    assert dead_letter["attributes"]["attempts"] == "3"


def test_a_task_that_overruns_its_timeout_is_interrupted_and_its_neighbours_run(
    bench: Bench,
) -> None:
    bench.put(Message(id="slow", task="slow", text="slow", retries=0), note("after"))
    begun = time.monotonic()

    assert bench.run() == []

    assert sorted(bench.ran) == ["after", "slow"]
    assert time.monotonic() - begun < 20
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "TaskTimeout"
    assert dead_letter["attributes"]["reason"] == "ran for more than 0.2 s"


def test_a_task_without_a_timeout_is_interrupted_before_the_function_is_ended(
    bench: Bench,
) -> None:
    bench.put(Message(id="hang", task="hang", retries=0))

    assert bench.run(seconds=2) == []

    assert [m["attributes"]["error"] for m in bench.dead_letters.receive_all()] == ["TaskTimeout"]


def test_a_task_whose_dead_letter_is_refused_runs_once_and_the_dead_letter_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    monkeypatch.setattr("task_scheduler.execution.settlement.compute_backoff", lambda _receive: 0.0)
    bench.put(fail("1", retries=0))
    with monkeypatch.context() as patch:
        patch.setenv("TASKS_DEAD_LETTER_URL", f"{bench.dead_letters.url}-not-there")
        for _ in range(3):
            with pytest.raises(BatchFailed):
                bench.run()

    assert bench.run() == []

    assert bench.ran == ["1"]
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["reason"] == "no luck"
    assert dead_letter["attributes"]["attempts"] == "1"
    assert [line["outcome"] for line in log_lines()] == ["retry", "retry", "retry", "failed"]
    for line in log_lines()[:3]:
        assert line["reason"].startswith("failed: no luck; its dead letter was not sent: ")


def test_a_message_whose_letter_cannot_be_sent_stays_on_the_queue(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKS_DEAD_LETTER_URL", f"{bench.dead_letters.url}-not-there")
    bench.put("{}", note("neighbour"))

    assert len(bench.run()) == 1
    assert bench.ran == ["neighbour"]
    [seconds] = bench.hidden.values()
    assert 5 <= seconds <= 10


@pytest.fixture(params=["fails", "is not answered"])
def trouble(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """SQS's treatment of a request."""
    over = Event()

    def request_in_trouble(**_: object) -> None:
        if request.param == "fails":
            raise ConnectionError
        over.wait(30)

    yield request_in_trouble
    over.set()


def test_a_message_that_cannot_be_taken_off_the_queue_early_is_left_to_lambda(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: Log,
    trouble: Callable[..., None],
) -> None:
    bench.put(note("1"), note("2"), note("3"))
    records = bench.receive()
    for record in records:
        record["attributes"]["ApproximateReceiveCount"] = "2"

    with monkeypatch.context() as patch:
        patch.setattr(bench.queue.client, "delete_message_batch", trouble)
        response = run_task.handler({"Records": records}, Context(0.5))  # type: ignore[arg-type]

    assert response == {"batchItemFailures": []}
    assert len(bench.ran) == 3
    [warning] = [line for line in log_lines() if line["level"] == "WARNING"]
    assert warning["message"] == "messages not deleted"
    assert warning["exception_name"] in ("ConnectionError", "TimeoutError")


def test_kept_messages_whose_time_cannot_be_set_come_back_when_the_queue_says(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: Log,
    trouble: Callable[..., None],
) -> None:
    monkeypatch.setattr(bench.queue.client, "change_message_visibility_batch", trouble)
    bench.put(fail("1"), note("neighbour"))

    assert len(bench.run(seconds=0.5)) == 1

    warning = log_lines()[-1]
    assert (warning["level"], warning["message"]) == ("WARNING", "visibility not changed")
    assert warning["exception_name"] in ("ConnectionError", "TimeoutError")


@pytest.fixture
def silent_dead_letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A dead-letter queue that does not answer."""
    over = Event()
    monkeypatch.setattr("task_scheduler.queue.sending.send_batch", lambda *_: over.wait(30))
    yield
    over.set()


@pytest.mark.usefixtures("silent_dead_letters")
def test_a_letter_that_is_not_answered_ends_before_the_function_does(
    bench: Bench, log_lines: Log
) -> None:
    bench.put("{}", note("neighbour"))

    assert len(bench.run(seconds=0.5)) == 1

    assert bench.ran == ["neighbour"]
    [line] = [line for line in log_lines() if line["outcome"] == "retry"]
    assert "its dead letter was not sent: no answer within 0." in line["reason"]


def test_the_time_that_a_letter_takes_is_not_the_tasks(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_long(*arguments: Any) -> int:
        time.sleep(0.4)
        return send_batch(*arguments)

    monkeypatch.setattr("task_scheduler.queue.sending.send_batch", take_long)
    bench.put(Message(id="x", task="brief", text="1", retries=0))

    bench.run()

    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "ValueError"


def test_a_batch_without_a_finished_task_counts_as_an_error_of_the_function(bench: Bench) -> None:
    bench.put(fail("1"), fail("2"))

    with pytest.raises(BatchFailed):
        bench.run()


def test_a_letter_of_a_fifo_queue_keeps_group_and_order(
    make_queue: Callable[..., Queue], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = make_queue(".fifo", FifoQueue="true", VisibilityTimeout="300")
    dead_letters = make_queue(".fifo", FifoQueue="true")
    monkeypatch.setenv("QUEUE_URL", fifo.url)
    monkeypatch.setenv("TASKS_DEAD_LETTER_URL", dead_letters.url)
    bench.queue, bench.dead_letters = fifo, dead_letters
    bodies = [note("a1"), fail("a2"), note("a3"), note("b1")]
    sent = [*zip("aaab", (message.encode() for message in bodies), strict=True), ("b", "{}")]
    for number, (group, body) in enumerate(sent):
        fifo.client.send_message(
            QueueUrl=fifo.url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=f"d{number}",
        )

    records = bench.receive()
    for record in records:  # those of another queue would go backwards now
        record["attributes"]["ApproximateReceiveCount"] = "2"
    kept = bench.run_records(records)

    assert bench.ran == ["a1", "a2", "b1"]
    assert kept == [record["messageId"] for record in records[1:3]]
    [dead_letter] = dead_letters.receive_all()
    assert dead_letter["system"]["MessageGroupId"] == "b"
    assert dead_letter["system"]["MessageDeduplicationId"] == "d4"


def test_tasks_that_wait_overlap(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits until all have come: one after the other they would wait for ever."""
    monkeypatch.setenv("TASK_CONCURRENCY", "5")
    bench.put(*(Message(id=str(n), task="meet", text="5", retries=0) for n in range(5)))

    assert bench.run(seconds=10) == []

    assert bench.ran == ["5"] * 5
    assert bench.dead_letters.receive_all() == []


def test_a_sandbox_whose_tasks_never_return_ends_itself_after_its_batch_is_reported(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: Log
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "2")
    stuck = [Message(id=f"x{n}", task="stuck", text="stuck", retries=0) for n in range(2)]
    bench.put(*stuck, note("a"), note("b"))
    records = bench.receive()
    records.sort(key=lambda record: "stuck" not in record["body"])

    with pytest.raises(ProcessEnded):
        bench.run_records(records)

    assert bench.ran == []
    dead_letters = bench.dead_letters.receive_all()
    errors = [dead_letter["attributes"]["error"] for dead_letter in dead_letters]
    assert errors == ["TaskTimeout"] * 2
    assert bench.length == 2
    assert list(bench.hidden.values()) == [0, 0]
    assert log_lines()[-1]["message"] == "sandbox ended"
    assert log_lines()[-1]["reason"] == "tasks that were given up run still"
    (bench.folder / "go").touch()
    bench.wait_until(lambda: bench.ran == ["cancelled"] * 2)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise OSError(errno.EMFILE, 'Too many open files')", "OSError: [Errno 24] Too many"),
        ("raise OSError(errno.ENOSPC, 'No space left')", "OSError: [Errno 28] No space left"),
        ("raise MemoryError", "MemoryError: "),
        ('raise RuntimeError("can\'t start new thread")', "RuntimeError: can't start new"),
        (
            "try: raise OSError(errno.EMFILE, 'no more')\n"
            "    except OSError as error: raise LookupError('no answer') from error",
            "LookupError: no answer",
        ),
    ],
)
def test_a_sandbox_that_has_nothing_left_for_other_tasks_ends_itself_after_its_batch_is_reported(
    bench: Bench, write_tasks: Write, log_lines: Log, code: str, reason: str
) -> None:
    lines = ["import errno", "from task_scheduler import task", "@task('leak')", "def leak():"]
    write_tasks(leaks="\n".join([*lines, f"    {code}"]))
    bench.put(Message(id="x", task="leak", retries=0), note("a"))

    with pytest.raises(ProcessEnded):
        bench.run()

    assert bench.ran == ["a"]
    assert len(bench.dead_letters.receive_all()) == 1
    assert bench.length == 0
    assert log_lines()[-1]["message"] == "sandbox ended"
    assert log_lines()[-1]["reason"].startswith(reason)


def test_a_sandbox_does_not_end_itself_before_the_queue_knows_what_is_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setenv("TASK_CONCURRENCY", "2")
    bench.put(Message(id="x", task="stuck", text="stuck", retries=0))
    records = bench.receive()

    with monkeypatch.context() as patch:
        patch.setattr(bench.queue.client, "delete_message_batch", refuse)
        response = run_task.handler({"Records": records}, Context())  # type: ignore[arg-type]

    assert response == {"batchItemFailures": []}
    (bench.folder / "go").touch()
    bench.wait_until(lambda: bench.ran == ["cancelled"])


def test_async_tasks_overlap_on_one_event_loop(
    bench: Bench, write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "5")
    write_tasks(
        waiting="""
            import asyncio
            from task_scheduler import task

            arrived = []
            everybody = asyncio.Event()

            @task("gather")
            async def gather():
                arrived.append(1)
                if len(arrived) == 5:
                    everybody.set()
                await everybody.wait()
        """
    )
    bench.put(*(Message(id=str(n), task="gather", retries=0) for n in range(5)))

    assert bench.run(seconds=10) == []

    assert bench.dead_letters.receive_all() == []


def test_an_overlapped_async_task_that_overruns_is_cancelled_and_its_slot_used_again(
    bench: Bench, write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "2")
    write_tasks(
        waiting="""
            import asyncio
            from tasks import note
            from task_scheduler import task

            @task("sleep", timeout=1)
            async def sleep(text):
                try:
                    await asyncio.sleep(30)
                finally:
                    note(text)
        """
    )
    sleeping = [Message(id=f"x{n}", task="sleep", text=f"x{n}", retries=0) for n in range(2)]
    bench.put(*sleeping, note("a"), note("b"))
    records = bench.receive()
    records.sort(key=lambda record: "sleep" not in record["body"])

    assert bench.run_records(records) == []

    assert sorted(bench.ran) == ["a", "b", "x0", "x1"]
    errors = [letter["attributes"]["error"] for letter in bench.dead_letters.receive_all()]
    assert errors == ["TaskTimeout"] * 2


def test_an_overlapped_task_takes_no_neighbour_along(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "3")
    bench.put(note("1"), fail("2"), '{"py/reduce": []}', fail("4", args={"error": "SystemExit"}))
    bench.put(note("5"), Message(id="x", schedule="s", task="nope"))

    kept = bench.run()

    assert sorted(bench.ran) == ["1", "2", "4", "5"]
    assert len(kept) == 2
    assert len(bench.dead_letters.receive_all()) == 2


def test_groups_of_a_fifo_queue_overlap_and_each_keeps_its_order(
    make_queue: Callable[..., Queue], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "10")
    bench.queue = make_queue(".fifo", FifoQueue="true", VisibilityTimeout="300")
    monkeypatch.setenv("QUEUE_URL", bench.queue.url)
    # the first task of each group waits for that of the other
    tasks = [("a", "meet", "2"), ("a", "note", "a2"), ("a", "note", "a3"),
             ("b", "meet", "2"), ("b", "note", "b2")]  # fmt: skip
    for number, (group, task, text) in enumerate(tasks):
        bench.queue.client.send_message(
            QueueUrl=bench.queue.url,
            MessageBody=Message(id=str(number), task=task, text=text).encode(),
            MessageGroupId=group,
            MessageDeduplicationId=str(number),
        )

    assert bench.run(seconds=10) == []

    assert bench.ran[:2] == ["2", "2"]
    assert [text for text in bench.ran if text[0] == "a"] == ["a2", "a3"]


def test_a_task_whose_next_attempt_would_come_after_sqs_drops_it_is_a_letter_now(
    bench: Bench, log_lines: Log
) -> None:
    bench.put(Message(id="late", task="again", text="x", args={"after": 40_000}, retries=5))
    records = bench.receive()
    three_days_and_20_hours = 92 * 3_600
    sent = int((time.time() - three_days_and_20_hours) * 1_000)
    records[0]["attributes"]["SentTimestamp"] = str(sent)

    assert bench.run_records(records) == []

    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["outcome"] == "failed"
    assert dead_letter["attributes"]["error"] == "TooLate"
    assert dead_letter["attributes"]["reason"] == (
        "Retry: the service is busy; another attempt in 40000 s would come after the queue drops "
        "the message (message_retention)"
    )
    [line] = log_lines()
    assert (line["outcome"], line.get("retry_after")) == ("failed", None)


@pytest.mark.parametrize(("after", "is_in_time"), [(300, True), (500, False)])
def test_the_last_attempt_is_due_a_tenth_of_the_retention_before_its_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, after: int, is_in_time: bool
) -> None:
    monkeypatch.setenv("MESSAGE_RETENTION", "900")
    bench.put(Message(id="a", task="again", text="x", args={"after": after}), note("neighbour"))
    records = bench.receive()
    for record in records:
        record["attributes"]["SentTimestamp"] = str(int((time.time() - 400) * 1_000))

    assert len(bench.run_records(records)) == is_in_time
    assert len(bench.dead_letters.receive_all()) == (not is_in_time)


def test_a_message_whose_visibility_sqs_does_not_change_is_in_the_log(
    bench: Bench, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"Failed": [{"Id": "0", "Code": "InvalidParameterValue", "SenderFault": True}]}
    monkeypatch.setattr(bench.queue.client, "change_message_visibility_batch", lambda **_: refused)
    bench.put(Message(id="a", task="again", text="x", args={"after": 5}), note("neighbour"))

    kept = bench.run()

    [warning] = [line for line in log_lines() if line["level"] == "WARNING"]
    assert warning["message"] == "visibility not changed"
    assert [warning["id"]] == kept
    assert warning["reason"] == "InvalidParameterValue: no reason given"


@pytest.mark.parametrize("slots", ["1", "3"])
@pytest.mark.parametrize("error", ["asyncio.CancelledError()", "GeneratorExit()", "Mute()"])
def test_whatever_a_task_raises_its_neighbours_run_and_it_is_tried_again(
    bench: Bench, write_tasks: Write, monkeypatch: pytest.MonkeyPatch, slots: str, error: str
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", slots)
    write_tasks(
        odd=f"""
            import asyncio
            from task_scheduler import task

            class Mute(Exception):
                def __str__(self):
                    raise ValueError("no words")

            @task("odd")
            def odd(text):
                raise {error}
        """
    )
    bench.put(note("1"), Message(id="x", schedule="s", task="odd", text="a"), note("3"))

    kept = bench.run()

    assert sorted(bench.ran) == ["1", "3"]
    assert len(kept) == 1


def test_of_an_error_without_words_its_letter_says_which_it_is(
    bench: Bench, write_tasks: Write
) -> None:
    write_tasks(
        odd="""
            from task_scheduler import task

            class Mute(Exception):
                def __str__(self):
                    raise ValueError("no words")

            @task("odd")
            def odd(text):
                raise Mute
        """
    )
    bench.put(Message(id="x", schedule="s", task="odd", text="a", retries=0))

    bench.run()

    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["reason"] == "<Mute, whose str raises ValueError>"


def test_a_task_that_was_given_up_has_one_letter_whatever_it_does_later(
    bench: Bench, write_tasks: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_CONCURRENCY", "2")
    folder = write_tasks(
        late="""
            import time
            from pathlib import Path
            from task_scheduler import task

            @task("late", timeout=0.2)
            def late(text, context):
                while not context.cancelled:
                    time.sleep(0.01)
                try:
                    raise ValueError("after all")
                finally:
                    Path(__file__).with_name("raised").touch()
        """
    )
    bench.put(Message(id="x", schedule="s", task="late", text="a", retries=0), note("neighbour"))

    before = threading.enumerate()
    with suppress(ProcessEnded):  # if it ends later than the batch
        bench.run()

    bench.wait_until((folder / "raised").exists)
    for thread in threading.enumerate():
        if thread not in before:
            thread.join()
    [dead_letter] = bench.dead_letters.receive_all()
    assert dead_letter["attributes"]["error"] == "TaskTimeout"


def test_what_is_done_is_off_the_queue_before_another_task_may_kill_the_function(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledgement, "FLUSH_SECONDS", 0.2)  # less than the first task lasts
    bench.put(Message(id="x", task="lasting", text="a"), Message(id="y", task="die", text="b"))
    records = bench.receive()
    records.sort(key=lambda record: "lasting" not in record["body"])

    with pytest.raises(KeyboardInterrupt):
        bench.run_records(records)

    assert bench.ran == ["a", "b"]
    assert bench.length == 1


def test_short_tasks_take_no_request_of_their_own(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = []
    event = "before-parameter-build.sqs.*"
    bench.put(*(note(str(n)) for n in range(10)))
    records = bench.receive()
    client = bench.queue.client
    client.meta.events.register(event, lambda **_: requests.append(1), unique_id="count")
    run_task.handler({"Records": records}, Context())  # type: ignore[arg-type]
    client.meta.events.unregister(event, unique_id="count")

    assert len(bench.ran) == 10
    assert requests == []


@pytest.mark.parametrize(
    "body",
    [
        """
        while time.monotonic() < until:
            try:
                time.sleep(10)
            except:
                pass
        """,
        """
        while time.monotonic() < until:
            try: time.sleep(0.01)
            except BaseException: continue
        """,
        """
        while time.monotonic() < until:
            try:
                try:
                    sum(range(1000))
                except BaseException:
                    sum(range(1000))
                finally:
                    time.sleep(0.001)
            except BaseException as error:
                text = str(error)
        """,
        """
        with ThreadPoolExecutor() as pool:
            pool.submit(over.wait, 10)
        """,
        """
        try:
            time.sleep(10)
        except BaseException:
            return "all is well"
        """,
        """
        try:
            time.sleep(10)
        finally:
            raise KeyError("a never_retry exception")
        """,
    ],
)
def test_a_time_limit_holds_whatever_a_task_catches(
    bench: Bench, write_tasks: Write, body: str
) -> None:
    write_tasks(
        endless=f"""
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from task_scheduler import task

over = Event()

@task("endless", timeout=0.3, never_retry=(KeyError,))
def endless():
    until = time.monotonic() + 10
{textwrap.indent(textwrap.dedent(body), "    ")}

@task("end")
def end():
    over.set()
"""
    )
    bench.put(Message(id="x", task="endless"), Message(id="y", task="end"))
    records = bench.receive()
    records.sort(key=lambda record: "endless" not in record["body"])
    begun = time.monotonic()

    kept = bench.run_records(records)

    assert time.monotonic() - begun < 5
    assert kept == [records[0]["messageId"]]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_is_done_is_off_the_queue_while_an_overlapped_task_runs_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may kill the function."""
    monkeypatch.setenv("TASK_CONCURRENCY", "3")
    bench.put(Message(id="x", task="wait_for_go", text="x"), note("a"), note("b"))
    records = bench.receive()
    running = threading.Thread(target=bench.run_records, args=(records,))
    running.start()

    bench.wait_until(lambda: bench.length == 1)

    (bench.folder / "go").touch()
    running.join()
    assert sorted(bench.ran) == ["a", "b"]


def test_a_suspect_that_cannot_be_written_down_as_begun_is_not_started(
    bench: Bench, log_lines: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_recording: Recording, _record: Record) -> None:
        raise LedgerUnavailable("the table is away")

    monkeypatch.setattr(Recording, "begin", refuse)
    bench.put(note("1"), note("2"))
    records = bench.receive()
    [suspect] = [record for record in records if '"s@t#1"' in record["body"]]
    bench.redeliver([suspect], 2)

    assert bench.run_records(records) == [suspect["messageId"]]

    assert bench.ran == ["2"]
    [line] = [line for line in log_lines() if line["id"] == "s@t#1"]
    assert (line["outcome"], line["reason"]) == ("retry", "the table is away")
    assert 0 < bench.hidden[suspect["receiptHandle"]] <= 300


def put_late(bench: Bench, *records: LateRecord) -> None:
    entries = [late_entry(record, bench.queue.url) for record in records]
    send_batch(bench.queue.client, bench.queue.url, entries)


LATE_RUN = RunId.of("s@t")


def test_late_records_are_applied_beside_tasks(bench: Bench, ledger: Ledger) -> None:
    end = Marks()
    end.add(Mark.OK, Position(0, 0), body="b")
    put_late(
        bench,
        SentRecord(run=LATE_RUN.key, facts={"schedule": "s"}, total=2),
        EndsRecord(run=LATE_RUN.key, chunk=0, marks=end),
    )
    bench.put(note("1"))

    assert bench.run() == []

    assert bench.ran == ["1"]
    chunk = ledger.read(LATE_RUN, 0)
    assert (chunk.size, chunk.ended) == (2, {0})


def test_late_records_come_again_until_the_ledger_takes_them(
    bench: Bench, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_late(bench, SentRecord(run=LATE_RUN.key, facts={}, total=2))
    bench.put("Hello")
    records = bench.receive()
    with monkeypatch.context() as away:
        away.setenv("LEDGER_TABLE", "no-such-table")
        [kept] = bench.run_records(records)

    [late] = [record for record in records if record["messageId"] == kept]
    assert json.loads(late["body"])["run"] == LATE_RUN.key
    assert bench.hidden[late["receiptHandle"]] > 0
    assert bench.run_records([late]) == []
    assert ledger.read(LATE_RUN, 0).size == 2


def test_a_late_record_is_sent_anew_before_sqs_gives_up_on_it(
    bench: Bench, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_late(bench, SentRecord(run=LATE_RUN.key, facts={}, total=2))
    with monkeypatch.context() as away:
        away.setenv("LEDGER_TABLE", "no-such-table")
        assert bench.run_records(bench.redeliver(bench.receive(), 12)) == []

    assert ledger.read(LATE_RUN, 0).size is None
    assert bench.run() == []
    assert ledger.read(LATE_RUN, 0).size == 2


@pytest.mark.parametrize(("seconds", "until"), [(30.0, 29.0), (2.0, 1.5)])
def test_the_process_would_end_itself_shortly_before_the_function_is_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, seconds: float, until: float
) -> None:
    given: list[float] = []

    def note_seconds(seconds: float) -> AbstractContextManager[None]:
        given.append(seconds)
        return nullcontext()

    monkeypatch.setattr(run_task, "process_ends_after", note_seconds)
    bench.put(note("1"))
    bench.run(seconds)
    assert given == [until]


@pytest.mark.parametrize("name", ["QUEUE_URL", "TASKS_DEAD_LETTER_URL", "MAX_RECEIVE_COUNT"])
def test_a_variable_that_it_cannot_work_without_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    bench.put(note("1"))
    with pytest.raises(InvalidSettings, match=name):
        bench.run()
    assert bench.ran == []
