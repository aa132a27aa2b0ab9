"""AWS clients for the usual environment, and AWS's refusals as one sentence."""

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
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from taskctl.errors import AwsUnavailable, TaskctlError

MAX_CONNECTIONS = 16

_WRONG_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "SignatureDoesNotMatch",
}  # fmt: skip
_LATER = ("Throttl", "TooManyRequests", "LimitExceeded", "ServiceUnavailable", "InternalError",
          "InternalFailure", "InternalServerError")  # fmt: skip
"""Parts of the error codes that the same request may not meet again."""


@cache
def client(service: Any, *, read_timeout: int = 30, total_max_attempts: int = 3) -> Any:
    """Return the client of a service, such as "scheduler"; it may be shared by threads.

    Args:
        service: its name.
        read_timeout: seconds to wait for an answer.
        total_max_attempts: attempts of a request, the first included.
    """
    config = Config(
        max_pool_connections=MAX_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": total_max_attempts},
        read_timeout=read_timeout,
        tcp_keepalive=True,
    )
    with explained():
        # Terraform and the AWS CLI know AWS_REGION, boto3 does not
        region = os.environ.get("AWS_REGION")
        return boto3.client(service, region_name=region, config=config)


@contextmanager
def explained() -> Iterator[None]:
    """Turn AWS's refusals that a user can do something about into a TaskctlError.

    Other errors pass unchanged.
    """
    try:
        yield
    except NoCredentialsError as error:
        raise TaskctlError("no AWS credentials: set AWS_PROFILE, or run `aws configure`") from error
    except NoRegionError as error:
        raise TaskctlError("no AWS region: set AWS_REGION, such as eu-central-1") from error
    except ProfileNotFound as error:
        raise TaskctlError(
            f"{error}: AWS_PROFILE must be the name of a profile in ~/.aws/config"
        ) from error
    except ClientError as error:
        if explanation := _explain(error):
            raise explanation from error
        raise
    except BotoCoreError as error:
        raise AwsUnavailable(f"cannot reach AWS: {error}") from error


def _explain(error: ClientError) -> TaskctlError | None:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if "AccessDenied" in code or "AuthorizationError" in code:
        return TaskctlError(f"access denied: {_permission(error, message)}")
    if code in _WRONG_CREDENTIALS:
        return TaskctlError(f"AWS does not accept the credentials: {message}")
    if any(part in code for part in _LATER):
        return AwsUnavailable(f"AWS asks to try again later: {code}: {message}")
    return None


def _permission(error: ClientError, message: str) -> str:
    named = re.search(r"not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?", message)
    if named is None:
        return f"{error.operation_name} is not allowed: {message}"
    on = f" on {named[2]}" if named[2] else ""
    return f"these credentials lack the permission {named[1]}{on}"
