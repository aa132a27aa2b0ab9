"""Starting runs: send_task is invoked with an event, and answers later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from task_scheduler import aws
from task_scheduler.config import Settings


def start(settings: Settings, event: Mapping[str, Any]) -> None:
    """Have send_task start a run, or go on with one.

    Raises:
        ClientError: Lambda did not take it.
    """
    aws.lambda_().invoke(
        FunctionName=settings.send_task_function,
        InvocationType="Event",
        Payload=json.dumps(event),
    )


def start_schedule(settings: Settings, name: str, event: Mapping[str, Any]) -> None:
    """Have send_task start a run of a schedule.

    Args:
        settings: the settings of keep_runs.
        name: the name of the schedule, whose input EventBridge Scheduler has.
        event: what goes before that.

    Raises:
        ClientError: the schedule is not there, or Lambda did not take it.
    """
    schedule = aws.scheduler().get_schedule(GroupName=settings.schedule_group, Name=name)
    start(settings, json.loads(schedule["Target"]["Input"]) | event)
