"""Checks before an attempt: may the task of a message be run (once more)?"""

from __future__ import annotations

import time
from collections.abc import Callable

from task_scheduler.errors import Expired, FailedBefore, OutOfAttempts, OutOfReceives, RunCancelled
from task_scheduler.execution.delivery import Delivery
from task_scheduler.queue.message import Message
from task_scheduler.queue.place import Place
from task_scheduler.runs.chunk import Chunk, Position
from task_scheduler.runs.kept_ends import KeptEnd

ReadKept = Callable[[Place], KeptEnd | None]
"""Reads what is kept of a task's end; raises LedgerUnavailable."""


def check(
    delivery: Delivery,
    message: Message,
    chunk: Chunk,
    *,
    read_kept: ReadKept,
    is_fifo: bool,
    is_cancelled: bool,
) -> None:
    """Refuse a task that is not to be run.

    At the last receive that its queue permits, its dead letter is sent instead: a task that kills
    the function there would leave none. In a FIFO queue one that was never begun alone may have
    stood behind such a task each time, and is run.

    Args:
        delivery: the delivery of its message.
        message: the contents of that message.
        chunk: the ledger's record of it and its neighbours.
        read_kept: reads why it failed before.
        is_fifo: whether its queue is a FIFO queue.
        is_cancelled: whether its run was cancelled.

    Raises:
        FailedBefore: it has failed for good, and its failure is known.
        OutOfAttempts: it has failed at every attempt, and why is not known.
        OutOfReceives: this is the last permitted receive.
        RunCancelled: its run was cancelled.
        Expired: it is older than it may be.
        LedgerUnavailable: its failure could not be read.
    """
    record = delivery.record
    if chunk.is_final(Position.of(record.counted_at)) or delivery.has_no_attempt_left:
        kept = read_kept(record.counted_at)
        if kept is not None and kept.reason is not None:
            raise FailedBefore(kept.reason, kept.error or "Exception")
        raise OutOfAttempts(
            f"its function was killed at each of its {delivery.number} attempts, or before it "
            "could say how they ended"
        )
    if delivery.is_out_of_receives and (delivery.used or not is_fifo):
        raise OutOfReceives(
            f"received {record.receives} times, as often as the queue allows, and no "
            "attempt succeeded"
        )
    if is_cancelled:
        raise RunCancelled("its run was cancelled before it was started")
    age = time.time() - record.sent
    if message.max_age is not None and age > message.max_age:
        raise Expired(f"{age:.0f} s on the queue: max_age is {message.max_age} s")
