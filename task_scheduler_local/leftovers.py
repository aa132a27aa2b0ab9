"""List what still exists in the emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from botocore.config import Config

# Service, list call, key of its answer, and what names an entry (None: the entry is the name).
_LISTS = (
    ("sqs", "list_queues", "QueueUrls", None),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("lambda", "list_layers", "Layers", "LayerName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("logs", "describe_metric_filters", "metricFilters", "filterName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("ssm", "describe_parameters", "Parameters", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
)
_ALWAYS_THERE = {"schedule group default"}


def client(service: str, aws: Mapping[str, str], config: Config | None = None) -> Any:
    """Return a boto3 client for the emulator that `Emulator.environment()` describes."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name=aws["AWS_REGION"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


def leftovers(aws: Mapping[str, str]) -> list[str]:
    """Return what exists, each as kind and name; nothing after a complete destroy."""
    found = []
    for service, call, key, name in _LISTS:
        for entry in getattr(client(service, aws), call)().get(key, []):
            kind = call.removeprefix("list_").removeprefix("describe_").replace("_", " ")
            found.append(f"{kind.removesuffix('s')} {entry[name] if name else entry}")
    return [thing for thing in found if thing not in _ALWAYS_THERE]
