"""Every resource type lives through create, change in place, change back and destroy."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from task_scheduler_local.emulator import Emulator

from .aws import client
from .root import Root, attached_root

_ROOT = Path(__file__).parent / "roots" / "types"
_PREFIX = "provider-types"
_SET_PREFIX = f"-var=prefix={_PREFIX}"

# Whatever changes in a layer version, it is another one.
_ONLY_REPLACED = {"aws_lambda_layer_version.this"}


class Life(NamedTuple):
    """The answers of Terraform and AWS at each step of the root's life."""

    created: dict[str, str]
    after_create: dict[str, str]
    first_state: dict[str, dict[str, Any]]
    first_things: dict[str, Any]
    shown_secret: str
    changed: dict[str, str]
    after_change: dict[str, str]
    changed_state: dict[str, dict[str, Any]]
    changed_things: dict[str, Any]
    after_change_back: dict[str, str]
    things_changed_back: dict[str, Any]
    renamed: dict[str, str]
    left: list[str]


@pytest.fixture(scope="module")
def life(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Life:
    folder = tmp_path_factory.mktemp("types")
    shutil.copytree(_ROOT, folder, dirs_exist_ok=True)
    with attached_root(folder, emulator.environment()) as root:
        return _live(root, _Aws(emulator))


def _live(root: Root, aws: _Aws) -> Life:
    created = root.changes("apply", _SET_PREFIX)
    after_create = root.changes("plan", _SET_PREFIX)
    first_state, first_things = root.state(), aws.things()
    shown_secret = root.run("state", "show", "aws_ssm_parameter.secret").stdout
    changed = root.changes("apply", _SET_PREFIX, "-var=changed=true")
    after_change = root.changes("plan", _SET_PREFIX, "-var=changed=true")
    changed_state, changed_things = root.state(), aws.things()
    root.changes("apply", _SET_PREFIX)
    after_change_back = root.changes("plan", _SET_PREFIX)
    things_changed_back = aws.things()
    renamed = root.changes("plan", "-var=prefix=other")
    root.changes("destroy", _SET_PREFIX)
    return Life(
        created,
        after_create,
        first_state,
        first_things,
        shown_secret,
        changed,
        after_change,
        changed_state,
        changed_things,
        after_change_back,
        things_changed_back,
        renamed,
        aws.left(),
    )


def test_everything_is_created(life: Life) -> None:
    assert set(life.created.values()) == {"create"}
    assert life.created.keys() == life.first_state.keys()


def test_a_plan_after_apply_is_empty(life: Life) -> None:
    assert life.after_create == life.after_change == life.after_change_back == {}


def test_inputs_change_in_place(life: Life) -> None:
    updated = dict.fromkeys(life.created.keys() - _ONLY_REPLACED, "update")
    assert life.changed == updated | {"aws_iam_role_policy_attachment.this": "replace"}


def test_a_setting_that_is_taken_back_leaves_no_trace(life: Life) -> None:
    first, back = dict(_settings(life.first_things)), dict(_settings(life.things_changed_back))
    assert {k: back.get(k) for k in first.keys() | back.keys() if back.get(k) != first.get(k)} == {}


def test_another_name_is_another_thing(life: Life) -> None:
    expected = dict.fromkeys(life.created, "replace")
    expected["aws_cloudwatch_query_definition.this"] = "update"
    del expected["aws_iam_role.generated"]
    assert life.renamed == expected


def test_destroy_leaves_nothing(life: Life) -> None:
    assert life.left == []


def test_everything_is_known_after_apply(life: Life) -> None:
    for state in (life.first_state, life.changed_state):
        for address, attributes in state.items():
            assert attributes["id"], address
            assert attributes.get("arn") != "", address


def test_settings_arrive(life: Life) -> None:
    first, changed = life.first_things, life.changed_things
    assert first["queue"]["VisibilityTimeout"] == "360"
    assert changed["queue"]["VisibilityTimeout"] == "600"
    assert first["fifo"]["FifoThroughputLimit"] == "perMessageGroupId"
    assert json.loads(first["fifo"]["RedrivePolicy"])["maxReceiveCount"] == 10
    assert json.loads(changed["fifo"]["RedrivePolicy"])["maxReceiveCount"] == 20
    assert first["retention"] == 7
    assert changed["retention"] == 30
    assert first["role"]["Description"] == "first"
    assert not changed["role"].get("Description")
    assert first["attached"] == [_PREFIX]
    assert changed["attached"] == ["ReadOnlyAccess"]
    assert first["permitted"]["Statement"][0]["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert changed["permitted"]["Statement"][0]["Action"] == ["s3:GetObject"]
    assert first["function"]["Environment"]["Variables"].keys() == {"QUEUE_URL"}
    assert not changed["function"].get("Environment", {}).get("Variables")
    assert changed["function"]["Runtime"] == "python3.12"
    assert changed["concurrency"] == 5
    assert first["function"]["CodeSha256"] != changed["function"]["CodeSha256"]
    assert first["mapping"]["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert changed["mapping"]["FilterCriteria"]["Filters"] == [
        {"Pattern": '{"body":{"version":[1]}}'}
    ]
    assert first["invoke"]["MaximumRetryAttempts"] == 2
    assert changed["invoke"]["MaximumRetryAttempts"] == 0
    assert first["schedule"]["Target"]["Input"] == (
        '{"at":"<aws.scheduler.scheduled-time>","changed":false}'
    )
    assert first["schedule"]["State"] == "ENABLED"
    assert changed["schedule"]["State"] == "DISABLED"
    assert first["table"]["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert changed["table"]["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert first["ttl"]["TimeToLiveStatus"] == "ENABLED"
    assert first["text_content"] == b"first"
    assert changed["text_content"] == b"changed"
    assert changed["text"]["Metadata"] == {"changed": "yes"}
    assert first["file"] != changed["file"]
    assert first["secret"]["Parameter"]["Value"] == "first secret"
    assert first["secret"]["Parameter"]["Type"] == "SecureString"
    assert first["subscription"]["FilterPolicy"] == '{"kind":["first"]}'
    assert changed["subscription"]["RawMessageDelivery"] == "true"
    assert first["alarm"]["Threshold"] == 1.5
    assert changed["alarm"]["Dimensions"] == [{"Name": "QueueName", "Value": f"{_PREFIX}-tasks"}]
    assert changed["schedule"]["FlexibleTimeWindow"] == {
        "MaximumWindowInMinutes": 15,
        "Mode": "FLEXIBLE",
    }


def test_tags_of_the_provider_join_those_of_the_resource(life: Life) -> None:
    queue = life.first_state["aws_sqs_queue.tasks"]
    assert queue["tags"] == {"purpose": "first", "removed": "yes"}
    assert queue["tags_all"] == {"purpose": "first", "removed": "yes", "owner": "tests"}
    assert life.first_things["tags"] == queue["tags_all"]
    assert life.changed_things["tags"] == {"purpose": "changed", "added": "yes", "owner": "tests"}


def test_an_event_source_mapping_has_an_arn_and_tags(life: Life) -> None:
    mapping = life.first_state["aws_lambda_event_source_mapping.this"]
    assert mapping["arn"].endswith(f":event-source-mapping:{mapping['uuid']}")
    assert mapping["tags_all"] == {"purpose": "first", "removed": "yes", "owner": "tests"}
    assert life.first_things["mapping_tags"] == mapping["tags_all"]
    assert life.changed_things["mapping_tags"] == {
        "purpose": "changed",
        "added": "yes",
        "owner": "tests",
    }


def test_white_space_around_a_filter_pattern_is_not_kept(life: Life) -> None:
    pattern = '{ $.message = "run" }'
    assert life.first_state["aws_cloudwatch_log_metric_filter.this"]["pattern"] == pattern
    assert life.first_things["filter"] == pattern


def test_a_secret_is_not_shown(life: Life) -> None:
    assert "(sensitive value)" in life.shown_secret
    assert "first secret" not in life.shown_secret


def test_names_are_generated(life: Life) -> None:
    assert life.first_state["aws_iam_role.generated"]["name"].startswith("terraform-")
    assert life.first_state["aws_cloudwatch_log_group.generated"]["name"].startswith(f"{_PREFIX}-")


class _Aws:
    """The root's things, asked for without Terraform."""

    def __init__(self, emulator: Emulator) -> None:
        self.client = functools.partial(client, emulator)

    def things(self) -> dict[str, Any]:
        """Everything that the root can change."""
        sqs, functions, logs = self.client("sqs"), self.client("lambda"), self.client("logs")
        url = sqs.get_queue_url(QueueName=f"{_PREFIX}-tasks")["QueueUrl"]
        name = {"FunctionName": _PREFIX}
        function = functions.get_function(**name)
        (mapping,) = functions.list_event_source_mappings(**name)["EventSourceMappings"]
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{_PREFIX}")
        filters = logs.describe_metric_filters(filterNamePrefix=_PREFIX)
        dynamodb, s3, ssm = self.client("dynamodb"), self.client("s3"), self.client("ssm")
        sns, cloudwatch = self.client("sns"), self.client("cloudwatch")
        table, bucket = {"TableName": _PREFIX}, f"{_PREFIX}-bucket"
        text = {"Bucket": bucket, "Key": "tasks/list.jsonl"}
        topic = next(t["TopicArn"] for t in sns.list_topics()["Topics"] if _PREFIX in t["TopicArn"])
        found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]
        subscription = {"SubscriptionArn": found["SubscriptionArn"]}
        return {
            "queue": self._queue(f"{_PREFIX}-tasks"),
            "dead_letters": self._queue(f"{_PREFIX}-dead-letters"),
            "fifo": self._queue(f"{_PREFIX}.fifo"),
            "tags": sqs.list_queue_tags(QueueUrl=url)["Tags"],
            "retention": groups["logGroups"][0].get("retentionInDays"),
            "filter": filters["metricFilters"][0]["filterPattern"],
            "role": self.client("iam").get_role(RoleName=_PREFIX)["Role"],
            "policy": self.client("iam").get_role_policy(RoleName=_PREFIX, PolicyName=_PREFIX),
            "attached": self._attached(),
            "permitted": self._permitted(),
            "function": function["Configuration"],
            "concurrency": function.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            "mapping": mapping,
            "mapping_tags": functions.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"],
            "invoke": functions.get_function_event_invoke_config(**name),
            "schedule": self.client("scheduler").get_schedule(GroupName=_PREFIX, Name="nightly"),
            "table": dynamodb.describe_table(**table)["Table"],
            "ttl": dynamodb.describe_time_to_live(**table)["TimeToLiveDescription"],
            "text": s3.head_object(**text),
            "text_content": s3.get_object(**text)["Body"].read(),
            "text_tags": s3.get_object_tagging(**text)["TagSet"],
            "file": s3.head_object(Bucket=bucket, Key="code.zip")["ETag"],
            "bucket_tags": s3.get_bucket_tagging(Bucket=bucket)["TagSet"],
            "secret": ssm.get_parameter(Name=f"/{_PREFIX}/secret", WithDecryption=True),
            "plain": ssm.get_parameter(Name=f"/{_PREFIX}/plain"),
            "topic": sns.get_topic_attributes(TopicArn=topic)["Attributes"],
            "subscription": sns.get_subscription_attributes(**subscription)["Attributes"],
            "alarm": cloudwatch.describe_alarms(AlarmNames=[_PREFIX])["MetricAlarms"][0],
            "dashboard": cloudwatch.get_dashboard(DashboardName=_PREFIX)["DashboardBody"],
        }

    def left(self) -> list[str]:
        """The names of whatever there still is of the root."""
        iam, logs, functions = self.client("iam"), self.client("logs"), self.client("lambda")
        sns, cloudwatch = self.client("sns"), self.client("cloudwatch")
        groups = self.client("scheduler").list_schedule_groups()["ScheduleGroups"]
        mappings = functions.list_event_source_mappings()["EventSourceMappings"]
        names = [
            *self.client("sqs").list_queues(QueueNamePrefix=_PREFIX).get("QueueUrls", []),
            *(group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]),
            *(role["RoleName"] for role in iam.list_roles()["Roles"]),
            *(policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]),
            *(function["FunctionName"] for function in functions.list_functions()["Functions"]),
            *(layer["LayerName"] for layer in functions.list_layers()["Layers"]),
            *(mapping["FunctionArn"] for mapping in mappings),
            *(group["Name"] for group in groups),
            *self.client("dynamodb").list_tables()["TableNames"],
            *(bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]),
            *(p["Name"] for p in self.client("ssm").describe_parameters()["Parameters"]),
            *(topic["TopicArn"] for topic in sns.list_topics()["Topics"]),
            *(found["TopicArn"] for found in sns.list_subscriptions()["Subscriptions"]),
            *(alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]),
            *(d["DashboardName"] for d in cloudwatch.list_dashboards()["DashboardEntries"]),
        ]
        return [name for name in names if _PREFIX in name]

    def _attached(self) -> list[str]:
        found = self.client("iam").list_attached_role_policies(RoleName=_PREFIX)
        return [policy["PolicyName"] for policy in found["AttachedPolicies"]]

    def _permitted(self) -> dict[str, Any]:
        iam = self.client("iam")
        arn = f"arn:aws:iam::000000000000:policy/{_PREFIX}"
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        document: dict[str, Any] = found["Document"]
        return document

    def _queue(self, name: str) -> dict[str, str]:
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: dict[str, str] = answer["Attributes"]
        return attributes


_NO_SETTINGS = (
    "LastModified",
    "LastModifiedTimestamp",
    "ResponseMetadata",
    "RevisionId",
    "Version",
)


def _settings(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in nested dicts that is set, by its path, without times and versions."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in _NO_SETTINGS:
                yield from _settings(item, f"{path}.{key}")
    elif value not in (None, "", []) and not isinstance(value, datetime):
        yield path, value
