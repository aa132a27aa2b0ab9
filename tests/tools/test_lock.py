"""Locks: each package by version and hash, each lock made of pyproject.toml or the user's file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from task_scheduler_local import uv
from task_scheduler_local.places import ROOT
from tools import lock
from tools.lock import LOCKS, Lock

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
USERS = LOCKS[-1]
OURS = LOCKS[:-1]

# What is installed into .build/venv.
SHARED = [found for found in OURS if found.path.stem in ("local", "tests", "lint", "runtime")]


def text(found: Lock) -> str:
    return (ROOT / found.path).read_text(encoding="utf-8")


def versions(found: Lock) -> dict[str, set[str]]:
    """The versions of each package: some have one for older Pythons."""
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", text(found)):
        locked.setdefault(name, set()).add(version)
    return locked


def asked(found: Lock) -> Iterator[Requirement]:
    """Return the requirements in pyproject.toml."""
    if found.path.stem == "local":
        project = PROJECT["project"]
        lines = project["dependencies"] + project["optional-dependencies"]["local"]
    else:
        lines = PROJECT["dependency-groups"][found.path.stem]
    return (Requirement(line) for line in lines if isinstance(line, str))


def name(found: Lock) -> str:
    return str(found.path)


def test_every_lock_is_made_by_make_lock() -> None:
    found = {*(ROOT / "requirements").iterdir(), *(ROOT / "layer").glob("*.txt")}
    assert found == {ROOT / each.path for each in LOCKS}


@pytest.mark.parametrize("found", OURS, ids=name)
def test_each_package_has_a_version_and_a_hash(found: Lock) -> None:
    packages = re.findall(r"^[A-Za-z].*", text(found), re.MULTILINE)
    assert packages
    assert [line for line in packages if not re.match(r"[\w.-]+==\S+ (?:; .* )?\\$", line)] == []
    assert len(re.findall(r"\\\n    --hash=sha256:", text(found))) >= len(packages)


@pytest.mark.parametrize("found", LOCKS, ids=name)
def test_no_lock_names_an_index(found: Lock) -> None:
    assert "://" not in text(found)
    assert "--index" not in text(found)


@pytest.mark.parametrize("found", OURS, ids=name)
def test_what_is_asked_for_is_what_is_locked(found: Lock) -> None:
    locked = versions(found)
    wanted = list(asked(found))
    assert wanted
    for requirement in wanted:
        assert all(map(requirement.specifier.contains, locked[requirement.name])), requirement


def test_what_shares_an_environment_has_one_version() -> None:
    together: dict[str, set[str]] = {}
    for found in SHARED:
        for package, each in versions(found).items():
            together.setdefault(package, set()).update(each)
    assert {package: each for package, each in together.items() if len(each) > 1} == {}


@pytest.mark.parametrize("group", ["runtime", "emulator"])
def test_a_group_has_the_versions_of_the_project(group: str) -> None:
    """A group that names no version for a package has the project's: it is written once."""
    (local,) = (found for found in OURS if found.path.stem == "local")
    (found,) = (found for found in OURS if found.path.stem == group)
    bare = [each.name for each in asked(found) if not each.specifier]
    assert bare
    assert {each: versions(found)[each] for each in bare} == {
        each: versions(local)[each] for each in bare
    }


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of which only the user's packages are locked; the file that names them."""
    for folder in ("layer", "requirements"):
        (tmp_path / folder).mkdir()
    runtime = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    (tmp_path / "requirements" / "runtime.txt").write_text(runtime, encoding="utf-8")
    monkeypatch.setattr(uv, "ROOT", tmp_path)
    return tmp_path / lock.LAYER_REQUIREMENTS


def test_packages_that_the_tools_could_not_bear_are_locked(users: Path) -> None:
    """Of python-dateutil, which pandas needs, botocore takes no version of 4."""
    users.write_text("pandas==3.1.1\npython-dateutil==4.0.0\n", encoding="utf-8")
    USERS.write()
    locked = users.with_suffix(".txt").read_text(encoding="utf-8")
    assert "pandas==3.1.1 " in locked
    assert "python-dateutil==4.0.0 " in locked
    assert "numpy==" in locked


def test_what_the_runtime_needs_too_has_the_runtimes_version(users: Path) -> None:
    users.write_text("requests\n", encoding="utf-8")
    USERS.write()
    locked = users.with_suffix(".txt").read_text(encoding="utf-8")
    (runtime,) = (found for found in OURS if found.path.stem == "runtime")
    (version,) = versions(runtime)["requests"]
    assert f"\nrequests=={version} " in locked
    assert "apprise" not in locked
