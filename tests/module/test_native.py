"""The tests in Terraform's own language, a file a feature.

Those of the root lie beside this file, those of a module of modules/ in its tests/.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.places import ROOT

FILES = [
    path.relative_to(ROOT)
    for pattern in ("tests/module/*.tftest.hcl", "modules/*/tests/*.tftest.hcl")
    for path in sorted(ROOT.glob(pattern))
]


@dataclass
class Report:
    """Terraform's report of a file of tests.

    Attributes:
        status: of the file as a whole, "pass" if all went well.
        passed: how many of its runs.
        problems: errors and failed assertions, in Terraform's words.
    """

    status: str = "not run"
    passed: int = 0
    problems: list[str] = field(default_factory=list)


def module_of(file: Path) -> Path:
    """The folder of the module that a file tests, from the root."""
    return file.parents[1] if file.parts[0] == "modules" else Path()


def read_reports(output: str) -> dict[str, Report]:
    """Sort the lines of `terraform test -json` by the file that they are about."""
    reports: dict[str, Report] = defaultdict(Report)
    for line in output.splitlines():
        told: dict[str, Any] = json.loads(line)
        report = reports[told.get("@testfile", "")]
        if told["type"] == "test_file":
            report.status = told["test_file"].get("status", report.status)
        elif told["type"] == "test_run" and told["test_run"].get("status") == "pass":
            report.passed += 1
        elif told["type"] == "diagnostic" and told["diagnostic"]["severity"] == "error":
            found = told["diagnostic"]
            report.problems.append(
                f"{told.get('@testrun', '')}: {found['summary']}: {found['detail']}"
            )
    return reports


@pytest.fixture(scope="module")
def reports_of(root: Path) -> Callable[[Path, Path], dict[str, Report]]:
    """Runs all tests of a module at once, since Terraform takes as long to start as for a run."""

    @functools.cache
    def run(module: Path, tests: Path) -> dict[str, Report]:
        folder = root / module
        with terraform.attached(folder, {}) as setting:
            terraform.run(folder, setting, "init")
            command = "test", "-json", f"-test-directory={tests}"
            done = terraform.execute(folder, terraform.environment(setting), *command)
        return read_reports(done.stdout)

    return run


@pytest.mark.parametrize("file", FILES, ids=str)
def test_terraform_test(reports_of: Callable[[Path, Path], dict[str, Report]], file: Path) -> None:
    tests = file.relative_to(module_of(file))
    reports = reports_of(module_of(file), tests.parent)
    report = reports[str(tests)]
    assert (report.status, report.problems + reports[""].problems) == ("pass", [])
    assert report.passed
