"""AWS by the usual environment, and its refusals in one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from taskctl.errors import TaskctlError

MAX_CONNECTIONS = 16


@cache
def client(service: Any, *, read_timeout: int = 30, total_max_attempts: int = 3) -> Any:
    """The client of a service, such as "scheduler"; safe for threads.

    Args:
        service: its name.
        read_timeout: seconds that an answer may take.
        total_max_attempts: times that a request is made.
    """
    config = Config(
        max_pool_connections=MAX_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": total_max_attempts},
        read_timeout=read_timeout,
        tcp_keepalive=True,
    )
    with explained():
        # AWS_REGION is known to Terraform and the AWS CLI, not to boto3
        region = os.environ.get("AWS_REGION")
        return boto3.client(service, region_name=region, config=config)


@contextmanager
def explained() -> Iterator[None]:
    """Turns what AWS answers a user who has no access into a TaskctlError. Other errors pass."""
    try:
        yield
    except NoCredentialsError as error:
        raise TaskctlError("no AWS credentials: set AWS_PROFILE, or run `aws configure`") from error
    except NoRegionError as error:
        raise TaskctlError("no AWS region: set AWS_REGION, such as eu-central-1") from error
    except ProfileNotFound as error:
        raise TaskctlError(f"{error}: AWS_PROFILE has to name one of ~/.aws/config") from error
    except EndpointConnectionError as error:
        raise TaskctlError(f"AWS is not reached: {error}") from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        message = error.response["Error"].get("Message", "")
        if "AccessDenied" in code or "AuthorizationError" in code:
            raise TaskctlError(f"access denied: {_permission(error, message)}") from error
        if code in ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
                    "UnrecognizedClientException", "SignatureDoesNotMatch"):  # fmt: skip
            raise TaskctlError(f"AWS does not accept the credentials: {message}") from error
        raise
    except BotoCoreError as error:
        raise TaskctlError(f"AWS is not reached: {error}") from error


def _permission(error: ClientError, message: str) -> str:
    named = re.search(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?", message)
    if named is None:
        return f"{error.operation_name} is not allowed: {message}"
    on = f" on {named[2]}" if named[2] else ""
    return f"these credentials lack the permission {named[1]}{on}"
