"""Lambda function send_task: a schedule is due, its tasks go onto the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from task_scheduler import config
from task_scheduler.errors import InvalidRun
from task_scheduler.observability.log import logger, reason_of, truncate
from task_scheduler.observability.metrics import metrics
from task_scheduler.observability.task_output import capture_output
from task_scheduler.runs.claims import Claim, Claims
from task_scheduler.runs.late_records import send_late
from task_scheduler.runs.opened import open_ledger
from task_scheduler.runs.recorder import Recorder
from task_scheduler.runs.run import Run
from task_scheduler.sending.ending import end_list, note_failure
from task_scheduler.sending.hand_over import hand_over
from task_scheduler.sending.pacer import Pacer
from task_scheduler.sending.sent_list import SentList, send_list
from task_scheduler.sending.start import Start, start
from task_scheduler.task_list.task_list import TaskList
from task_scheduler.tasks.registry import forget_failures

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from task_scheduler.config import Settings
    from task_scheduler.runs.ledger import Ledger

RESERVE_SHARE = 0.25
MAX_RESERVE_SECONDS = 30.0
"""Time kept for what is under way, and for handing the rest to another invocation."""

HAND_OVER_SHARE = 0.5
"""Share of the time left that the hand-over may take; the rest is for its dead letter."""

HEARTBEAT_SHARE = 0.1
"""Share of the time left that the ping of a monitor may take before the list is sent."""

LEASE_MARGIN_SECONDS = 5.0
"""A claim outlives its invocation by so much."""


class Summary(TypedDict):
    """The result of an invocation.

    Attributes:
        schedule, run, scheduled_time: which run it was for.
        claim: whether this invocation sent it; otherwise nothing was sent.
        sent, refused: messages sent, and lines that are not tasks. Both are 0 for an empty list.
        requests: that it took.
        continued_at: the line that another invocation goes on with.
        began_at: the line that this one went on with.
        only: the one position that it was asked for.
        reason, error: why the list is incomplete, or the run did not start.
    """

    schedule: str
    run: str
    scheduled_time: str | None
    claim: str
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
    cursor. Lambda's recursive-loop detection ends a chain after about 16 invocations; keep_runs
    goes on with what it cuts.

    Args:
        event: a schedule's input.
        context: Lambda's; its request id makes the run's key if the event has no scheduled time.

    Raises:
        InvalidRun: the event, or the list that it names, cannot be used.
        LedgerUnavailable: the run must not overlap another, and the ledger does not answer; or the
            end of a refused line could be written down nowhere.
        LookupError, ImportError: the generator that it names is not there.
        NotSent, botocore's errors: a message could not be sent.
            After any of them Lambda invokes again, twice (the messages have the same ids), and
            then puts the event into the runs' dead-letter queue.
    """
    capture_output()
    forget_failures()
    run = Run.from_event(event, request_id=context.aws_request_id)
    settings = config.load("send_task")
    ledger = open_ledger(settings)
    claims = Claims(
        ledger,
        owner=context.aws_request_id,
        lease_seconds=_seconds_left(context) + LEASE_MARGIN_SECONDS,
    )
    try:
        return _send(run, settings, ledger, claims, context)
    except Exception as error:
        reason = truncate(reason_of(error))
        fields = {
            "schedule": run.schedule,
            "run": run.key,
            "scheduled_time": run.scheduled_time,
            "reason": reason,
            "error": type(error).__name__,
        }
        logger.error("run", extra={name: value for name, value in fields.items() if value})
        note_failure(run, claims, f"{type(error).__name__}: {reason}", _seconds_left(context) / 2)
        raise


def _send(
    run: Run, settings: Settings, ledger: Ledger, claims: Claims, context: LambdaContext
) -> Summary:
    begun = _begin(run, claims, context)
    recorder = Recorder(ledger, partial(send_late, queue_url=settings.queue_url))
    if begun.claim is not Claim.MINE:
        if begun.claim is Claim.SENT:
            _end(run, ledger, recorder, context, total=begun.item["total"])
        return _report(run, begun, None)
    run = replace(run, cursor=begun.cursor(run))
    if run.monitor is not None and begun.is_first and _is_whole(run):
        _beat(run, run.monitor, context)
    pacer = Pacer(run.pace, run.cursor.next_slot, time.time) if run.pace and not run.only else None
    is_time_up = _time_limit(context)
    task_list = TaskList(
        run, settings.task_folder, lambda: bool(pacer and pacer.is_full) or is_time_up()
    )
    numbered = run.number - 1 if run.number else run.cursor.numbered or begun.numbered
    sent = send_list(
        run, task_list, settings, recorder,
        numbered=numbered, is_resent=begun.is_resent, pacer=pacer,
    )  # fmt: skip
    if sent.rest is not None:
        resume_seconds = pacer.resume_seconds if pacer and pacer.is_full else None
        if sent.rest.line == run.cursor.line and resume_seconds is None:
            raise InvalidRun(f"no time to reach line {run.cursor.line}: raise send_task_timeout")
        seconds = _seconds_left(context) * HAND_OVER_SHARE
        sent.incomplete = hand_over(run, sent.rest, claims, seconds, resume_seconds=resume_seconds)
    if sent.rest is None or sent.incomplete:
        total = None if run.number else sent.number
        incomplete = str(sent.incomplete) if sent.incomplete else None
        _end(run, ledger, recorder, context, total=total, incomplete=incomplete)
    return _report(run, begun, sent)


def _begin(run: Run, claims: Claims, context: LambdaContext) -> Start:
    """Claim a run; a line of it that is sent again belongs to it as it is."""
    if run.number:
        return Start(claim=Claim.MINE)
    return start(run, claims, _seconds_left(context))


def _is_whole(run: Run) -> bool:
    """Return False of a part of a run: one of its tasks, or what another invocation left."""
    return not run.number and run.cursor.line == 1


def _beat(run: Run, name: str, context: LambdaContext) -> None:
    """Tell a run's monitor that it starts."""
    from task_scheduler.notifications.heartbeat import Beat, ping

    seconds = _seconds_left(context) * HEARTBEAT_SHARE
    ping(name, run.key, Beat.START, state="running", seconds=seconds)


def _end(
    run: Run,
    ledger: Ledger,
    recorder: Recorder,
    context: LambdaContext,
    *,
    total: int | None,
    incomplete: str | None = None,
) -> None:
    """Record how long a list was; close its run, and notify people, if that was all."""
    closed = end_list(
        run,
        ledger,
        recorder,
        total=total,
        incomplete=incomplete,
        closer=context.aws_request_id,
        seconds=partial(_seconds_left, context),
    )
    if closed:
        from task_scheduler.notifications.run_digest import notify

        notify(ledger, closed, seconds=lambda: _seconds_left(context) / 2)


def _report(run: Run, begun: Start, sent: SentList | None) -> Summary:
    """Log what an invocation did, and return it."""
    incomplete = sent.incomplete if sent else None
    summary = Summary(
        schedule=run.schedule,
        run=run.key,
        scheduled_time=run.scheduled_time,
        claim=begun.claim.value,
        sent=sent.tasks.entries if sent else 0,
        refused=sent.refused if sent else 0,
        requests=sent.tasks.requests + sent.dead_letters.requests if sent else 0,
        continued_at=sent.rest.line if sent and sent.rest and not incomplete else None,
        began_at=run.cursor.line if run.cursor.line > 1 else None,
        only=run.only,
        reason=truncate(str(incomplete)) if incomplete else begun.item.get("reason"),
        error=type(incomplete).__name__ if incomplete else None,
    )
    present = {name: value for name, value in summary.items() if value is not None}
    counts = metrics("sent", *(["refused"] if summary["refused"] else []), schedule=run.schedule)
    logger.info("run", extra={**present, **counts})
    return summary


def _time_limit(context: LambdaContext) -> Callable[[], bool]:
    """Return a function that says when it is time to stop."""
    total = context.get_remaining_time_in_millis()
    reserve = min(MAX_RESERVE_SECONDS * 1000, total * RESERVE_SHARE)
    return lambda: context.get_remaining_time_in_millis() < reserve


def _seconds_left(context: LambdaContext) -> float:
    return context.get_remaining_time_in_millis() / 1000
