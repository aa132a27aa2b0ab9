"""The module on the emulator, its functions' calls passing through the proxy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.chat import Chat, serving
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from tests.faults.proxy import FaultProxy
from tests.faults.runs import Runs
from tests.faults.stack import Stack

ROOT = Path("tests", "faults", "roots", "stack")


@pytest.fixture(scope="session")
def applied(emulator: Emulator) -> dict[str, Any]:
    """The module's outputs."""
    with terraform.workspace() as module:
        root = module / ROOT
        with terraform.attached(root, emulator.environment()) as aws:
            for command in ("init", "apply -auto-approve"):
                terraform.run(root, aws, *command.split(), "-input=false")
        told = json.loads(terraform.run(root, {}, "output", "-json"))
    outputs: dict[str, Any] = told["stack"]["value"]
    return outputs


@pytest.fixture(scope="session")
def variables(emulator: Emulator, applied: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The environments that the module gives its functions."""
    functions = client("lambda", emulator.environment())
    return {
        name: functions.get_function_configuration(FunctionName=applied[name]["name"])[
            "Environment"
        ]["Variables"]
        for name in ("send_task", "run_task", "keep_runs")
    }


@pytest.fixture(scope="session")
def cold_start(emulator: Emulator, applied: dict[str, Any]) -> float:
    """Seconds that the emulator takes here to start a function."""
    begun = time.monotonic()
    client("lambda", emulator.environment()).invoke(
        FunctionName=applied["run_task"]["name"], Payload=json.dumps({"Records": []})
    )
    return time.monotonic() - begun


@pytest.fixture(scope="session")
def chat(emulator: Emulator) -> Iterator[Chat]:
    """The service that digests arrive at."""
    with serving() as chat:
        client("ssm", emulator.environment()).put_parameter(
            Name="/faults/chat", Value=chat.url, Type="SecureString"
        )
        yield chat


@pytest.fixture(scope="session")
def session_proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    with FaultProxy(emulator.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def proxy(session_proxy: FaultProxy) -> Iterator[FaultProxy]:
    """The proxy, which lets everything pass until a test injects a rule."""
    yield session_proxy
    session_proxy.inject()


@pytest.fixture
def closed_stack(
    emulator: Emulator,
    applied: dict[str, Any],
    variables: dict[str, dict[str, str]],
    cold_start: float,
    tmp_path: Path,
) -> Iterator[Stack]:
    """The applied module as the test before left it."""
    stack = Stack(applied, variables, cold_start, emulator.environment(), tmp_path)
    yield stack
    stack.close()


@pytest.fixture
def open_stack(closed_stack: Stack, chat: Chat, proxy: FaultProxy) -> Callable[..., Stack]:
    """Makes the applied module ready for a test, with timings and variables of the test's own."""
    return lambda **settings: closed_stack.prepare(proxy.url, **settings)


@pytest.fixture
def stack(open_stack: Callable[..., Stack]) -> Stack:
    return open_stack()


@pytest.fixture
def runs(closed_stack: Stack, chat: Chat) -> Runs:
    """The ledger's record of the stack's runs."""
    return Runs(closed_stack, chat)
