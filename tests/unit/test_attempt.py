"""One try to run one task: which one it is, what the task may know of it, what comes of it."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import pytest

from task_scheduler.errors import ResultNotRun, TaskExited, TaskTimeout
from task_scheduler.execution.attempt import Attempt
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.returned import value_of
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.tasks.registered import Task
from task_scheduler.time_limit import time_limit

TIME = "2026-11-23T02:00:00Z"

MESSAGE = Message(id="s@t#1", schedule="s", scheduled_time=TIME, task="t", args={"a": 1}, retries=2)


def record_of(body: str | Message, receives: int = 1, *, sent: float = 0.0) -> Record:
    return Record(
        sqs_id="sqs-1", receipt_handle="r", body=body if isinstance(body, str) else body.encode(),
        receives=receives, sent=sent or time.time(), first_received=0.0, message_group=None,
        deduplication_id=None,
    )  # fmt: skip


def delivery(receives: int = 1, **attributes: Any) -> Delivery:
    record = record_of(MESSAGE, receives)
    return Delivery(**{"record": record, "message": MESSAGE, "used": receives - 1, **attributes})


def attempt(receives: int = 1, *, function: Any = None, max_receives: float = inf) -> Attempt:
    task = Task("t", function or (lambda **_: "done"), never_retry=(KeyError,))
    return Attempt(delivery(receives, max_receives=max_receives), MESSAGE, task)


def test_its_task_is_told_all_that_there_is_to_know() -> None:
    context = attempt(2).context(30)

    assert (context.schedule, context.scheduled_time, context.attempt) == ("s", TIME, 2)
    assert 20 < context.remaining <= 30
    assert not context.cancelled
    assert context.log_fields == {
        "id": "s@t#1", "schedule": "s", "scheduled_time": TIME, "task": "t", "attempt": 2,
    }  # fmt: skip


def test_what_it_returns_and_how_long_it_took_is_told() -> None:
    def succeed(a: int) -> list[int]:
        time.sleep(0.05)
        return [a, 2]

    tried = attempt(2, function=succeed)

    result = tried.run(tried.context(30))

    assert (result.outcome, result.attempt, result.preview) == (Outcome.SUCCESS, 2, "[1,2]")
    assert 0.05 <= result.seconds < 5
    assert result.error is None


def test_how_long_a_failure_took_is_told_too() -> None:
    def fail(a: int) -> None:
        time.sleep(0.05)
        raise OSError(a)

    tried = attempt(2, function=fail)

    result = tried.run(tried.context(30))

    assert (result.outcome, result.attempt) == (Outcome.RETRY, 2)
    assert 0.05 <= result.seconds < 5
    assert isinstance(result.error, OSError)


def test_a_task_has_the_time_that_its_context_says() -> None:
    tried = attempt(function=lambda a: time.sleep(30))

    result = tried.run(tried.context(0.05))

    assert str(result.error).startswith("ran for more than 0.0")
    assert result.outcome is Outcome.RETRY


def test_the_time_limit_covers_the_preview_of_the_result() -> None:
    class Endless:
        def __getstate__(self) -> None:
            time.sleep(30)

        def __repr__(self) -> str:
            time.sleep(30)
            return ""

    tried = attempt(function=lambda a: Endless())

    result = tried.run(tried.context(0.1))

    assert isinstance(result.error, TaskTimeout)
    assert result.seconds < 5


@pytest.mark.parametrize("status", [None, 0, False])
def test_a_task_that_exits_with_the_status_of_success_has_succeeded(status: Any) -> None:
    def leave(a: int) -> None:
        sys.exit(status)

    tried = attempt(function=leave)

    result = tried.run(tried.context(30))

    assert (result.outcome, result.preview, result.error) == (Outcome.SUCCESS, None, None)


@pytest.mark.parametrize(("status", "shown"), [(3, "3"), (True, "True"), ("no rows", "'no rows'")])
def test_a_task_that_exits_with_another_status_has_failed_and_says_which(
    status: Any, shown: str
) -> None:
    def leave(a: int) -> None:
        sys.exit(status)

    tried = attempt(function=leave)

    result = tried.run(tried.context(30))

    assert result.outcome is Outcome.RETRY
    assert isinstance(result.error, TaskExited)
    assert str(result.error) == f"called sys.exit({shown})"


def test_an_async_task_is_awaited() -> None:
    async def double(a: int) -> int:
        await asyncio.sleep(0)
        return 2 * a

    tried = attempt(function=double)

    result = tried.run(tried.context(30))

    assert (result.outcome, result.preview) == (Outcome.SUCCESS, "2")


def test_what_an_async_task_raises_is_the_attempts_error() -> None:
    async def fail(a: int) -> None:
        raise KeyError(a)

    tried = attempt(function=fail)

    result = tried.run(tried.context(30))

    assert (result.outcome, repr(result.error)) == (Outcome.FAILED, "KeyError(1)")


def test_whatever_awaitable_a_task_returns_is_awaited() -> None:
    async def fail() -> None:
        raise KeyError("in the end")

    tried = attempt(function=lambda a: fail())

    assert tried.run(tried.context(30)).outcome is Outcome.FAILED


def test_an_async_task_that_exits_is_treated_like_any_other() -> None:
    async def leave(a: int) -> None:
        sys.exit(a)

    tried = attempt(function=leave)
    other = attempt(function=lambda a: asyncio.sleep(0))

    assert str(tried.run(tried.context(30)).error) == "called sys.exit(1)"
    assert other.run(other.context(30)).outcome is Outcome.SUCCESS


def test_an_async_task_that_overruns_is_cancelled_and_cleans_up() -> None:
    cleaned_up = []

    async def sleep(a: int) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            cleaned_up.append(a)

    tried = attempt(function=sleep)

    result = tried.run(tried.context(1.0))

    assert isinstance(result.error, TaskTimeout)
    assert cleaned_up == [1]


def test_a_timeout_of_an_async_task_names_all_of_its_time() -> None:
    async def sleep() -> None:
        await asyncio.sleep(30)

    def begin(a: int) -> Any:
        time.sleep(0.2)
        return sleep()

    tried = attempt(function=begin)

    assert str(tried.run(tried.context(0.4)).error).startswith("ran for more than 0.4")


@pytest.mark.parametrize("seconds", [30.0, 0.01])
def test_an_async_task_that_ignores_its_cancellation_or_never_awaits_is_interrupted(
    seconds: float,
) -> None:
    async def refuse(a: int) -> str:
        until = time.monotonic() + 5
        while time.monotonic() < until:
            with suppress(asyncio.CancelledError):
                time.sleep(seconds) if seconds > 1 else await asyncio.sleep(seconds)
        return "done"

    tried = attempt(function=refuse)
    begun = time.monotonic()

    result = tried.run(tried.context(0.1))

    assert isinstance(result.error, TaskTimeout)
    assert time.monotonic() - begun < 4


def test_a_line_of_its_logger_has_the_tasks_fields_and_its_own() -> None:
    logger = attempt(2).context(30).logger

    _, odd = logger.process("odd", {"extra": {"rows": 3, "task": "mine"}, "exc_info": True})
    _, plain = logger.process("plain", {})

    fields = {"id": "s@t#1", "schedule": "s", "scheduled_time": TIME, "task": "t", "attempt": 2}
    assert odd == {"extra": {**fields, "rows": 3, "task": "mine"}, "exc_info": True}
    assert plain == {"extra": fields}


def test_an_exit_is_told_with_its_time_and_its_place() -> None:
    def leave(a: int) -> None:
        time.sleep(0.05)
        sys.exit(3)

    tried = attempt(function=leave)

    result = tried.run(tried.context(30))

    assert isinstance(result.error, TaskExited)
    assert 0.05 <= result.seconds < 5
    frames = traceback.extract_tb(result.error.__traceback__)
    assert [frame.name for frame in frames][-1] == "leave"


def test_what_was_not_called_took_no_time() -> None:
    assert attempt().failed(ValueError("no such argument")).seconds == 0.0


def test_an_error_whose_class_cannot_be_compared_is_told_with_its_time() -> None:
    class Odd(type):
        def __instancecheck__(cls, instance: object) -> bool:
            raise RecursionError("odd")

    class Never(Exception, metaclass=Odd):
        pass

    tried = attempt()
    tried = tried._replace(task=Task("t", print, never_retry=(Never,)))

    result = tried.failed(OSError("away"), 1.5)

    assert (str(result.error), result.seconds) == ("odd", 1.5)


def test_a_task_that_asks_for_its_context_gets_that_of_its_attempt() -> None:
    seen: list[object] = []
    tried = attempt(2, function=lambda a, context: seen.append(context))
    context = tried.context(30)

    assert tried.run(context).outcome is Outcome.SUCCESS
    assert seen == [context]


def test_async_tasks_share_an_event_loop() -> None:
    loops = []

    async def note(a: int) -> None:
        loops.append(asyncio.get_running_loop())

    tried = attempt(function=note)
    tried.run(tried.context(30))
    tried.run(tried.context(30))

    assert loops[0] is loops[1]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_generator_whose_body_has_not_run_is_no_success(is_async: bool) -> None:
    def rows() -> Iterator[int]:
        yield 1

    async def more_rows() -> AsyncIterator[int]:
        yield 1

    tried = attempt(function=lambda a: more_rows() if is_async else rows())

    result = tried.run(tried.context(30))

    assert result.outcome is Outcome.FAILED
    assert isinstance(result.error, ResultNotRun)


async def _fail() -> None:
    raise OSError("in a coroutine")


@contextmanager
def _managed() -> Iterator[None]:
    yield


@asynccontextmanager
async def _managed_async() -> AsyncIterator[None]:
    yield


LIST = "return list(...) of it"
SOURCE = f"{LIST}, or register what makes it with @task_source"
CALL = "call it, and look for parentheses missing after a decorator"
ENTER = "enter it by `with`, or take the decorator off that makes it a context manager"


@pytest.mark.parametrize(
    ("returned", "kind", "cure"),
    [
        (lambda: [_fail(), _fail()], "a list with a coroutine", "await it"),
        (lambda: (row for row in [1]), "a generator", SOURCE),
        (lambda: {"rows": (row for row in [1])}, "a dict with a generator", SOURCE),
        (lambda: (1, map(print, ["never"])), "a tuple with an iterator", LIST),
        (lambda: {filter(print, ["never"])}, "a set with an iterator", LIST),
        (lambda: [*range(999), map(print, ["never"])], "a list with an iterator", LIST),
        (lambda: map(print, ["never"]), "an iterator", LIST),
        (lambda: filter(print, ["never"]), "an iterator", LIST),
        (lambda: itertools.starmap(print, [("never",)]), "an iterator", LIST),
        (lambda: print, "a function", CALL),
        (lambda: lambda: 1 / 0, "a function", CALL),
        (lambda: partial(print, "never"), "a function", CALL),
        (_managed, "a context manager", ENTER),
        (_managed_async, "a context manager", ENTER),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_whatever_is_returned_without_having_run_is_no_success(
    returned: Callable[[], Any], kind: str, cure: str
) -> None:
    tried = attempt(function=lambda a: returned())

    result = tried.run(tried.context(30))

    assert result.outcome is Outcome.FAILED
    assert str(result.error) == f"returned {kind}, whose body has not run: {cure}"


@pytest.mark.parametrize(
    "returned",
    [
        [1, [2]], {"f": print}, iter([1]), range(2), {1}, ExitStack(),
        [*range(1_000), map(print, ["unseen"])],
    ],
)  # fmt: skip
def test_what_has_run_is_a_result(returned: object) -> None:
    tried = attempt(function=lambda a: returned)

    assert tried.run(tried.context(30)).outcome is Outcome.SUCCESS


def test_a_coroutine_that_a_coroutine_returns_is_awaited_too() -> None:
    async def outer(a: int) -> Any:
        return _fail()

    async def started(a: int) -> Any:
        return asyncio.ensure_future(_fail())

    for function in (outer, started):
        tried = attempt(function=function)
        assert str(tried.run(tried.context(30)).error) == "in a coroutine"


def test_a_child_that_comes_back_from_its_task_ends_and_the_batch_goes_on_once(
    tmp_path: Path,
) -> None:
    children: list[int] = []

    def fork(a: int) -> str:
        if child := os.fork():
            children.append(os.waitpid(child, 0)[1])
            return "parent"
        if len(children) == 1:
            raise ValueError("in the child")
        if len(children) == 2:
            sys.exit(3)
        return "child"

    tried = attempt(function=fork)
    for _ in range(3):
        result = tried.run(tried.context(30))
        with (tmp_path / "ran").open("a") as ran:
            ran.write(f"{result.preview}\n")

    assert (tmp_path / "ran").read_text() == "parent\n" * 3
    assert [os.waitstatus_to_exitcode(status) for status in children] == [0, 1, 3]


def test_the_working_folder_is_the_next_tasks_as_it_was(tmp_path: Path) -> None:
    before = Path.cwd()

    def move(a: int) -> str:
        gone = tmp_path / "gone"
        gone.mkdir()
        os.chdir(gone)
        gone.rmdir()
        raise OSError

    tried = attempt(function=move)
    tried.run(tried.context(30))

    assert Path.cwd() == before


def test_a_future_is_waited_for_within_the_time() -> None:
    with ThreadPoolExecutor() as pool:
        ended = attempt(function=lambda a: pool.submit(lambda: 1 // 0))
        assert isinstance(ended.run(ended.context(30)).error, ZeroDivisionError)
        hanging = attempt(function=lambda a: Future())
        assert isinstance(hanging.run(hanging.context(0.05)).error, TaskTimeout | TimeoutError)


@pytest.mark.parametrize(("left", "waits"), [(20.0, 20.0), (-1.0, 0.01)])
def test_a_future_has_the_time_that_is_left_and_what_is_over_is_looked_at_once(
    left: float, waits: float
) -> None:
    waited: list[float | None] = []

    class Noted(Future[str]):
        def result(self, timeout: float | None = None) -> str:
            waited.append(timeout)
            return "done"

    context = attempt().context(left)

    assert value_of(Noted(), context, time_limit(30), 30) == "done"
    assert waited == [pytest.approx(waits, rel=0.25)]


def test_an_error_that_cannot_be_classified_fails_its_own_attempt_alone() -> None:
    class Odd(type):
        def __instancecheck__(cls, _instance: object) -> bool:
            raise ValueError("undecided")

    class Undecided(Exception, metaclass=Odd):
        pass

    def fail(a: int) -> None:
        raise OSError

    task = Task("t", fail, never_retry=(Undecided,))
    tried = Attempt(delivery(), MESSAGE, task)

    result = tried.run(tried.context(30))

    assert (result.outcome, str(result.error)) == (Outcome.RETRY, "undecided")
