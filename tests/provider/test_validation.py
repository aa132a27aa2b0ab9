"""The rules for ARNs and times, tested on the facts themselves."""

from __future__ import annotations

import pytest

from task_scheduler_local.provider.schema import parse
from task_scheduler_local.provider.validation import check


def _problems(form: str, text: str) -> list[str]:
    block = parse({"attributes": {"it": {"type": "string", "optional": True, "format": form}}})
    return [str(problem) for problem in check(block, {"it": text})]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sqs:us-east-1:000000000000:queue",
        "arn:aws:iam::aws:policy/PowerUserAccess",
        "arn:aws:iam::aws-managed:policy/a",
        "arn:aws:s3:::bucket",
        "arn:aws:lambda:us-east-1:123456789012:function:name:1",
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:topic",
        "arn:aws-eusc:sns:eusc-de-east-1:123456789012:topic",
        "",
    ],
)
def test_an_arn_is_accepted(arn: str) -> None:
    assert _problems("arn", arn) == []


@pytest.mark.parametrize(
    "arn",
    [
        "queue",
        "arn:aws:sqs:us-east-1:000000000000",
        "arn:aws:sqs:us-east-1:000000000000:",
        "arn:aws:sqs:us-east-1:1:queue",
        "arn:aws:sqs:us-east-1:0000000000000:queue",
        "arn:aws:sqs:us-east-1:someone:queue",
        "arn:aws:sqs:region:000000000000:queue",
        "arn:aws:sqs:us-east-10:000000000000:queue",
        "arn:ours:sqs:us-east-1:000000000000:queue",
        "arn::sqs:us-east-1:000000000000:queue",
    ],
)
def test_what_is_no_arn_is_refused(arn: str) -> None:
    (problem,) = _problems("arn", arn)
    assert "is not an ARN" in problem


@pytest.mark.parametrize(
    "time", ["2027-01-01T00:00:00Z", "2027-01-01T00:00:00.5Z", "2027-01-01T00:00:00+02:00"]
)
def test_a_time_is_accepted(time: str) -> None:
    assert _problems("timestamp", time) == []


@pytest.mark.parametrize(
    "time",
    [
        "2027-01-01",
        "2027-01-01T00:00Z",
        "2027-01-01T00:00:00",
        "2027-01-01 00:00:00Z",
        "20270101T000000Z",
        "2027-W01-1T00:00:00Z",
        "2027-13-01T00:00:00Z",
    ],
)
def test_what_is_no_time_is_refused(time: str) -> None:
    (problem,) = _problems("timestamp", time)
    assert "not an RFC 3339 time" in problem
