"""Lambda function send_task: a schedule is due, its tasks go onto the queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypedDict

from task_scheduler import aws, config
from task_scheduler.errors import IncompleteRun, InvalidRun
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.metrics import metrics
from task_scheduler.observability.task_output import capture_output
from task_scheduler.outcome import NotifyEvent
from task_scheduler.queue.dead_letters import incomplete_run_dead_letter, line_dead_letter
from task_scheduler.queue.fifo import deduplication_id, is_fifo
from task_scheduler.queue.sending import Entry, Sender, send_batch
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.task_list.listed import ListedTask, Refused
from task_scheduler.task_list.messages import EncodedMessage, make_message
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.tasks.registry import forget_failures
from task_scheduler.time_limit import call_with_timeout

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

IN_FLIGHT = 16
"""Requests under way at once; one client serves them all. A FIFO queue gets one after the other."""

RESERVE_SHARE = 0.25
MAX_RESERVE_SECONDS = 30.0
"""Time kept for what is under way, and for handing the rest to another invocation."""

HAND_OVER_SHARE = 0.5
"""Share of the time left that the hand-over may take; the rest is for its dead letter."""


class Summary(TypedDict):
    """The result of an invocation.

    Attributes:
        schedule, run, scheduled_time: which run it was for.
        sent, refused: messages sent, and lines that are not tasks. Both are 0 for an empty list.
        requests: that it took.
        continued_at: the line that another invocation goes on with.
        began_at: the line that this one went on with.
        only: the one position that it was asked for.
        reason, error: why the list is incomplete.
    """

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
    """Send every task of a run, and a dead letter for every line that is not a task.

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
    capture_output()
    forget_failures()
    run = Run.from_event(event, request_id=context.aws_request_id)
    try:
        return _send(run, context)
    except Exception as error:
        fields = {
            "schedule": run.schedule,
            "run": run.key,
            "scheduled_time": run.scheduled_time,
            "reason": truncate(reason_of(error)),
            "error": type(error).__name__,
        }
        logger.error("run", extra={name: value for name, value in fields.items() if value})
        raise


def _send(run: Run, context: LambdaContext) -> Summary:
    task_list = TaskList(run, config.load("send_task").task_folder, _time_limit(context))
    sent = _send_list(run, task_list)
    if task_list.rest is not None:
        if task_list.rest.line == run.cursor.line:
            raise InvalidRun(f"no time to reach line {run.cursor.line}: raise send_task_timeout")
        _hand_over(sent, task_list.rest, context)
    summary = sent.summary()
    present = {name: value for name, value in summary.items() if value is not None}
    counts = metrics("sent", *(["refused"] if summary["refused"] else []), schedule=run.schedule)
    logger.info("run", extra={**present, **counts})
    return summary


@dataclass(slots=True)
class _Sent:
    """The part of a list that an invocation sent.

    Attributes:
        run: whose list it is, with the notifications that its messages ask for.
        tasks, dead_letters: senders of messages, and of dead letters of the runs' queue.
        refused: lines that are not tasks.
        continued_at: the line that another invocation goes on with; None at the list's end.
        incomplete: why the rest of the list is not sent; None if it is.
    """

    run: Run
    tasks: Sender
    dead_letters: Sender
    refused: int = 0
    continued_at: int | None = None
    incomplete: IncompleteRun | None = None

    def put(self, task: ListedTask) -> None:
        """Send a task, or the dead letter of one that cannot be sent."""
        made = make_message(self.run, task)
        if isinstance(made, Refused):
            self.refuse(made)
        else:
            self.tasks.put(_entry(made, self.tasks.queue_url))

    def refuse(self, line: Refused) -> None:
        """Send the dead letter of a line."""
        self.refused += 1
        self.dead_letters.put(line_dead_letter(self.run, line))

    def summary(self) -> Summary:
        """Return the result of the invocation."""
        run, cursor = self.run, self.run.cursor
        return Summary(
            schedule=run.schedule,
            run=run.key,
            scheduled_time=run.scheduled_time,
            sent=self.tasks.entries,
            refused=self.refused,
            requests=self.tasks.requests + self.dead_letters.requests,
            continued_at=self.continued_at,
            began_at=cursor.line if cursor.line > 1 else None,
            only=run.only,
            reason=truncate(str(self.incomplete)) if self.incomplete else None,
            error=type(self.incomplete).__name__ if self.incomplete else None,
        )


def _send_list(run: Run, task_list: TaskList) -> _Sent:
    settings, client = config.load("send_task"), aws.sqs()
    limit = settings.notify_success_limit
    with (
        Sender(client, settings.queue_url, in_flight=IN_FLIGHT) as tasks,
        Sender(client, settings.runs_dead_letter_url) as dead_letters,
    ):
        sent = _Sent(run, tasks, dead_letters)
        listed = _tasks(task_list, sent)
        ahead: list[ListedTask] = []
        if NotifyEvent.SUCCESS in (run.notify_on or []):
            # only the successes of a short list are notified, and all its messages say the same
            ahead = list(islice(listed, limit + 1))
            if len(ahead) > limit or task_list.rest is not None:
                sent.run = run.without_successes()
        for task in chain(ahead, listed):
            sent.put(task)
        if task_list.incomplete is not None:
            _report_incomplete(sent, task_list.incomplete)
            dead_letters.put(incomplete_run_dead_letter(run, task_list.incomplete))
    return sent


def _tasks(task_list: TaskList, sent: _Sent) -> Iterator[ListedTask]:
    """Yield the tasks of a list, and send the dead letters of its other lines on the way."""
    for listed in task_list:
        if isinstance(listed, Refused):
            sent.refuse(listed)
        else:
            yield listed


def _report_incomplete(sent: _Sent, error: IncompleteRun) -> None:
    logger.error("run incomplete", exc_info=error)
    sent.incomplete = error


def _time_limit(context: LambdaContext) -> Callable[[], bool]:
    """Return a function that says when it is time to stop."""
    total = context.get_remaining_time_in_millis()
    reserve = min(MAX_RESERVE_SECONDS * 1000, total * RESERVE_SHARE)
    return lambda: context.get_remaining_time_in_millis() < reserve


def _entry(made: EncodedMessage, queue_url: str) -> Entry:
    if not is_fifo(queue_url):
        return Entry(made.body)
    message = made.message
    return Entry(
        made.body,
        message_group=message.message_group or message.schedule,
        deduplication_id=deduplication_id(message.id, made.body),
    )


def _hand_over(sent: _Sent, rest: Cursor, context: LambdaContext) -> None:
    """Invoke another invocation for the rest of a list, or leave the rest as a dead letter.

    Raising would have Lambda repeat this invocation, and with it every task that it has sent.
    """
    seconds = context.get_remaining_time_in_millis() / 1000 * HAND_OVER_SHARE
    try:
        call_with_timeout(seconds, lambda: _invoke(sent.run.continued(rest)))
        sent.continued_at = rest.line
    except Exception as refused:
        error = IncompleteRun(
            f"the rest, from line {rest.line} on, could not be handed to another invocation: "
            f"{type(refused).__name__}: {reason_of(refused)}",
            goes_on_at=rest.line,
        )
        error.__cause__ = refused
        _report_incomplete(sent, error)
        dead_letter = incomplete_run_dead_letter(sent.run, error, rest)
        send_batch(aws.sqs(), config.load("send_task").runs_dead_letter_url, [dead_letter])


def _invoke(event: dict[str, Any]) -> None:
    aws.lambda_().invoke(
        FunctionName=config.load().function_name,
        InvocationType="Event",
        Payload=json.dumps(event),
    )
