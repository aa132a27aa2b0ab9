"""One try to run one task."""

from __future__ import annotations

import time
from functools import partial
from typing import NamedTuple

from task_scheduler import config
from task_scheduler.errors import TaskExited
from task_scheduler.execution.delivery import Delivery
from task_scheduler.execution.isolation import isolated
from task_scheduler.execution.preview import preview
from task_scheduler.execution.result import Result, failure
from task_scheduler.execution.returned import value_of
from task_scheduler.observability.task_output import task_output
from task_scheduler.outcome import Outcome
from task_scheduler.queue.message import Message
from task_scheduler.runs.opened import open_ledger
from task_scheduler.runs.parents import read_parents
from task_scheduler.tasks.context import ParentRun, TaskContext
from task_scheduler.tasks.registered import Task
from task_scheduler.time_limit import time_limit


class Attempt(NamedTuple):
    """A try to run the task of a message.

    Attributes:
        delivery: the delivery of the message.
        message: the contents of it.
        task: what runs.
    """

    delivery: Delivery
    message: Message
    task: Task

    def context(self, seconds: float) -> TaskContext:
        """Make the task's context, for so many seconds from now."""
        return TaskContext(
            schedule=self.message.schedule,
            scheduled_time=self.message.scheduled_time,
            attempt=self.delivery.number,
            deadline=time.monotonic() + seconds,
            log_fields=self.delivery.log_fields,
            read_parents=partial(_read_parents, self.message.parents or []),
        )

    def run(self, context: TaskContext) -> Result:
        """Call the task's function, within the context's time. Never raises what it raises."""
        begun = time.monotonic()
        try:
            with isolated():
                returned = self._call(context)
        except KeyboardInterrupt:
            raise
        except SystemExit as error:
            if error.code not in (None, 0):
                exited = TaskExited(error.code)
                return self.failed(exited.with_traceback(error.__traceback__), _since(begun))
            returned = None
        # whatever it is: a task that is cancelled must not take its neighbours along
        except BaseException as error:
            return self.failed(error, _since(begun))
        return Result(
            outcome=Outcome.SUCCESS,
            attempt=self.delivery.number,
            seconds=_since(begun),
            preview=returned,
        )

    def failed(self, error: BaseException, seconds: float = 0.0) -> Result:
        """Turn an exception into the attempt's result: retry or permanent failure."""
        try:
            return failure(self.delivery, error, seconds, never_retry=self.task.never_retry)
        except Exception as unusable:  # never_retry, or a class that decides what is one of it
            return failure(self.delivery, unusable, seconds)

    def _call(self, context: TaskContext) -> str | None:
        """Run the function; return what it returned, in short, all of it within the time."""
        allowed = max(0.01, context.remaining)
        with task_output(context.log_fields), time_limit(allowed) as limit:
            returned = self.task.run(self.message.text, self.message.args, context)
            return preview(value_of(returned, context, limit, allowed))


def _read_parents(keys: list[str]) -> tuple[ParentRun, ...]:
    return read_parents(open_ledger(config.load()), keys) if keys else ()


def _since(begun: float) -> float:
    return time.monotonic() - begun
