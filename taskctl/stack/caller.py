"""The caller's name, which is recorded when somebody changes something by hand."""

from __future__ import annotations

from taskctl import aws


def caller() -> str:
    """Return the ARN of whoever has the credentials; no permission is needed to ask.

    Raises:
        TaskctlError: there are no credentials, or AWS cannot be reached.
    """
    with aws.explained():
        return str(aws.client("sts").get_caller_identity()["Arn"])
