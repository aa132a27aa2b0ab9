"""make: from a clean clone, wherever it lies, to the command's end."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The checkout without its set-up."""
    hidden = shutil.ignore_patterns(".*")
    return Path(shutil.copytree(ROOT, tmp_path / "a clean clone", ignore=hidden))


def test_a_clean_clone_at_a_path_with_blanks_sets_itself_up_once(
    clone: Path, tmp_path: Path
) -> None:
    requirements = tmp_path / "my requirements.txt"
    requirements.write_text("iniconfig==2.3.1\n")
    given = [
        "package-layer",
        f"PYTHON={sys.executable}",
        f"REQUIREMENTS={requirements}",
        f"OUT={tmp_path / 'my layer'}",
        "ARCHITECTURE=x86_64",
    ]
    first = make(clone, *given)
    assert (first.returncode, first.stderr) == (0, "")
    set_up, result = first.stdout.splitlines()
    assert set_up.startswith("Setting up: uv ... ")
    assert result.startswith(f"{tmp_path / 'my layer' / 'python'}: python3.13, x86_64, ")
    assert (tmp_path / "my layer" / "python" / "iniconfig").is_dir()
    assert (tmp_path / "my layer" / "python" / "apprise").is_dir()
    second = make(clone, *given)
    assert second.stdout.splitlines() == [result]


def test_a_python_that_is_too_old_is_told_before_anything_is_done(
    clone: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old python"
    program = "import sys; sys.version_info = (3, 10, 13); exec(sys.argv[2])"
    old.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{program}' \"$@\"\n")
    old.chmod(0o755)
    done = make(clone, "demo", f"PYTHON={old}")
    assert done.returncode == 2
    assert done.stderr.startswith("Python 3.11 or newer is needed, this is ")
    assert not (clone / ".build").exists()


def test_every_command_is_listed() -> None:
    listed = make(ROOT, "help").stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    for command in phony[1].split():
        assert f"make {command}: " in listed
