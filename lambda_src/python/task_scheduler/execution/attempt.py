"""One try to run one task, and what came of it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from task_scheduler.errors import (
    NEVER_RETRY,
    Expired,
    InvalidMessage,
    NeverStarted,
    Retry,
    TooLate,
)
from task_scheduler.observability.log import reason_of
from task_scheduler.observability.task_output import task_output
from task_scheduler.outcome import Outcome
from task_scheduler.queue.backoff import MAX_WAIT_SECONDS, compute_backoff
from task_scheduler.queue.message import Message
from task_scheduler.queue.record import Record
from task_scheduler.tasks.context import TaskContext
from task_scheduler.tasks.registered import Task
from task_scheduler.tasks.registry import find_task
from task_scheduler.time_limit import time_limit

MARGIN_SHARE = 0.1
MAX_MARGIN_SECONDS = 300.0
"""How long before SQS drops a message its last attempt has to be due: that may start late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of an attempt.

    Attributes:
        outcome: the word for it.
        attempt: which one it was, from 1 to 1 + retries.
        seconds: that the task's function took.
        value: what it returned.
        error: what it raised, or why it was not called.
        retry_after: seconds until the next attempt.
    """

    outcome: Outcome
    attempt: int = 1
    seconds: float = 0.0
    value: Any = None
    error: BaseException | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to run the task of a message.

    Attributes:
        record: the message as it was received.
        message: what it says; None if it cannot be read.
        task: what runs; None if there is nothing to run.
        problem: why there is nothing to run.
        is_last: whether SQS would not hand the message over once more.
        last_due: until when another attempt may be due, seconds since 1970: later ones would come
            after SQS has dropped the message.
    """

    record: Record
    message: Message | None
    task: Task | None
    problem: Exception | None
    is_last: bool
    last_due: float

    @classmethod
    def prepare(
        cls, record: Record, *, task_folder: Path, max_receives: int, retention: float
    ) -> Attempt:
        """Reads a record and finds its task.

        Args:
            record: what was received.
            task_folder: where task code lies.
            max_receives: the receive after which SQS itself dead-letters the message.
            retention: seconds on the queue after which SQS drops the message.
        """
        message = task = problem = None
        try:
            message = Message.decode(record.body, sqs_id=record.sqs_id)
            _check_age(message, record)
            task = PRINT if message.task is None else find_task(message.task, task_folder)
        except (InvalidMessage, Expired, LookupError, ImportError) as error:
            problem = error
        is_last = record.receives >= max_receives
        last_due = record.sent + retention - min(MAX_MARGIN_SECONDS, retention * MARGIN_SHARE)
        return cls(record, message, task, problem, is_last, last_due)

    @property
    def number(self) -> int:
        """Which attempt this is, from 1 to 1 + retries.

        SQS counts receives, and a message given back unstarted was received, too: the number can
        be higher than the tries that there were, and never is lower.
        """
        return min(self.record.receives, self.message.retries + 1) if self.message else 1

    @property
    def log_fields(self) -> dict[str, Any]:
        """The fields of a log line that say which attempt of which task it is about."""
        fields: dict[str, Any] = {"id": self.record.sqs_id}
        if self.message is not None:
            fields = {
                "id": self.message.id,
                "schedule": self.message.schedule,
                "scheduled_time": self.message.scheduled_time,
                "task": self.message.task,
            }
        fields["attempt"] = self.number
        return {name: value for name, value in fields.items() if value is not None}

    def context(self, seconds: float) -> TaskContext:
        """The task's context, for so many seconds from now."""
        return TaskContext(
            schedule=self.message.schedule if self.message else None,
            scheduled_time=self.message.scheduled_time if self.message else None,
            attempt=self.number,
            deadline=time.monotonic() + seconds,
            log_fields=self.log_fields,
        )

    def run(self, context: TaskContext) -> Result:
        """Calls the task's function, for the context's time. Never raises what it raises."""
        begun = time.monotonic()
        try:
            if self.task is None or self.message is None:
                raise self.problem or RuntimeError("nothing to run")
            with task_output(context.log_fields), time_limit(max(0.01, context.remaining)):
                value = self.task.run(self.message.text, self.message.args, context)
        except KeyboardInterrupt:
            raise
        # whatever it is: a task that exits, or is cancelled, must not take its neighbours along
        except BaseException as error:
            return self.failed(error, time.monotonic() - begun)
        return Result(
            outcome=Outcome.SUCCESS,
            attempt=self.number,
            seconds=time.monotonic() - begun,
            value=value,
        )

    def failed(self, error: BaseException, seconds: float = 0.0) -> Result:
        """What an error makes of the attempt: another one follows, or it has failed for good."""
        never = NEVER_RETRY + (self.task.never_retry if self.task else ())
        retry_after = None
        match error:
            case InvalidMessage():
                outcome = Outcome.UNREADABLE
            case Expired():
                outcome = Outcome.EXPIRED
            case _ if self._is_out_of_retries or isinstance(error, never):
                outcome = Outcome.FAILED
            case Retry(after=float() | int() as after):
                outcome, retry_after = Outcome.RETRY, min(after, MAX_WAIT_SECONDS)
            case _:
                outcome, retry_after = Outcome.RETRY, compute_backoff(self.number)
        if retry_after is not None and not self._is_in_time(retry_after):
            error = _too_late(error, retry_after)
            outcome, retry_after = Outcome.FAILED, None
        return Result(
            outcome=outcome,
            attempt=self.number,
            seconds=seconds,
            error=error,
            retry_after=retry_after,
        )

    def postponed(self, error: Exception, wait: float) -> Result:
        """What comes of an attempt that could not be made now: the message is given back.

        Args:
            error: why.
            wait: seconds until the message is to be received again.
        """
        if self.is_last:
            return self.failed(NeverStarted(f"received {self.record.receives} times; {error}"))
        if not self._is_in_time(wait):
            return self.failed(NeverStarted(str(_too_late(error, wait))))
        return Result(outcome=Outcome.RETRY, attempt=self.number, error=error, retry_after=wait)

    def _is_in_time(self, wait: float) -> bool:
        return time.time() + wait <= self.last_due

    @property
    def _is_out_of_retries(self) -> bool:
        return self.is_last or (
            self.message is not None and self.record.receives > self.message.retries
        )


def _check_age(message: Message, record: Record) -> None:
    age = time.time() - record.sent
    if message.max_age is not None and age > message.max_age:
        raise Expired(f"{age:.0f} s on the queue: max_age is {message.max_age} s")


def _too_late(error: BaseException, wait: float) -> TooLate:
    """Why there is no other attempt, with what ended this one as its cause."""
    too_late = TooLate(
        f"{type(error).__name__}: {reason_of(error)}; another attempt in {wait:.0f} s would come "
        "after the queue drops the message (message_retention)"
    )
    too_late.__cause__ = error
    return too_late


def print_text(text: str) -> None:
    """The task of a text that names no function."""
    sys.stdout.write(f"{text}\n")


PRINT = Task("print", print_text)
