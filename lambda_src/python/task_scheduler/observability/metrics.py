"""Metrics within log lines, where CloudWatch finds them: a line that is written anyway is enough.

The format is that of "Specification: Embedded metric format" in the CloudWatch user guide.
Powertools' Metrics writes it on lines of its own, each value once more; every byte is paid for.
"""

from __future__ import annotations

import time
from typing import Any

from task_scheduler import config

NAMESPACE = "TaskScheduler"


def metrics(*names: str, by: tuple[str, ...] = (), schedule: str | None = None) -> dict[str, Any]:
    """The field that makes metrics of other fields of a log line.

    Args:
        names: of the fields with the values.
        by: names of the fields that the values are told apart by, next to `service`, which is in
            every line and says which instance of the module it is.
        schedule: the line's schedule, by which values are told apart a second time if the
            environment asks for it (METRICS_BY_SCHEDULE): CloudWatch charges for each combination.
    """
    dimensions = [["service", *by]]
    if schedule is not None and config.load().metrics_by_schedule:
        dimensions.append(["service", "schedule", *by])
    return {
        "_aws": {
            "Timestamp": time.time_ns() // 1_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": dimensions,
                    "Metrics": [{"Name": name} for name in names],
                }
            ],
        }
    }
