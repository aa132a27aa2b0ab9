"""Lambda function send_task: a schedule fires, its tasks go onto the queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from task_scheduler import aws, config
from task_scheduler.errors import IncompleteRun, InvalidRun
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.metrics import metrics
from task_scheduler.queue.dead_letters import incomplete_run_dead_letter, line_dead_letter
from task_scheduler.queue.fifo import deduplication_id, is_fifo
from task_scheduler.queue.message import Message
from task_scheduler.queue.sending import Entry, Sender
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.success_limit import SuccessLimit
from task_scheduler.task_list.task_list import Refused, TaskList
from task_scheduler.tasks.registry import forget_failures

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

IN_FLIGHT = 16
"""Requests under way at once; one client serves them all. A FIFO queue gets one after the other,
or its order would be lost."""

RESERVE_SHARE = 0.25
MAX_RESERVE_SECONDS = 30.0
"""Time kept for what is under way, and for handing the rest to another invocation."""


class Summary(TypedDict):
    """What came of an invocation: messages sent, lines refused, requests that it took, and the
    line that another invocation goes on with; the line that it went on with itself, or the only
    one that it was asked for; and why the list is incomplete."""

    schedule: str
    run: str
    scheduled_time: str | None
    sent: int
    refused: int
    requests: int
    continued_at: int | None
    began_at: int | None
    only: int | None
    reason: str | None
    error: str | None


def handler(event: Any, context: LambdaContext) -> Summary:
    """Sends every task of a run, and a dead letter for every line that is no task.

    What does not fit into the function's time is handed to another invocation of it, with a
    cursor. Lambda's recursive-loop detection ends a chain after about 16 invocations; what it
    then drops lies, cursor included, in the runs' dead-letter queue.

    Args:
        event: a schedule's input.
        context: Lambda's; its request id makes the run's key if it has no scheduled time.

    Raises:
        InvalidRun: the event, or the list that it names, cannot be used.
        LookupError, ImportError: the generator that it names is not there.
        NotSent, botocore's errors: a message could not be sent.
            After any of them Lambda invokes again, twice (the messages have the same ids), and
            then puts the event into the runs' dead-letter queue.
    """
    forget_failures()
    run = Run.from_event(event, request_id=context.aws_request_id)
    try:
        return _send(run, context)
    except Exception as error:
        told = {
            "schedule": run.schedule,
            "run": run.key,
            "scheduled_time": run.scheduled_time,
            "reason": truncate(reason_of(error)),
            "error": type(error).__name__,
        }
        logger.error("run", extra={name: value for name, value in told.items() if value})
        raise


def _send(run: Run, context: LambdaContext) -> Summary:
    task_list = TaskList(run, config.load("send_task").task_folder)
    sent = _send_list(task_list, _time_limit(context))
    if sent.rest is not None:
        if sent.rest.line == run.cursor.line:
            raise InvalidRun(f"no time to reach line {sent.rest.line}: raise send_task_timeout")
        _continue(task_list.run, sent.rest)
    summary = sent.summary(run)
    present = {name: value for name, value in summary.items() if value is not None}
    counts = metrics("sent", *(["refused"] if summary["refused"] else []), schedule=run.schedule)
    logger.info("run", extra={**present, **counts})
    return summary


@dataclass(slots=True)
class _Sent:
    """What an invocation sent of a list.

    Attributes:
        tasks, dead letters: that went onto the task queue, and for lines that are no tasks.
        rest: where another invocation has to go on; None at the list's end.
        incomplete: why a generator ended before its list did.
    """

    tasks: Sender
    dead_letters: Sender
    rest: Cursor | None = None
    incomplete: IncompleteRun | None = None

    def summary(self, run: Run) -> Summary:
        return Summary(
            schedule=run.schedule,
            run=run.key,
            scheduled_time=run.scheduled_time,
            sent=self.tasks.entries,
            refused=self.dead_letters.entries - (self.incomplete is not None),
            requests=self.tasks.requests + self.dead_letters.requests,
            continued_at=self.rest.line if self.rest else None,
            began_at=run.cursor.line if run.cursor.line > 1 else None,
            only=run.only,
            reason=truncate(str(self.incomplete)) if self.incomplete else None,
            error=type(self.incomplete).__name__ if self.incomplete else None,
        )


def _send_list(task_list: TaskList, is_time_up: Callable[[], bool]) -> _Sent:
    settings, client = config.load("send_task"), aws.sqs()
    is_ordered = is_fifo(settings.queue_url)
    with (
        Sender(client, settings.queue_url, in_flight=1 if is_ordered else IN_FLIGHT) as tasks,
        Sender(client, settings.runs_dead_letter_url) as dead_letters,
    ):
        sent = _Sent(tasks, dead_letters)
        messages = SuccessLimit(
            task_list,
            lambda message, body: tasks.put(_entry(message, body, is_ordered=is_ordered)),
            limit=settings.notify_success_limit,
        )
        try:
            for listed in task_list:
                if is_time_up():
                    sent.rest = task_list.cursor
                    break
                if isinstance(listed, Refused):
                    dead_letters.put(line_dead_letter(task_list.run, listed))
                else:
                    messages.put(*listed)
        except IncompleteRun as error:
            logger.exception("run incomplete")
            sent.incomplete = error
            dead_letters.put(incomplete_run_dead_letter(task_list.run, error))
        messages.end(is_whole=sent.rest is None)
    return sent


def _time_limit(context: LambdaContext) -> Callable[[], bool]:
    """Tells whether it is time to stop."""
    total = context.get_remaining_time_in_millis()
    reserve = min(MAX_RESERVE_SECONDS * 1000, total * RESERVE_SHARE)
    return lambda: context.get_remaining_time_in_millis() < reserve


def _entry(message: Message, body: str, *, is_ordered: bool) -> Entry:
    if not is_ordered:
        return Entry(body)
    return Entry(
        body,
        message_group=message.message_group or message.schedule,
        deduplication_id=deduplication_id(message.id),
    )


def _continue(run: Run, cursor: Cursor) -> None:
    aws.lambda_().invoke(
        FunctionName=config.load().function_name,
        InvocationType="Event",
        Payload=json.dumps(run.continued(cursor)),
    )
