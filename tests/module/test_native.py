"""The tests in Terraform's own language: `*.tftest.hcl` beside this file."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import LocalError, terraform

FILES = sorted(path.name for path in Path(__file__).parent.glob("*.tftest.hcl"))


@pytest.mark.parametrize("file", FILES)
def test_terraform_test(root: Path, file: str) -> None:
    folder = "-test-directory=tests/module"
    try:
        report = terraform.run(root, {}, "test", folder, f"-filter=tests/module/{file}")
    except LocalError as failed:
        pytest.fail(str(failed), pytrace=False)
    assert "0 failed" in report
    assert "Success! 0 passed" not in report
