"""AWS clients for the usual environment, and AWS's refusals as one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from taskctl.errors import AwsUnavailable, TaskctlError

if TYPE_CHECKING:  # botocore takes long to import, which --help need not wait for
    from botocore.exceptions import ClientError

MAX_CONNECTIONS = 16

_WRONG_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "SignatureDoesNotMatch",
}  # fmt: skip
_LATER = ("Throttl", "ThroughputExceeded", "TooManyRequests", "LimitExceeded", "ServiceUnavailable",
          "InternalError", "InternalFailure", "InternalServerError")  # fmt: skip
"""Parts of the error codes that the same request may not meet again."""


@cache
def client(service: Any, *, read_timeout: int = 30, total_max_attempts: int = 3) -> Any:
    """Return the client of a service, such as "scheduler"; it may be shared by threads.

    Args:
        service: its name.
        read_timeout: seconds to wait for an answer.
        total_max_attempts: attempts of a request, the first included.
    """
    from botocore.config import Config

    config = Config(
        max_pool_connections=MAX_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": total_max_attempts},
        read_timeout=read_timeout,
        tcp_keepalive=True,
    )
    with explained():
        # Terraform and the AWS CLI know AWS_REGION, boto3 does not
        region = os.environ.get("AWS_REGION")
        return _session().create_client(service, region_name=region, config=config)


@cache
def _session() -> Any:
    """Return botocore's session: boto3 adds nothing that is used here, and takes long to import."""
    from botocore.session import get_session

    return get_session()


def use_region(region: str) -> None:
    """Make clients of a region from now on, whatever region the environment names."""
    os.environ["AWS_REGION"] = region
    client.cache_clear()


def describe_place() -> str:
    """Return the account and region that are asked, for an error about what is not there."""
    sts = client("sts")
    try:
        with explained():
            account = sts.get_caller_identity()["Account"]
    except TaskctlError:
        account = "unknown"
    return f"account {account}, region {sts.meta.region_name}"


@contextmanager
def explained() -> Iterator[None]:
    """Turn AWS's refusals that a user can do something about into a TaskctlError.

    Other errors pass unchanged.
    """
    try:
        yield
    except TaskctlError:
        raise
    except Exception as error:
        if explanation := _explain(error):
            raise explanation from error
        raise


def _explain(error: Exception) -> TaskctlError | None:
    from botocore import exceptions

    match error:
        case exceptions.NoCredentialsError():
            return TaskctlError("no AWS credentials: set AWS_PROFILE, or run `aws configure`")
        case exceptions.NoRegionError():
            return TaskctlError("no AWS region: set AWS_REGION, such as eu-central-1")
        case exceptions.ProfileNotFound():
            must = "AWS_PROFILE must be the name of a profile in ~/.aws/config"
            return TaskctlError(f"{error}: {must}")
        case exceptions.ClientError():
            return _explain_refusal(error)
        case exceptions.BotoCoreError():
            return AwsUnavailable(f"cannot reach AWS: {error}")
    return None


def _explain_refusal(error: ClientError) -> TaskctlError | None:
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
