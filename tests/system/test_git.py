"""The module as its users take it: by git, from a root of their own."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.layer import USERS_LOCK, Target, build
from task_scheduler_local.places import ROOT
from tests.git_copy import committed_copy, git

README = (ROOT / "README.md").read_text(encoding="utf-8")
(CALL,) = re.findall(r"```hcl\n(module .*?)```", README, re.DOTALL)
"""The call that README opens with."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return committed_copy(tmp_path_factory.mktemp("git") / "repository")


@pytest.fixture(scope="module")
def own_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(USERS_LOCK, tmp_path_factory.mktemp("layer"), target=Target("python3.13", "arm64"))


def archives(folder: Path, layer: Path, source: Path | str, emulator: Emulator) -> dict[str, str]:
    """Plan a root that calls the module from a source; the hash of each archive by its name."""
    folder.mkdir()
    call = re.sub(r'(?m)^  source = ".*?".*$', f'  source = "{source}"', CALL)
    (folder / "main.tf").write_text(f'provider "aws" {{}}\n\n{call}', encoding="utf-8")
    (folder / "tasks").mkdir()
    (folder / "tasks" / "own.py").write_text("# a user's\n", encoding="utf-8")
    (folder / "layer").mkdir()
    (folder / "layer" / "python").symlink_to(layer)
    with terraform.attached(folder, emulator.environment()) as aws:
        terraform.run(folder, aws, "init", "-input=false")
        terraform.run(folder, aws, "plan", "-input=false")
    found = (folder / ".task-scheduler").glob("*.zip")
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in found}


def test_it_is_planned_the_same_by_git_and_where_git_would_give_other_line_ends(
    emulator: Emulator,
    repository: Path,
    own_layer: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = archives(tmp_path / "plain", own_layer, repository, emulator)
    by_git = f"git::file://{repository}?ref=v1"
    assert len(plain) == 3
    assert archives(tmp_path / "by git", own_layer, by_git, emulator) == plain

    # as a user of Git for Windows has it
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.autocrlf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert archives(tmp_path / "line ends", own_layer, by_git, emulator) == plain
    git(tmp_path, "clone", str(repository), "a clone")
    assert archives(tmp_path / "a root", own_layer, "../a clone", emulator) == plain
