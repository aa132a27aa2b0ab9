"""taskctl as a user calls it: a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local import ROOT

Taskctl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def taskctl(tmp_path: Path) -> Taskctl:
    """Runs a command; environment comes over one that has no AWS in it."""

    def run(
        *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
        ours = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "lambda_src" / "python")]),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TZ": "UTC",
        }
        return subprocess.run(
            [sys.executable, "-P", "-m", "taskctl", *arguments],
            cwd=tmp_path,
            env=clean | ours | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
