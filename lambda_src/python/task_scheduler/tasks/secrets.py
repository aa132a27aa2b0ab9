"""Secrets of task code: read by name where it runs, in the environment and from `secret()`.

A name that begins with a slash is an SSM parameter's, and so is an ARN of ssm; every other is a
secret's in Secrets Manager. Powertools' parameters would read them as well, but importing it takes
150 ms of CPU time (boto3 with it), and the environment must be renewed with every new value.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from task_scheduler import aws, config
from task_scheduler.errors import SecretUnavailable, UnknownSecret
from task_scheduler.observability.log import logger
from task_scheduler.observability.redaction import hide
from task_scheduler.time_limit import call_with_timeout

KEPT_SECONDS = 300.0
"""A new value is there five minutes after it was written at the latest."""

READ_SECONDS = 10.0
"""Seconds that all secrets together may take to be read."""

RETRY_SECONDS = 30.0
"""The value of before serves for so much longer, while AWS does not answer for a new one."""


def secret(name: str) -> str:
    """Return a secret that the module's variable `secrets` gives to task code.

    It is read again five minutes after it was read last. Where the function was given no secrets,
    as on one's own machine, it is the environment variable of that name.

    Args:
        name: its key in `secrets`.

    Raises:
        UnknownSecret: it is not in `secrets`.
        SecretUnavailable: it cannot be read; the task is tried again if it does not catch this.
    """
    return _secrets().get(name)


def load_secrets(seconds: float | None = None) -> None:
    """Put all secrets of the function into the environment, and read again those that are due.

    Args:
        seconds: the seconds that it may take, at most READ_SECONDS.

    Raises:
        SecretUnavailable: one of them cannot be read.
    """
    _secrets().load(READ_SECONDS if seconds is None else min(seconds, READ_SECONDS))


def forget_failed_secrets() -> None:
    """Begin an invocation: secrets that could not be read are tried again."""
    _secrets().failure = None


class _Read(NamedTuple):
    """A value, and the time from which on it is to be read again."""

    value: str
    due: float


class Secrets:
    """The secrets of a sandbox.

    Args:
        places: where each is kept, by its name.

    Attributes:
        failure: why they cannot be had in this invocation: a batch does not ask ten times.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.failure: SecretUnavailable | None = None
        self._places = places
        self._read: dict[str, _Read] = {}

    def load(self, seconds: float) -> None:
        """Put all of them into the environment; raises what load_secrets raises."""
        if not self._places:
            return
        if self.failure is not None:
            raise SecretUnavailable(str(self.failure))
        try:
            if any(self._is_due(name) for name in self._places):
                self._renew(seconds)
            for name in self._places:
                self._export(name)
        except SecretUnavailable as error:
            self.failure = error
            raise

    def get(self, name: str) -> str:
        """Return a value; raises what secret raises."""
        if name not in self._places:
            if not config.load().function_name and name in config.task_environment():
                return config.task_environment()[name]
            known = ", ".join(sorted(self._places)) or "none"
            raise UnknownSecret(f"no secret {name!r}: the variable secrets has {known}")
        self._renew_one(name)
        return self._read[name].value

    def _is_due(self, name: str) -> bool:
        return name not in self._read or time.monotonic() >= self._read[name].due

    def _renew(self, seconds: float) -> None:
        try:
            call_with_timeout(seconds, self._renew_all)
        except TimeoutError:
            problem = f"no answer within {seconds:.1f} s"
            for name in filter(self._is_due, self._places):
                error = SecretUnavailable(_problem(name, self._places[name], problem))
                self._keep_old(name, error)

    def _renew_all(self) -> None:
        for name in self._places:
            self._renew_one(name)

    def _renew_one(self, name: str) -> None:
        if not self._is_due(name):
            return
        begun = time.monotonic()  # the value may change while it is on its way
        try:
            value = _fetch(name, self._places[name])
        except SecretUnavailable as error:
            self._keep_old(name, error)
        else:
            hide(name, value)
            self._read[name] = _Read(value, begun + KEPT_SECONDS)

    def _keep_old(self, name: str, error: SecretUnavailable) -> None:
        """Go on with the value of before for a while, unless AWS refuses a new one."""
        if name not in self._read or error.is_refusal:
            raise error
        logger.warning("secret", extra={"reason": f"{error}; the value of before is used"})
        self._read[name] = _Read(self._read[name].value, time.monotonic() + RETRY_SECONDS)

    def _export(self, name: str) -> None:
        try:
            config.task_environment()[name] = self._read[name].value
        except ValueError:
            problem = "it holds a null byte, which no environment variable can"
            raise SecretUnavailable(_problem(name, self._places[name], problem)) from None


@cache
def _secrets() -> Secrets:
    return Secrets(config.load().secrets or {})


def _fetch(name: str, place: str) -> str:
    """Read a value from AWS; nothing of it gets into an error."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _fetch_parameter(place) if _is_parameter(place) else _fetch_secret(place)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        is_refusal = 400 <= status < 500 and "Throttl" not in code
        raise SecretUnavailable(_problem(name, place, code), is_refusal=is_refusal) from None
    except (BotoCoreError, UnicodeDecodeError) as error:
        raise SecretUnavailable(_problem(name, place, type(error).__name__)) from None


def _fetch_parameter(place: str) -> str:
    return aws.ssm().get_parameter(Name=place, WithDecryption=True)["Parameter"]["Value"]


def _fetch_secret(place: str) -> str:
    found = aws.secretsmanager().get_secret_value(SecretId=place)
    return found["SecretString"] if "SecretString" in found else found["SecretBinary"].decode()


def _is_parameter(place: str) -> bool:
    return place.startswith("/") or (place.startswith("arn:") and place.split(":")[2] == "ssm")


def _problem(name: str, place: str, problem: str) -> str:
    kind, permission = (
        ("SSM parameter", "ssm:GetParameter")
        if _is_parameter(place)
        else ("secret", "secretsmanager:GetSecretValue")
    )
    return (
        f"secret {name}: {kind} {place} cannot be read ({problem}). It must be there, and the "
        f"function's role needs {permission} on it, and kms:Decrypt on its key if that is a "
        "customer key (secrets_kms_key_arns)"
    )
