"""`make lint`: every check of form, one line each; a check's own words only when it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from task_scheduler_local.places import CHECKOV, ROOT
from tools import reference, setup

_WORKFLOWS = ROOT / ".github" / "workflows"
_CHECKOV_OPTIONS = (
    "--quiet", "--compact", "--directory=.", "--framework=terraform", "--skip-download",
    "--skip-path=.build", "--skip-path=tests",
)  # fmt: skip


def main() -> int:
    """Run all checks, the later ones also when an earlier one fails; the number that failed."""
    python = [sys.executable, "-m"]
    tflint = setup.go_tool("tflint")
    fmt = ["task_scheduler_local.terraform", "fmt", "-check", "-recursive"]
    failed = _check("terraform fmt", [*python, *fmt])
    options = ["--recursive", f"--config={ROOT / '.tflint.hcl'}"]
    failed += _check("tflint", [tflint, *options] if tflint else None)
    failed += _check("checkov", [CHECKOV / "bin" / "checkov", *_CHECKOV_OPTIONS])
    actionlint = setup.go_tool("actionlint")
    failed += _check("workflows", [actionlint, *_WORKFLOWS.glob("*.yml")] if actionlint else None)
    failed += _check("ruff check", [*python, "ruff", "check", "--quiet"])
    failed += _check("ruff format", [*python, "ruff", "format", "--check", "--quiet"])
    failed += _check("mypy", [*python, "mypy"])
    stale = [*python, "tools.reference", "--check"]
    failed += _check("reference", stale if setup.go_tool(reference.TOOL) else None)
    return failed


def _check(name: str, command: Sequence[str | Path] | None) -> int:
    """1 if a command fails, otherwise 0; no command stands for one of a tool that Go builds."""
    if not command:
        print(f"{name:15} not checked: Go, which would build what it needs, is not on PATH")
        return 0
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(f"{name:15} {'FAILED' if done.returncode else 'ok'}", flush=True)
    if done.returncode:
        print(done.stdout.rstrip())
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
