"""The end of a run's list: what the ledger is told once it was sent, or could not be."""

from __future__ import annotations

from collections.abc import Callable

from task_scheduler import config
from task_scheduler.errors import LedgerUnavailable
from task_scheduler.observability.log import logger
from task_scheduler.runs.claims import Claims
from task_scheduler.runs.closing import ClosedNow
from task_scheduler.runs.late_records import SentRecord, send_late
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.recorder import Recorder
from task_scheduler.runs.run import Run
from task_scheduler.runs.settling import settle
from task_scheduler.sending.start import facts, needs_ledger
from task_scheduler.time_limit import call_with_timeout


def end_list(
    run: Run,
    ledger: Ledger,
    recorder: Recorder,
    *,
    total: int | None,
    incomplete: str | None = None,
    closer: str,
    seconds: Callable[[], float],
) -> list[ClosedNow]:
    """Record how long a list was, and close its run if that was all that was missing.

    Args:
        run: the run whose list it is.
        ledger: the ledger that has the run.
        recorder: the recorder of the list's refused lines.
        total: tasks and refused lines; None where one of them alone was sent again.
        incomplete: why there are more that could not be sent.
        closer: names the caller.
        seconds: returns the seconds that the caller has left.

    Returns:
        The runs that people are to be notified of.
    """
    if total is not None:
        sent = SentRecord(run=run.key, facts=facts(run), total=total, incomplete=incomplete)
        try:
            counts = call_with_timeout(seconds() / 2, lambda: sent.apply(ledger))
        except (LedgerUnavailable, TimeoutError) as error:
            logger.warning("ledger", extra={"run": run.key, "reason": str(error)})
            send_late(sent, config.load("send_task").queue_url)
            return []
        if counts is not None:
            recorder.recorded.complete[run.id] = counts
    return settle(ledger, recorder.recorded, closer=closer, seconds=seconds, failing=set())


def note_failure(run: Run, claims: Claims, reason: str, seconds: float) -> None:
    """Keep why a list could not be sent, for the digest of a run that stays incomplete.

    Args:
        run: the run whose list it is.
        claims: the claims of this invocation.
        reason: why.
        seconds: the seconds that it may take.
    """
    may_be_unknown = not run.number and needs_ledger(run) is None
    known = facts(run) if may_be_unknown else None
    try:
        call_with_timeout(seconds, lambda: claims.failed(run.id, reason, known))
    except (LedgerUnavailable, TimeoutError) as error:
        logger.warning("ledger", extra={"run": run.key, "reason": str(error)})
