"""The rest of a list, handed to another invocation of send_task."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from task_scheduler import aws, config
from task_scheduler.errors import IncompleteRun, LedgerUnavailable
from task_scheduler.observability.log import logger, reason_of
from task_scheduler.queue.dead_letters import incomplete_run_dead_letter
from task_scheduler.queue.sending import send_batch
from task_scheduler.runs.claims import Claims
from task_scheduler.runs.run import Cursor, Run
from task_scheduler.time_limit import call_with_timeout


def hand_over(
    run: Run, rest: Cursor, claims: Claims, seconds: float, *, resume_seconds: int | None = None
) -> IncompleteRun | None:
    """Invoke another invocation for the rest of a list, or leave the rest as a dead letter.

    Raising would have Lambda repeat this invocation, and with it every task that it has sent.

    Args:
        run: the run whose list it is.
        rest: where the list goes on.
        claims: the claims of this invocation.
        seconds: the seconds that the hand-over may take.
        resume_seconds: after which keep_runs goes on with it; None for at once.

    Returns:
        Why the list is incomplete; None if another invocation goes on with it.
    """
    event = run.event(rest)

    def give() -> None:
        if resume_seconds is not None:
            claims.hand_over(run.id, _attributes(rest), event, seconds=resume_seconds)
            return
        _note(run, rest, event, claims)
        _invoke(event)

    try:
        call_with_timeout(seconds, give)
    except Exception as refused:
        error = IncompleteRun(
            f"the rest, from line {rest.line} on, could not be handed to another invocation: "
            f"{type(refused).__name__}: {reason_of(refused)}",
            goes_on_at=rest.line,
        )
        error.__cause__ = refused
        logger.error("run incomplete", exc_info=error)
        dead_letter = incomplete_run_dead_letter(run, error, rest)
        send_batch(aws.sqs(), config.load("send_task").runs_dead_letter_url, [dead_letter])
        return error
    return None


def _note(run: Run, rest: Cursor, event: dict[str, Any], claims: Claims) -> None:
    """Write down where the list goes on, so that keep_runs can take up a chain that was cut."""
    try:
        claims.hand_over(run.id, _attributes(rest), event)
    except LedgerUnavailable as error:
        logger.warning("ledger", extra={"run": run.key, "reason": str(error)})


def _attributes(rest: Cursor) -> dict[str, Any]:
    return {name: value for name, value in asdict(rest).items() if value is not None}


def _invoke(event: dict[str, Any]) -> None:
    aws.lambda_().invoke(
        FunctionName=config.load().function_name,
        InvocationType="Event",
        Payload=json.dumps(event),
    )
