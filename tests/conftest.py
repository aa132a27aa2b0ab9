"""Fixtures that all tests share: an AWS of the run's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from tests.http_server import make_httpserver

__all__ = ["make_httpserver"]


def pytest_configure(config: pytest.Config) -> None:
    """pytest-terraform runs the terraform of the local run."""
    config.option.dest_tf_binary = str(terraform.binary())


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """An emulator for the whole run; what a test makes in it has a name of the test's own."""
    with Emulator() as emulator:
        yield emulator
