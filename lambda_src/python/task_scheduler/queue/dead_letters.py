"""Dead letters: lines, lists and tasks that could not be sent or run, with the reason."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from task_scheduler.errors import FailedBefore
from task_scheduler.observability.log import reason_of, truncate
from task_scheduler.queue.place import PLACE, REDRIVE
from task_scheduler.queue.sending import Entry

if TYPE_CHECKING:
    from task_scheduler.errors import IncompleteRun
    from task_scheduler.execution.delivery import Delivery
    from task_scheduler.execution.result import Result
    from task_scheduler.runs.run import Cursor, Run
    from task_scheduler.task_list.listed import Refused

START_BYTES = 1_024
"""Bytes of a refused line that its dead letter quotes: never the whole of a large one."""

REASON_CHARACTERS = 1_000
"""Characters of a reason that a dead letter quotes: it may hold a part of the line, or the text of
an exception, and a dead letter that is too large for SQS would end the whole run."""


def line_dead_letter(run: Run, refused: Refused, number: int) -> Entry:
    """Make the dead letter of a line that is not a task, for the runs' queue.

    Args:
        run: the run whose list it is in.
        refused: the line.
        number: the number that it has in its run.
    """
    body = {
        "kind": "line",
        "schedule": run.schedule,
        "run": run.key,
        "scheduled_time": run.scheduled_time,
        "file": run.tasks_file or run.tasks_s3_uri or run.tasks_source,
        "line": refused.number,
        "number": number,
        "redrive": run.redrive or None,
        "reason": truncate(refused.reason, REASON_CHARACTERS),
        "start": refused.data[:START_BYTES].decode(errors="replace"),
    }
    return Entry(json.dumps(body), {"kind": "line", "schedule": run.schedule})


def incomplete_run_dead_letter(
    run: Run, error: IncompleteRun, cursor: Cursor | None = None
) -> Entry:
    """Make the dead letter of a list of which not all tasks could be sent, for the runs' queue.

    Args:
        run: the run whose list it is.
        error: why, and where it can go on.
        cursor: what it goes on with; None if the position alone will do.
    """
    body: dict[str, Any] = {
        "kind": "incomplete",
        "schedule": run.schedule,
        "run": run.key,
        "scheduled_time": run.scheduled_time,
        "only": run.only,
        "reason": truncate(str(error), REASON_CHARACTERS),
        "goes_on_at": error.goes_on_at,
    }
    if cursor is not None:
        body["cursor"] = {
            name: value for name, value in asdict(cursor).items() if value is not None
        }
    return Entry(json.dumps(body), {"kind": "incomplete", "schedule": run.schedule})


def task_dead_letter(delivery: Delivery, result: Result) -> Entry:
    """Make the dead letter of a task, for the tasks' queue: its message as it was, and the reason.

    A FIFO queue's dead letter keeps the message's group and deduplication id.
    """
    attributes = {
        "outcome": result.outcome,
        "reason": reason_of(result.error) if result.error is not None else None,
        "error": _class_of(result.error),
        "attempts": str(result.attempt),
        "first_received": _rfc3339(delivery.record.first_received),
        "last_received": _rfc3339(datetime.now(UTC).timestamp()),
    }
    if delivery.message is not None:
        attributes |= {
            "schedule": delivery.message.schedule or "",
            "task": delivery.message.task or "",
        }
    record = delivery.record
    if record.place is not None:
        redrive = record.place.redrive
        attributes |= {PLACE: str(record.place), REDRIVE: str(redrive) if redrive else None}
    return Entry(record.body, attributes, record.message_group, record.deduplication_id)


def _class_of(error: BaseException | None) -> str:
    return error.error if isinstance(error, FailedBefore) else type(error).__name__


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
