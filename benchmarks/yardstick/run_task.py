"""Print a task, as the original did; "wait 0.2 ..." waits for so many seconds first."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.yardstick.log import log


def handler(event: Any, context: Any) -> None:
    """Print each message, as the original did."""
    log(event)
    for record in event["Records"]:
        task = record["body"]
        if task.startswith("wait "):
            time.sleep(float(task.split()[1]))
        print(task)
