from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from task_scheduler_local.emulator import Emulator
from task_scheduler_local.provider.aws import AwsProvider

from .core import Core
from .root import Root, attached_root


@pytest.fixture
def root(emulator: Emulator, tmp_path: Path) -> Iterator[Root]:
    """An empty root that reaches the emulator."""
    with attached_root(tmp_path, emulator.environment()) as root:
        yield root


@pytest.fixture(scope="module")
def core() -> Iterator[Core]:
    """The stand-in for hashicorp/aws in this process, which plans and reaches nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        yield Core(AwsProvider(), region="us-east-1")
