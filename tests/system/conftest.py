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


@pytest.fixture(scope="module")
def terraform_root(
    request: pytest.FixtureRequest, emulator: Emulator, scheduled: Records
) -> Iterator[None]:
    """Give pytest-terraform the roots, the emulator, providers and the values of variables.

    The root that the file of tests applies has its name: test_pair.py that in roots/pair.
    """
    with terraform.workspace() as module, pytest.MonkeyPatch.context() as patch:
        roots = module / "tests" / "system" / "roots"
        patch.setattr(tf.LazyModuleDir, "value", str(roots))
        variables = {"TF_VAR_folder": str(scheduled.folder)}
        root = roots / request.path.stem.removeprefix("test_")
        with terraform.attached(root, emulator.environment()) as aws:
            for name, value in (terraform.environment(aws) | variables).items():
                patch.setenv(name, value)
            yield
