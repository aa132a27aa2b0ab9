"""Dead letters: what could not be sent or run, with the reason why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from task_scheduler.observability.log import reason_of, shorten
from task_scheduler.queue.sending import Entry

if TYPE_CHECKING:
    from task_scheduler.errors import IncompleteFiring
    from task_scheduler.execution.attempt import Attempt, Result
    from task_scheduler.runs.run import Firing
    from task_scheduler.task_list.task_list import Refused

START_BYTES = 1_024
"""How much of a refused line its letter quotes: never the whole of a large one."""

REASON_CHARACTERS = 1_000
"""How much of a reason a letter quotes: it may hold a part of the line, or an exception's text, and
a letter that SQS finds too large would end the whole firing."""


def line_letter(firing: Firing, refused: Refused) -> Entry:
    """For the firings' dead-letter queue: a line that is no task."""
    body = {
        "kind": "line",
        "schedule": firing.schedule,
        "firing": firing.key,
        "scheduled_time": firing.scheduled_time,
        "file": firing.tasks_file or firing.tasks_s3_uri or firing.tasks_source,
        "line": refused.number,
        "reason": shorten(refused.reason, REASON_CHARACTERS),
        "start": refused.data[:START_BYTES].decode(errors="replace"),
    }
    return Entry(json.dumps(body), {"kind": "line", "schedule": firing.schedule})


def incomplete_letter(firing: Firing, error: IncompleteFiring) -> Entry:
    """For the firings' dead-letter queue: a generator's tasks, of which not all could be sent."""
    body = {
        "kind": "incomplete",
        "schedule": firing.schedule,
        "firing": firing.key,
        "scheduled_time": firing.scheduled_time,
        "only": firing.only,
        "reason": shorten(str(error), REASON_CHARACTERS),
        "goes_on_at": error.goes_on_at,
    }
    return Entry(json.dumps(body), {"kind": "incomplete", "schedule": firing.schedule})


def task_letter(attempt: Attempt, result: Result) -> Entry:
    """For the tasks' dead-letter queue: the message as it was, and why it is dead.

    A FIFO queue's letter keeps the message's group and deduplication id.
    """
    attributes = {
        "outcome": result.outcome,
        "reason": reason_of(result.error) if result.error is not None else None,
        "error": type(result.error).__name__,
        "attempts": str(result.attempt),
        "first_received": _rfc3339(attempt.record.first_received),
        "last_received": _rfc3339(datetime.now(UTC).timestamp()),
    }
    if attempt.message is not None:
        attributes |= {
            "schedule": attempt.message.schedule or "",
            "task": attempt.message.task or "",
        }
    record = attempt.record
    return Entry(record.body, attributes, record.message_group, record.deduplication_id)


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
