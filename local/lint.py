"""`make lint`: every check of form, one line each; a check's own words only when it fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local import ROOT, setup

_CHECKOV_OPTIONS = (
    "--quiet", "--compact", "--directory=.", "--framework=terraform", "--skip-download",
    "--skip-path=.build", "--skip-path=tests",
)  # fmt: skip


def main() -> int:
    """Run all checks, the later ones also when an earlier one fails; the number that failed."""
    python = [sys.executable, "-m"]
    failed = _check("terraform fmt", [*python, "local.terraform", "fmt", "-check", "-recursive"])
    failed += _tflint()
    failed += _check("checkov", [setup.CHECKOV / "bin" / "checkov", *_CHECKOV_OPTIONS])
    failed += _check("ruff check", [*python, "ruff", "check", "--quiet"])
    failed += _check("ruff format", [*python, "ruff", "format", "--check", "--quiet"])
    failed += _check("mypy", [*python, "mypy"])
    return failed


def _tflint() -> int:
    tflint = shutil.which("tflint") or (str(setup.TFLINT) if setup.TFLINT.is_file() else None)
    if tflint is None:
        print(f"{'tflint':15} not checked: neither tflint nor Go, which would build it, is on PATH")
        return 0
    return _check("tflint", [tflint, "--recursive", f"--config={ROOT / '.tflint.hcl'}"])


def _check(name: str, command: Sequence[str | Path]) -> int:
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
