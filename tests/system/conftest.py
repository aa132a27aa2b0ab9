"""The module applied to an emulator by pytest-terraform, and what its tasks write down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_terraform import tf

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from tests.system.stack import Records


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Records of the tasks of the schedule that is due by itself."""
    return Records(tmp_path_factory.mktemp("scheduled"))


@pytest.fixture(scope="module", autouse=True)
def surroundings(emulator: Emulator, scheduled: Records) -> Iterator[None]:
    """Give pytest-terraform the roots, the emulator and the values of variables."""
    with terraform.workspace() as module, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.LazyModuleDir, "value", str(module / "tests" / "system" / "roots"))
        variables = {"TF_VAR_folder": str(scheduled.folder)}
        environment = terraform.environment(emulator.environment()) | variables
        for name, value in environment.items():
            patch.setenv(name, value)
        yield
