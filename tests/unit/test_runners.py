"""Several tasks at once: slots, ends in their order; what overruns is cancelled, then given up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event, current_thread

import pytest

from task_scheduler.errors import TaskTimeout
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.result import Result
from task_scheduler.execution.runners import Inline
from task_scheduler.execution.sandbox import Sandbox
from task_scheduler.execution.threads import Threads
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registered import Task
from tests.unit.test_attempt import record_of

DONE = Result(outcome=Outcome.SUCCESS)


@pytest.fixture
def over() -> Iterator[Event]:
    """Set when the test has ended."""
    event = Event()
    yield event
    event.set()


def attempt_of(name: str) -> Attempt:
    message = Message(id=name, text=name, retries=0)
    record = replace(record_of(message), sqs_id=name)
    return Attempt(Delivery(record=record, message=message), message, Task("t", print))


def hang_until(over: Event) -> Callable[..., Result]:
    def perform(*_: object) -> Result:
        over.wait(5)
        return DONE

    return perform


def test_one_after_the_other_there_is_one_slot() -> None:
    inline = Inline(lambda *_: DONE)
    attempt = attempt_of("a")
    assert (inline.free, inline.busy) == (1, [])

    inline.start(attempt, 5)
    assert (inline.free, inline.busy) == (0, [attempt.delivery])

    assert inline.wait(0.0) == (attempt.delivery, DONE)
    assert (inline.free, inline.busy) == (1, [])


def test_a_slot_is_taken_by_a_start_and_free_again_after_the_end(sandbox: Sandbox) -> None:
    threads = Threads(lambda *_: DONE, slots=3, sandbox=sandbox)
    free = [threads.free]
    for name in "ab":
        threads.start(attempt_of(name), 5)
        free.append(threads.free)
    ended = set()
    while threads.busy:
        end = threads.wait(30)
        assert end is not None
        assert end.result is DONE
        ended.add(end.delivery.record.sqs_id)
        free.append(threads.free)

    assert free == [3, 2, 1, 2, 3]
    assert ended == {"a", "b"}
    assert not sandbox.is_stuck


def test_who_overruns_first_is_cancelled_and_given_up_first_and_told_after_how_long(
    over: Event, sandbox: Sandbox
) -> None:
    contexts: list[TaskContext] = []

    def perform(_attempt: Attempt, context: TaskContext) -> Result:
        contexts.append(context)
        over.wait(5)
        return DONE

    threads = Threads(perform, slots=2, sandbox=sandbox)
    threads.start(attempt_of("long"), 5)
    threads.start(attempt_of("brief"), 0.05)

    ended = threads.wait(30)

    assert ended is not None
    assert ended.delivery.record.sqs_id == "brief"
    assert isinstance(ended.result.error, TaskTimeout)
    assert str(ended.result.error) == "ran for more than 0.05 s"
    assert ended.result.seconds == 0.05
    assert [context.cancelled for context in contexts] == [False, True]
    assert [delivery.record.sqs_id for delivery in threads.busy] == ["long"]
    assert threads.free == 0
    assert sandbox.is_stuck


def test_what_ends_itself_once_it_is_cancelled_has_overrun_and_leaves_its_slot(
    sandbox: Sandbox,
) -> None:
    def perform(_attempt: Attempt, context: TaskContext) -> Result:
        while not context.cancelled:
            time.sleep(0.001)
        return DONE

    threads = Threads(perform, slots=1, sandbox=sandbox)
    threads.start(attempt_of("brief"), 0.3)

    ended = threads.wait(30)

    assert ended is not None
    assert isinstance(ended.result.error, TaskTimeout)
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.seconds == DONE.seconds
    assert threads.free == 1
    assert not sandbox.is_stuck


def test_nothing_more_is_waited_for_once_the_time_is_over(over: Event, sandbox: Sandbox) -> None:
    threads = Threads(hang_until(over), slots=1, sandbox=sandbox)
    threads.start(attempt_of("late"), -1)
    begun = time.monotonic()

    threads.wait(30)

    assert time.monotonic() - begun < 0.9


def test_a_runner_that_breaks_ends_its_attempt_with_the_error(sandbox: Sandbox) -> None:
    error = KeyError("a bug")

    def perform(*_: object) -> Result:
        raise error

    threads = Threads(perform, slots=1, sandbox=sandbox)
    threads.start(attempt_of("four"), 5)

    ended = threads.wait(30)

    assert ended is not None
    assert ended.delivery.record.sqs_id == "four"
    assert ended.result.error is error
    assert threads.free == 1


def test_a_task_that_hangs_does_not_keep_the_process_from_ending(sandbox: Sandbox) -> None:
    """Python waits at its end for threads that are no daemons."""
    daemons = []

    def perform(*_: object) -> Result:
        daemons.append(current_thread().daemon)
        return DONE

    threads = Threads(perform, slots=1, sandbox=sandbox)
    threads.start(attempt_of("a"), 5)
    threads.wait(30)

    assert daemons == [True]


def test_whoever_waits_may_do_something_else_meanwhile(over: Event, sandbox: Sandbox) -> None:
    threads = Threads(hang_until(over), slots=1, sandbox=sandbox)
    threads.start(attempt_of("a"), 5)

    assert threads.wait(0.01) is None
    assert len(threads.busy) == 1
    over.set()
    assert threads.wait(5) is not None
