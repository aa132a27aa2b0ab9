"""Metrics within records, in CloudWatch's embedded metric format.

See "Specification: Embedded metric format" in the CloudWatch user guide. Powertools' Metrics would
write lines of their own, with each value once more, and every byte is paid for.
"""

from __future__ import annotations

import time
from typing import Any

from task_scheduler import config

NAMESPACE = "TaskScheduler"


def metrics(*names: str, by: tuple[str, ...] = (), schedule: str | None = None) -> dict[str, Any]:
    """Return the field that makes metrics of other fields of a record.

    Args:
        names: the fields with the values.
        by: the fields that are dimensions, next to `service`, which every record has.
        schedule: the record's schedule. With METRICS_BY_SCHEDULE it is a dimension of a second set
            of metrics; CloudWatch charges for each combination.
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
