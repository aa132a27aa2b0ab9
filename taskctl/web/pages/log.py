"""Lines of the log, and the attempts in it as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskctl.runs.log import Entry
from taskctl.runs.log_lines import TaskLine
from taskctl.web import charts

_LISTED_LINES = 500
_LISTED_ATTEMPTS = 200


def describe_log(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return lines of a log, and the attempts in it as a chart."""
    lines = [
        {"kind": kind or "plain", "text": text} for entry in entries for text, kind in entry.lines()
    ]
    attempts = [
        charts.Attempt(
            row=f"#{record.position or record.id[:8]} {record.task or ''}".strip(),
            began=record.time.timestamp() - record.duration_ms / 1_000,
            ended=record.time.timestamp(),
            outcome=record.outcome,
            title=f"{record.outcome}, attempt {record.attempt}, {record.duration_ms:,} ms",
        )
        for record in (entry.record for entry in entries)
        if isinstance(record, TaskLine)
    ]
    return {
        "lines": lines[-_LISTED_LINES:],
        "left_out": max(len(lines) - _LISTED_LINES, 0),
        "timeline": charts.timeline(attempts[:_LISTED_ATTEMPTS]),
    }
