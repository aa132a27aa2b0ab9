"""Fixtures that all tests share: an AWS of the run's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator


def pytest_configure(config: pytest.Config) -> None:
    """pytest-terraform runs the terraform of the local run."""
    config.option.dest_tf_binary = str(terraform.binary())


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """An emulator for the whole run; what a test makes in it has a name of the test's own."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """The server behind `httpserver`, which a request that hangs does not keep from the next."""
    # It is in the process of the code under test, whose log some tests read for secrets.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server
