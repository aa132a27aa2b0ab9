"""A new resource is planned with the values that the real provider's own code, 6.34, plans."""

from __future__ import annotations

import json
from typing import Any

import pytest

from task_scheduler_local.provider.aws import AwsProvider
from task_scheduler_local.provider.values import UNKNOWN

from .core import Core

_ROLE = "arn:aws:iam::000000000000:role/role"
_FUNCTION = {
    "function_name": "function",
    "role": _ROLE,
    "handler": "a.b",
    "runtime": "python3.13",
    "filename": "code.zip",
}
_ALARM = {
    "alarm_name": "alarm",
    "comparison_operator": "GreaterThanThreshold",
    "evaluation_periods": 1,
    "metric_name": "Errors",
    "statistic": "Sum",
}
_TABLE = {
    "name": "table",
    "billing_mode": "PAY_PER_REQUEST",
    "hash_key": "id",
    "attribute": [{"name": "id", "type": "S"}],
}
_TOPIC = "arn:aws:sns:us-east-1:000000000000:topic"
_LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:l:1"


@pytest.mark.parametrize(
    ("type_name", "arguments", "name", "value"),
    [
        (
            "aws_sqs_queue",
            {"sqs_managed_sse_enabled": True},
            "kms_data_key_reuse_period_seconds",
            0,
        ),
        ("aws_sqs_queue", {}, "kms_data_key_reuse_period_seconds", UNKNOWN),
        (
            "aws_sqs_queue",
            {"kms_master_key_id": "alias/a"},
            "kms_data_key_reuse_period_seconds",
            UNKNOWN,
        ),
        ("aws_sqs_queue", {"name": ""}, "name", UNKNOWN),
        ("aws_sqs_queue", {}, "region", "us-east-1"),
        ("aws_sqs_queue", {}, "timeouts", None),
        ("aws_dynamodb_table", _TABLE, "table_class", None),
        (
            "aws_dynamodb_table",
            {**_TABLE, "table_class": "STANDARD_INFREQUENT_ACCESS"},
            "table_class",
            "STANDARD_INFREQUENT_ACCESS",
        ),
        ("aws_dynamodb_table", _TABLE, "global_secondary_index", UNKNOWN),
        ("aws_dynamodb_table", _TABLE, "replica", []),
        (
            "aws_lambda_function",
            {**_FUNCTION, "environment": [{"variables": {"A": "a", "B": UNKNOWN}}]},
            "environment",
            [{"variables": UNKNOWN}],
        ),
        ("aws_lambda_function", {**_FUNCTION, "layers": [_LAYER, UNKNOWN]}, "layers", UNKNOWN),
        ("aws_lambda_function", _FUNCTION, "architectures", UNKNOWN),
        ("aws_lambda_function", {**_FUNCTION, "architectures": []}, "architectures", UNKNOWN),
        (
            "aws_cloudwatch_metric_alarm",
            {**_ALARM, "alarm_actions": [_TOPIC, UNKNOWN]},
            "alarm_actions",
            UNKNOWN,
        ),
        (
            "aws_cloudwatch_metric_alarm",
            {**_ALARM, "ok_actions": [UNKNOWN]},
            "ok_actions",
            UNKNOWN,
        ),
        ("aws_cloudwatch_metric_alarm", {**_ALARM, "tags": {"a": UNKNOWN}}, "tags", UNKNOWN),
        (
            "aws_iam_role",
            {"assume_role_policy": json.dumps({"Statement": []})},
            "inline_policy",
            UNKNOWN,
        ),
        (
            "aws_lambda_event_source_mapping",
            {"function_name": "f", "event_source_arn": "arn:aws:sqs:us-east-1:000000000000:q"},
            "batch_size",
            None,
        ),
    ],
)
def test_a_value_is_planned(
    core: Core, type_name: str, arguments: dict[str, Any], name: str, value: Any
) -> None:
    assert core.planned(type_name, arguments)[name] == value


def test_every_regional_type_tells_its_region(core: Core) -> None:
    regional = {
        name
        for name, resource in AwsProvider().resources.items()
        if "region" in resource.block.attributes
    }
    assert {name for name in AwsProvider().resources if name not in regional} == {
        "aws_iam_policy", "aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment",
    }  # fmt: skip


def test_a_region_of_another_partition_is_refused(core: Core) -> None:
    (refusal,) = core.refusals("aws_sqs_queue", {"region": "cn-north-1"})
    assert refusal == (
        "partition (aws-cn) for per-resource Region (cn-north-1) is not the provider's configured "
        "partition (aws)"
    )
    assert core.planned("aws_sqs_queue", {"region": "eu-west-1"})["region"] == "eu-west-1"


def test_what_older_versions_do_not_know_is_told_with_a_warning(core: Core) -> None:
    assert core.warnings("aws_sqs_queue", {"name": "q"}) == []
    assert core.warnings("aws_sqs_queue", {"region": "us-east-1"}) == [
        '"region" needs hashicorp/aws 6.0 or newer'
    ]


def test_what_does_nothing_here_is_refused_by_name(core: Core) -> None:
    (refusal,) = core.refusals("aws_dynamodb_table", {**_TABLE, "replica": [{"region_name": "r"}]})
    assert refusal == "replica does nothing in the stand-in for hashicorp/aws: leave it out"
