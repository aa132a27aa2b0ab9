"""The memory of a sandbox: what runs still, and what a process is out of."""

from __future__ import annotations

import errno
from threading import Event, Thread

import pytest

from task_scheduler.execution.sandbox import Sandbox, is_exhausted


@pytest.mark.parametrize(
    ("error", "is_out"),
    [
        (None, False),
        (MemoryError(), True),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("can't start the new thread"), False),
        (OSError(errno.EMFILE, "files"), True),
        (OSError(errno.ENFILE, "files of the system"), True),
        (OSError(errno.ENOMEM, "memory"), True),
        (OSError(errno.ENOSPC, "disk"), True),
        (OSError(errno.ENOENT, "a file"), False),
        (LookupError(errno.EMFILE), False),
    ],
)
def test_a_process_is_out_of_files_threads_memory_or_disk(
    error: Exception | None, is_out: bool
) -> None:
    assert is_exhausted(error) is is_out


def caused(times: int, *, by: str) -> BaseException:
    error: BaseException = MemoryError()
    for _ in range(times):
        outer = LookupError("no answer")
        setattr(outer, by, error)
        error = outer
    return error


@pytest.mark.parametrize("by", ["__cause__", "__context__"])
@pytest.mark.parametrize(("times", "is_out"), [(1, True), (9, True), (10, False)])
def test_what_caused_an_error_is_looked_at_too(by: str, times: int, is_out: bool) -> None:
    assert is_exhausted(caused(times, by=by)) is is_out


def test_a_sandbox_is_stuck_while_a_task_that_was_given_up_runs_still() -> None:
    sandbox = Sandbox()
    over = Event()
    threads = [Thread(target=wait) for wait in (over.wait, lambda: None)]
    assert not sandbox.is_stuck

    for thread in threads:
        thread.start()
    threads[1].join()
    sandbox.given_up += threads

    assert sandbox.is_stuck
    over.set()
    threads[0].join()
    assert not sandbox.is_stuck


def test_a_new_sandbox_knows_of_nothing() -> None:
    sandbox = Sandbox()

    assert (sandbox.given_up, sandbox.runs, sandbox.failing) == ([], {}, set())
