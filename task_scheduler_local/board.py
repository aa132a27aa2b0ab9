"""The tasks of the runs in a run, as the functions' own log lines tell of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

QUEUED = "queued"
RETRY = "retry"


@dataclass
class Row:
    """One task: the newest that is known of it."""

    id: str
    schedule: str
    outcome: str = QUEUED
    task: str = ""
    attempt: int = 0
    duration_ms: int = 0
    detail: str = ""
    """What it returned or printed, or the reason why it failed."""

    @property
    def position(self) -> str:
        """Its place in the run's list."""
        return self.id.rpartition("#")[2]

    @property
    def is_final(self) -> bool:
        return self.outcome not in (QUEUED, RETRY)


def read_rows(events: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """Every task that CloudWatch's log events tell of, by id, in the order of the runs.

    events: those of send_task first, then those of run_task, each in the order of time.
    """
    rows: dict[str, Row] = {}
    printed: dict[str, str] = {}  # by the task whose own line is the next one of the stream
    for event in events:
        stream = event["logStreamName"]
        record = _parse(event["message"])
        if record is None:
            continue
        if "service" not in record:  # a line that a task printed
            printed[stream] = record["message"]
        elif record["message"] == "run":
            for number in range(1, record.get("sent", 0) + 1):
                id_ = f"{record['run']}#{number}"
                rows.setdefault(id_, Row(id_, record["schedule"]))
        elif record["message"] == "task":
            row = rows.setdefault(record["id"], Row(record["id"], record.get("schedule", "")))
            row.outcome = record["outcome"]
            row.task = record.get("task", "(text)")
            row.attempt = record["attempt"]
            row.duration_ms = record["duration_ms"]
            said = printed.pop(stream, "")
            row.detail = record.get("result") or record.get("reason") or said
    return rows


def count_outcomes(rows: Iterable[Row]) -> dict[str, Counter[str]]:
    """How many tasks came to which outcome, by schedule; those still under way are not counted."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        if row.is_final:
            counts.setdefault(row.schedule, Counter())[row.outcome] += 1
    return counts


def _parse(line: str) -> dict[str, Any] | None:
    """A line of the structured log; None for any other."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "message" in record else None
