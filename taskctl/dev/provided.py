"""Secrets and buckets that a root expects to be there already, and the emulator does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from task_scheduler_local.dev.instances import Instance
from taskctl import aws
from taskctl.project.workers import Workers, worker_of

_NOT_THERE = ("ParameterNotFound", "ResourceNotFoundException")


def provide_secrets(instance: Instance, environment: Mapping[str, str]) -> Iterator[str]:
    """Give secrets of task code the values that environment variables of their names have.

    Args:
        instance: the instance of the module that has the secrets.
        environment: the environment that `taskctl dev` was started in.

    Yields:
        A sentence for each that has no value.
    """
    places = {each for secrets in instance.secrets.values() for each in secrets.items()}
    for name, place in sorted(places):  # workers may keep secrets of one name in several
        if place.startswith("arn:"):
            continue
        if value := environment.get(name):
            _put(place, value)
        elif not _exists(place):
            yield (
                f"secret {name} ({place}) has no value here: start taskctl dev with {name} in its "
                "environment"
            )


def workers_of(instance: Instance) -> Workers:
    """Return the workers of an instance, with the names of their secrets."""
    named = {worker_of(name, instance.prefix): each for name, each in instance.secrets.items()}
    return {worker: frozenset(secrets) for worker, secrets in named.items() if worker}


def provide_buckets(instance: Instance) -> Iterator[str]:
    """Make the buckets that the roles' statements name, and that are not there.

    Yields:
        A sentence for each that was made.
    """
    s3 = aws.client("s3")
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in sorted(instance.buckets - there):
        s3.create_bucket(Bucket=name)
        yield f"made the bucket {name}: a role may use it, and the root does not make it"


def _put(place: str, value: str) -> None:
    if place.startswith("/"):
        aws.client("ssm").put_parameter(
            Name=place, Type="SecureString", Value=value, Overwrite=True
        )
        return
    secrets: Any = aws.client("secretsmanager")
    try:
        secrets.create_secret(Name=place, SecretString=value)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=place, SecretString=value)


def _exists(place: str) -> bool:
    """Return True if a parameter or a secret has a value."""
    from botocore.exceptions import ClientError

    try:
        if place.startswith("/"):
            aws.client("ssm").get_parameter(Name=place)
        else:
            aws.client("secretsmanager").get_secret_value(SecretId=place)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            return False
        raise
    return True
