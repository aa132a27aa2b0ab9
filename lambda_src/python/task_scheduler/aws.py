"""Clients of AWS services, made when first needed: that takes longer than most tasks.

They are botocore's, which boto3's are, too; without boto3 the first one is there a fifth sooner.
Region, endpoint and credentials are those that the process started with, whatever task code has
done to the environment since.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from task_scheduler import config

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

MAX_CONNECTIONS = 32


@cache
def sqs() -> SQSClient:
    """Return the client of SQS."""
    # All requests of ours are built here, ten messages each: checking them once more, and building
    # the same user agent anew, would be a third of what a request costs.
    client: SQSClient = _client("sqs", parameter_validation=False, user_agent="task-scheduler")
    return client


@cache
def s3() -> S3Client:
    """Return the client of S3."""
    client: S3Client = _client("s3")
    return client


@cache
def lambda_() -> LambdaClient:
    """Return the client of Lambda."""
    client: LambdaClient = _client("lambda")
    return client


@cache
def scheduler() -> EventBridgeSchedulerClient:
    """Return the client of EventBridge Scheduler."""
    client: EventBridgeSchedulerClient = _client("scheduler")
    return client


@cache
def ssm() -> SSMClient:
    """Return the client of Systems Manager, for its parameters."""
    client: SSMClient = _client("ssm")
    return client


@cache
def secretsmanager() -> SecretsManagerClient:
    """Return the client of Secrets Manager."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


@cache
def dynamodb() -> DynamoDBClient:
    """Return the client of DynamoDB, which gives up while there is time to say so."""
    client: DynamoDBClient = _client(
        "dynamodb",
        connect_timeout=1,
        read_timeout=2,
        attempts=4,
        parameter_validation=False,
        user_agent="task-scheduler",
    )
    return client


def _client(
    service: Any,
    *,
    connect_timeout: float = 3,
    read_timeout: float = 10,
    attempts: int = 6,
    **options: Any,
) -> Any:
    """Make a client that sends failed requests (throttled, 5xx, no answer) again, with jitter.

    Args:
        service: botocore's name of it.
        connect_timeout: seconds for the connection, in each attempt.
        read_timeout: seconds for the answer, in each attempt.
        attempts: times that a request is sent at most.
        options: others of botocore's Config.
    """
    from botocore.config import Config

    settings = config.load()
    options |= {
        "max_pool_connections": MAX_CONNECTIONS,
        "connect_timeout": connect_timeout,
        "read_timeout": read_timeout,
        "retries": {"mode": "standard", "total_max_attempts": attempts},
        "ignore_configured_endpoint_urls": True,
    }
    if not any(name.lower().endswith("_proxy") for name in config.STARTED_WITH):
        options["proxies"] = {}
    return _session().create_client(
        service,
        region_name=settings.region,
        endpoint_url=_endpoint_url(service),
        aws_access_key_id=settings.access_key_id,
        aws_secret_access_key=settings.secret_access_key,
        aws_session_token=settings.session_token,
        config=Config(**options),
    )


def _endpoint_url(service: str) -> str | None:
    """Return the endpoint that the environment named, as botocore would; None for AWS's own."""
    if config.STARTED_WITH.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    name = {"secretsmanager": "SECRETS_MANAGER"}.get(service, service.upper())
    everywhere = config.STARTED_WITH.get("AWS_ENDPOINT_URL")
    return config.STARTED_WITH.get(f"AWS_ENDPOINT_URL_{name}", everywhere)


def _session() -> Session:
    """Make a session that does not look at the environment as it is now."""
    from botocore.session import Session

    return Session(
        {
            name: _frozen(*variable)
            for name, variable in Session.SESSION_VARIABLES.items()
            if variable[1] is not None
        }
    )


def _frozen(in_file: Any, names: str | list[str], default: Any, convert: Any) -> tuple[Any, ...]:
    """Give one of botocore's session variables the value that the environment started with."""
    for name in [names] if isinstance(names, str) else names:
        if name in config.STARTED_WITH:
            return None, None, config.STARTED_WITH[name], convert
    return in_file, None, default, convert
