"""AWS's refusals are one sentence that names what is missing."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from taskctl import aws
from taskctl.errors import AwsUnavailable, TaskctlError


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ListSchedules")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            refusal(
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/a is not authorized to perform: scheduler:ListSchedules "
                "on resource: arn:aws:scheduler:eu-central-1:1:schedule/jobs/* because no "
                "identity-based policy allows the scheduler:ListSchedules action",
            ),
            "access denied: these credentials lack the permission scheduler:ListSchedules on "
            "arn:aws:scheduler:eu-central-1:1:schedule/jobs/*",
        ),
        (
            refusal("AccessDenied", "Access to the resource is denied."),
            "access denied: ListSchedules is not allowed: Access to the resource is denied.",
        ),
        (
            refusal("ExpiredTokenException", "The security token is expired"),
            "AWS does not accept the credentials: The security token is expired",
        ),
        (
            EndpointConnectionError(endpoint_url="https://nowhere"),
            'cannot reach AWS: Could not connect to the endpoint URL: "https://nowhere"',
        ),
    ],
)
def test_refusals_of_aws_become_one_sentence(error: Exception, sentence: str) -> None:
    with pytest.raises(TaskctlError) as raised, aws.explained():
        raise error
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "TooManyRequestsException",
        "InternalError",
    ],
)
def test_throttling_and_failures_of_aws_may_be_tried_again(code: str) -> None:
    with pytest.raises(AwsUnavailable, match=code), aws.explained():
        raise refusal(code, "slow down")


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(ClientError), aws.explained():
        raise refusal("ResourceNotFoundException", "no such schedule")
