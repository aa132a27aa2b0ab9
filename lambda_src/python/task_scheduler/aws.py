"""Clients of AWS services, made when first needed: that takes longer than most tasks.

They are botocore's, which boto3's are, too; without boto3 the first one is there a fifth sooner.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

MAX_CONNECTIONS = 32


@cache
def sqs() -> SQSClient:
    """The client of SQS."""
    # All requests of ours are built here, ten messages each: checking them once more, and building
    # the same user agent anew, would be a third of what a request costs.
    client: SQSClient = _client("sqs", parameter_validation=False, user_agent="task-scheduler")
    return client


@cache
def s3() -> S3Client:
    """The client of S3."""
    client: S3Client = _client("s3")
    return client


@cache
def lambda_() -> LambdaClient:
    """The client of Lambda."""
    client: LambdaClient = _client("lambda")
    return client


@cache
def ssm() -> SSMClient:
    """The client of Systems Manager, whose parameters these are."""
    client: SSMClient = _client("ssm")
    return client


@cache
def secretsmanager() -> SecretsManagerClient:
    """The client of Secrets Manager."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def _client(service: Any, **settings: Any) -> Any:
    """A client that sends requests that failed (throttled, 5xx, no answer) again, with jitter."""
    from botocore.config import Config
    from botocore.session import get_session

    config = Config(
        max_pool_connections=MAX_CONNECTIONS,
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 6},
        **settings,
    )
    return get_session().create_client(service, config=config)
