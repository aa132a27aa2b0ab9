"""The stand-in for hashicorp/aws: the types that this project uses, on a local emulator."""

from __future__ import annotations

from ..provider import DataSource, Resource, State
from ..schema import load
from . import (
    cloudwatch,
    dynamodb,
    functions,
    iam,
    invocations,
    logs,
    s3,
    scheduler,
    sns,
    sqs,
    ssm,
)
from .data_sources import CallerIdentity, LayerVersion, Partition, Region, Service
from .resource import FACTS, AwsResource
from .session import Session

_RESOURCES: tuple[type[AwsResource], ...] = (
    cloudwatch.Dashboard,
    cloudwatch.MetricAlarm,
    dynamodb.Table,
    functions.Function,
    functions.LayerVersion,
    iam.Policy,
    iam.Role,
    iam.RolePolicy,
    iam.RolePolicyAttachment,
    invocations.EventInvokeConfig,
    invocations.EventSourceMapping,
    logs.LogGroup,
    logs.MetricFilter,
    logs.QueryDefinition,
    s3.Bucket,
    s3.Object,
    scheduler.Schedule,
    scheduler.ScheduleGroup,
    sns.Topic,
    sns.TopicPolicy,
    sns.TopicSubscription,
    sqs.Queue,
    sqs.RedrivePolicy,
    ssm.Parameter,
)


class AwsProvider:
    block = load(FACTS / "provider.json")

    def __init__(self) -> None:
        self._session = Session()
        self.resources: dict[str, Resource] = {
            kind.type_name: kind(self._session) for kind in _RESOURCES
        }
        self.data_sources: dict[str, DataSource] = {
            kind.type_name: kind(self._session)
            for kind in (CallerIdentity, LayerVersion, Partition, Region, Service)
        }

    def configure(self, config: State) -> None:
        self._session.configure(config)
