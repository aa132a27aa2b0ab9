"""The checkout as a git repository of its own: the files that git knows, committed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from task_scheduler_local.places import ROOT


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody and without the user's settings; what it printed."""
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def committed_copy(folder: Path) -> Path:
    """Make a repository in a folder that is not there yet; its one commit has the tag v1."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--message=everything")
    git(folder, "tag", "v1")
    return folder
