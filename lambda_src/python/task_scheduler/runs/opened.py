"""The ledger of this installation."""

from __future__ import annotations

import time

from task_scheduler import aws
from task_scheduler.config import Settings
from task_scheduler.runs.ledger import Ledger
from task_scheduler.runs.table import Table


def open_ledger(settings: Settings) -> Ledger:
    """Return the ledger that a function's settings name."""
    table = Table(aws.dynamodb(), settings.ledger_table)
    return Ledger(table, lambda: time.time(), keep_seconds=settings.ledger_retention)
