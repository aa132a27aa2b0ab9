"""Late records on the task queue: applied by whoever receives them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from task_scheduler.config import Settings
from task_scheduler.errors import InvalidMessage, LedgerUnavailable
from task_scheduler.execution.acknowledgement import Acknowledgement
from task_scheduler.execution.recording import Recording
from task_scheduler.execution.time_budget import TimeBudget
from task_scheduler.observability.log import logger
from task_scheduler.queue.backoff import compute_backoff
from task_scheduler.queue.record import Record
from task_scheduler.runs.late_records import SentRecord, read_late_record, send_late
from task_scheduler.runs.ledger import Ledger
from task_scheduler.time_limit import call_with_timeout


def apply_late_records(
    records: Sequence[Record],
    ledger: Ledger,
    recording: Recording,
    acknowledgement: Acknowledgement,
    settings: Settings,
    budget: TimeBudget,
) -> None:
    """Write late records into the ledger; those that it does not take yet come again later.

    Args:
        records: messages of this kind.
        ledger: the ledger that they are for.
        recording: the recording of the batch, which they are a part of.
        acknowledgement: the acknowledgement of the batch's messages.
        settings: the settings of the function.
        budget: the invocation's time.
    """
    for record in records:
        try:
            call_with_timeout(budget.left_for_flush(), partial(_apply, record, ledger, recording))
        except InvalidMessage as error:
            logger.warning("late record", extra={"id": record.sqs_id, "reason": str(error)})
        except (LedgerUnavailable, TimeoutError) as error:
            logger.warning("ledger", extra={"reason": str(error)})
            if not _is_sent_anew(record, settings):
                acknowledgement.keep(record, compute_backoff(record.receives))
                continue
        acknowledgement.add_done(record)


def _apply(record: Record, ledger: Ledger, recording: Recording) -> None:
    late = read_late_record(record.body)
    if isinstance(late, SentRecord):
        if counts := late.apply(ledger):
            recording.recorded.complete[late.id] = counts
    else:
        recording.recorder.apply(late)


def _is_sent_anew(record: Record, settings: Settings) -> bool:
    """Send a late record as a new message before SQS gives up on this one."""
    if record.receives < settings.max_receive_count - 1:
        return False
    try:
        send_late(read_late_record(record.body), settings.queue_url)
    except Exception:
        logger.warning("late record", exc_info=True)
        return False
    return True
