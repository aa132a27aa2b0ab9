"""The emulator, asked without Terraform."""

from __future__ import annotations

from typing import Any

import boto3

from task_scheduler_local.emulator import Emulator


def client(emulator: Emulator, service: str) -> Any:
    """A client of that service; untyped, so that every service can be asked."""
    environment = emulator.environment()
    session: Any = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    return session.client(service, endpoint_url=emulator.endpoint_url)
