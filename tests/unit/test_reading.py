"""From a record to an attempt, or to the reason why there is none."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from task_scheduler.config import Settings
from task_scheduler.errors import (
    Expired,
    FailedBefore,
    InvalidMessage,
    LedgerUnavailable,
    OutOfAttempts,
    OutOfReceives,
    RunCancelled,
)
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.history import History
from task_scheduler.execution.reading import Unrunnable, read
from task_scheduler.execution.result import Result
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.queue.place import Place
from task_scheduler.queue.record import Record
from task_scheduler.runs.chunk import Chunk, Mark, Marks, Position
from task_scheduler.runs.kept_ends import KeptEnd
from tests.unit.test_attempt import record_of


class KnownHistory(History):
    """A history that is not read from a table."""

    def __init__(self, chunk: Chunk | None) -> None:
        self._chunk = chunk

    def chunk_of(self, record: Record) -> Chunk:
        """Return the same chunk for every message."""
        if self._chunk is None:
            raise LedgerUnavailable("down")
        return self._chunk


NEW = KnownHistory(Chunk())


def nothing_kept(_: Place) -> KeptEnd | None:
    return None


def history(*marks: tuple[Mark, int], body: str = "a text") -> KnownHistory:
    """Make the history of the first task of a chunk: what its receives came to."""
    noted = Marks()
    for mark, receives in marks:
        noted.add(mark, Position(0, 0), body=body, receives=receives)
    return KnownHistory(Chunk.from_item({m.value: n for m, n in noted.sets.items()}))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        queue_url="q", tasks_dead_letter_url="d", max_receive_count=5,
        message_retention=345_600, task_folder=tmp_path,
    )  # fmt: skip


def test_of_a_body_that_cannot_be_read_sqs_id_is_known(settings: Settings) -> None:
    unreadable = read(record_of("{}", 5), settings, NEW, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(unreadable, Unrunnable)
    assert unreadable.delivery.log_fields == {"id": "sqs-1", "attempt": 1}
    assert isinstance(unreadable.result.error, InvalidMessage)
    assert unreadable.result.outcome is Outcome.UNREADABLE


def test_a_text_typed_by_hand_goes_by_sqs_id(settings: Settings) -> None:
    typed = read(record_of("a text"), settings, NEW, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(typed, Attempt)
    assert typed.delivery.log_fields == {"id": "sqs-1", "attempt": 1}


@pytest.mark.parametrize(("age", "is_run"), [(50, True), (60, True), (70, False)])
def test_a_task_is_run_up_to_its_max_age_and_then_told_how_old_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, age: int, is_run: bool
) -> None:
    message = Message(id="x", text="a", max_age=60)
    now = time.time()
    monkeypatch.setattr("task_scheduler.execution.checks.time", SimpleNamespace(time=lambda: now))

    found = read(
        record_of(message, sent=now - age),
        settings,
        NEW,
        seconds=1.0,
        read_kept=nothing_kept,
    )

    if is_run:
        assert isinstance(found, Attempt)
    else:
        assert isinstance(found, Unrunnable)
        assert isinstance(found.result.error, Expired)
        assert str(found.result.error) == "70 s on the queue: max_age is 60 s"


@pytest.mark.parametrize(("receives", "is_run"), [(4, True), (5, False), (6, False)])
def test_at_its_last_permitted_receive_a_message_is_a_dead_letter_instead_of_a_run(
    settings: Settings, receives: int, is_run: bool
) -> None:
    found = read(record_of("a text", receives), settings, NEW, seconds=1.0, read_kept=nothing_kept)

    if is_run:
        assert isinstance(found, Attempt)
    else:
        assert isinstance(found, Unrunnable)
        assert found.result.outcome is Outcome.FAILED
        assert isinstance(found.result.error, OutOfReceives)
        assert str(found.result.error).startswith(f"received {receives} times")


def test_what_goes_wrong_while_a_task_is_looked_for_is_its_messages_trouble_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object, seconds: float) -> None:
        raise RecursionError(f"odd after {seconds} s")

    monkeypatch.setattr("task_scheduler.execution.reading.find_task", find)

    found = read(
        record_of(Message(id="x", task="t")), settings, NEW, seconds=1.0, read_kept=nothing_kept
    )

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.RETRY
    assert str(found.result.error) == "odd after 1.0 s"
    assert found.delivery.log_fields == {"id": "x", "task": "t", "attempt": 1}


def test_a_message_that_names_no_function_is_printed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = read(record_of("a text"), settings, NEW, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(found, Attempt)
    assert found.task.name == "print"
    found.task.run(found.message.text, found.message.args, found.context(1.0))
    assert capsys.readouterr().out == "a text\n"


@pytest.mark.parametrize(("error", "named"), [("OSError", "OSError"), (None, "Exception")])
def test_of_a_message_whose_dead_letter_was_not_sent_only_that_is_tried_again(
    settings: Settings, error: str | None, named: str
) -> None:
    kept = KeptEnd(id="x", reason="no luck", error=error)

    found = read(
        record_of("a text", 2), settings, history((Mark.FINAL, 1)), seconds=1.0,
        read_kept={Place("sqs-1"): kept}.get,
    )  # fmt: skip

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.FAILED
    assert isinstance(found.result.error, FailedBefore)
    assert (str(found.result.error), found.result.error.error) == ("no luck", named)


def test_a_task_that_used_its_attempts_and_left_no_reason_killed_its_function(
    settings: Settings,
) -> None:
    past = history((Mark.BEGUN, 2), (Mark.BEGUN, 3), (Mark.BEGUN, 4))

    found = read(record_of("a text", 4), settings, past, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.FAILED
    assert isinstance(found.result.error, OutOfAttempts)
    assert str(found.result.error) == (
        "its function was killed at each of its 3 attempts, or before it could say how they ended"
    )


def test_what_has_ended_is_a_duplicate(settings: Settings) -> None:
    past = history((Mark.TRIED, 1), (Mark.OK, 2))
    message = Message(id="x", text="a")

    found = read(record_of(message, 3), settings, past, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(found, Unrunnable)
    assert found.result == Result(outcome=Outcome.DUPLICATE, attempt=2)
    assert found.delivery.log_fields == {"id": "x", "attempt": 2}


def test_a_duplicate_that_was_typed_by_hand_goes_by_sqs_id(settings: Settings) -> None:
    past = history((Mark.OK, 1))

    found = read(record_of("a text", 2), settings, past, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(found, Unrunnable)
    assert found.delivery.message is not None
    assert found.delivery.message.id == "sqs-1"


def test_what_has_ended_is_a_duplicate_though_it_cannot_be_read(settings: Settings) -> None:
    past = history((Mark.BAD, 1), body="{}")

    found = read(record_of("{}", 2), settings, past, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.DUPLICATE
    assert found.delivery.message is None


def test_in_a_fifo_queue_a_task_that_was_never_begun_is_run_at_the_last_receive(
    settings: Settings,
) -> None:
    fifo = replace(settings, queue_url="q.fifo")
    begun = history((Mark.BEGUN, 4))

    first = read(record_of("a text", 5), fifo, NEW, seconds=1.0, read_kept=nothing_kept)
    second = read(record_of("a text", 5), fifo, begun, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(first, Attempt)
    assert isinstance(second, Unrunnable)
    assert isinstance(second.result.error, OutOfReceives)
    assert str(second.result.error) == (
        "received 5 times, as often as the queue allows, and no attempt succeeded"
    )


def test_a_task_whose_attempts_are_not_known_waits_and_spends_none(settings: Settings) -> None:
    unknown = KnownHistory(None)

    found = read(record_of("a text", 2), settings, unknown, seconds=1.0, read_kept=nothing_kept)

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.RETRY
    assert not found.result.is_attempt
    assert str(found.result.error) == "down"


def test_a_delivery_has_the_limits_of_its_queue(settings: Settings) -> None:
    found = read(record_of("a text"), settings, NEW, seconds=1.0, read_kept=nothing_kept)

    assert (found.delivery.max_receives, found.delivery.retention) == (5, 345_600)


def test_a_task_of_a_cancelled_run_is_not_started(settings: Settings) -> None:
    found = read(
        record_of("a text"), settings, NEW, seconds=1.0, read_kept=nothing_kept, is_cancelled=True
    )

    assert isinstance(found, Unrunnable)
    assert found.result.outcome is Outcome.CANCELLED
    assert isinstance(found.result.error, RunCancelled)
    assert str(found.result.error) == "its run was cancelled before it was started"
