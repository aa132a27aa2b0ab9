"""The tests in Terraform's own language, a file a feature.

Those of the root lie beside this file, those of a module of modules/ in its tests/.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from task_scheduler_local import LocalError, terraform
from task_scheduler_local.places import ROOT

FILES = [
    path.relative_to(ROOT)
    for pattern in ("tests/module/*.tftest.hcl", "modules/*/tests/*.tftest.hcl")
    for path in sorted(ROOT.glob(pattern))
]


def module_of(file: Path) -> Path:
    """The folder of the module that a file tests, from the root."""
    return file.parents[1] if file.parts[0] == "modules" else Path()


@pytest.fixture(scope="module")
def module(root: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, dict[str, str]]]:
    """A module's folder, initialised, and the setting of the providers that are attached to it."""
    folder = root / request.param
    terraform.run(folder, {}, "init")
    with terraform.attached(folder, {}) as setting:
        yield folder, setting


@pytest.mark.parametrize(
    ("module", "file"),
    [pytest.param(module_of(file), file, id=str(file)) for file in FILES],
    indirect=["module"],
)
def test_terraform_test(module: tuple[Path, dict[str, str]], file: Path) -> None:
    folder, setting = module
    tests = file.relative_to(module_of(file))
    try:
        report = terraform.run(
            folder, setting, "test", f"-test-directory={tests.parent}", f"-filter={tests}"
        )
    except LocalError as failed:
        pytest.fail(str(failed), pytrace=False)
    assert "0 failed" in report
    assert "Success! 0 passed" not in report
