"""Several tasks at once: slots, ends in their order, and who overruns first is given up first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from threading import Event, current_thread

import pytest

from task_scheduler.errors import TaskTimeout
from task_scheduler.execution.attempt import Attempt, Result
from task_scheduler.execution.runners import Threads
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.tasks.context import TaskContext

DONE = Result(outcome=Outcome.SUCCESS)


@pytest.fixture
def over() -> Iterator[Event]:
    """Set when the test has ended."""
    event = Event()
    yield event
    event.set()


def attempt_of(name: str) -> Attempt:
    record = Record(
        sqs_id=name, receipt_handle=name, body="", receives=1, sent=0.0, first_received=0.0,
        message_group=None, deduplication_id=None,
    )  # fmt: skip
    return Attempt(record, Message(id=name, text=name), None, None, is_last=False, last_due=inf)


def give_up(attempt: Attempt, error: BaseException) -> Result:
    return Result(outcome=Outcome.FAILED, attempt=len(attempt.record.sqs_id), error=error)


def test_a_slot_is_taken_by_a_start_and_free_again_after_the_end() -> None:
    threads = Threads(lambda *_: DONE, give_up, slots=3)
    free = [threads.free]
    for name in "ab":
        threads.start(attempt_of(name), 5)
        free.append(threads.free)
    ended = set()
    while threads.busy:
        attempt, result = threads.wait()
        assert result is DONE
        ended.add(attempt.record.sqs_id)
        free.append(threads.free)

    assert free == [3, 2, 1, 2, 3]
    assert ended == {"a", "b"}


def test_who_overruns_first_is_given_up_first_and_told_after_how_long(over: Event) -> None:
    contexts: list[TaskContext] = []

    def perform(_attempt: Attempt, context: TaskContext) -> Result:
        contexts.append(context)
        over.wait(5)
        return DONE

    threads = Threads(perform, give_up, slots=2)
    threads.start(attempt_of("long"), 5)
    threads.start(attempt_of("brief"), 0.05)

    attempt, result = threads.wait()

    assert attempt.record.sqs_id == "brief"
    assert isinstance(result.error, TaskTimeout)
    assert str(result.error) == "ran for more than 0.05 s"
    assert [context.cancelled for context in contexts] == [False, True]
    assert [attempt.record.sqs_id for attempt in threads.busy] == ["long"]
    assert threads.free == 0


def test_nothing_more_is_waited_for_once_the_time_is_over(over: Event) -> None:
    def perform(*_: object) -> Result:
        over.wait(5)
        return DONE

    threads = Threads(perform, give_up, slots=1)
    threads.start(attempt_of("late"), -1)
    begun = time.monotonic()

    threads.wait()

    assert time.monotonic() - begun < 0.9


def test_a_runner_that_breaks_ends_its_attempt_with_the_error() -> None:
    error = KeyError("a bug")

    def perform(*_: object) -> Result:
        raise error

    threads = Threads(perform, give_up, slots=1)
    threads.start(attempt_of("four"), 5)

    attempt, result = threads.wait()

    assert attempt.record.sqs_id == "four"
    assert (result.error, result.attempt) == (error, 4)
    assert threads.free == 1


def test_a_task_that_hangs_does_not_keep_the_process_from_ending() -> None:
    """Python waits at its end for threads that are no daemons."""
    daemons = []

    def perform(*_: object) -> Result:
        daemons.append(current_thread().daemon)
        return DONE

    threads = Threads(perform, give_up, slots=1)
    threads.start(attempt_of("a"), 5)
    threads.wait()

    assert daemons == [True]
