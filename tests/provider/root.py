"""Real Terraform on small roots, with the stand-in providers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from task_scheduler_local import terraform
from task_scheduler_local.provider.attach import attached

PROVIDERS = """
terraform {
  required_providers {
    aws     = { source = "hashicorp/aws", version = ">= 5.76, < 7" }
    archive = { source = "hashicorp/archive", version = ">= 2.5, < 3" }
  }
}
"""


class Root:
    """A folder with a configuration, initialised; what Terraform says is kept as it says it."""

    def __init__(self, folder: Path, aws: Mapping[str, str]) -> None:
        self.folder = folder
        self.aws = dict(aws)

    def write(self, configuration: str) -> None:
        """Makes this, with the providers' sources, the whole configuration."""
        (self.folder / "main.tf").write_text(PROVIDERS + configuration)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [terraform.binary(), *arguments],
            cwd=self.folder,
            env=terraform.environment(self.aws),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def changes(self, command: str, *arguments: str) -> dict[str, str]:
        """Runs `plan`, `apply` or `destroy`; address and action of each change, no-ops left out.

        Fails the test, in Terraform's words, when Terraform fails.
        """
        approve = [] if command == "plan" else ["-auto-approve"]
        run = self.run(command, "-json", *approve, *arguments)
        assert run.returncode == 0, "\n".join(errors(run)) or run.stderr
        return {
            event["change"]["resource"]["addr"]: event["change"]["action"]
            for event in _events(run)
            if event["type"] == "planned_change"
        }

    def failures(self, command: str, *arguments: str) -> list[str]:
        """Runs a command that has to fail; its errors."""
        approve = [] if command == "plan" else ["-auto-approve"]
        run = self.run(command, "-json", *approve, *arguments)
        assert run.returncode != 0, run.stdout
        return errors(run)

    def state(self) -> dict[str, dict[str, Any]]:
        """The stored attributes of each resource by address."""
        path = self.folder / "terraform.tfstate"
        resources = json.loads(path.read_text())["resources"] if path.exists() else []
        return {
            f"{r['type']}.{r['name']}": instance["attributes"]
            for r in resources
            if r["mode"] == "managed"
            for instance in r["instances"]
        }


def errors(run: subprocess.CompletedProcess[str]) -> list[str]:
    """The errors that a run with -json reported."""
    found = [e["diagnostic"] for e in _events(run) if e["type"] == "diagnostic"]
    return [f"{d['summary']} {d['detail']}".strip() for d in found if d["severity"] == "error"]


def _events(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


@contextmanager
def attached_root(folder: Path, aws: Mapping[str, str]) -> Iterator[Root]:
    """A root with providers that stay for all its commands."""
    with attached(folder, aws) as setting:
        root = Root(folder, {**aws, **setting})
        root.run("init")
        yield root
