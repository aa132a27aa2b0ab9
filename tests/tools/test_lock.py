"""Requirements files: each package by version and hash, each made of the `.in` beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from task_scheduler_local.places import ROOT
from tools import lock, setup

# What is installed into .build/venv.
SHARED = [
    setup.LAYER_REQUIREMENTS,
    *(ROOT / folder / "requirements.txt" for folder in ("local", "taskctl", "tests")),
]


def test_every_requirements_file_is_locked() -> None:
    found = {
        path
        for folder in ("layer", "local", "taskctl", "tests")
        for path in (ROOT / folder).glob("requirements*.txt")
    }
    assert found == {source.with_suffix(".txt") for source in lock.SOURCES}


@pytest.mark.parametrize("source", lock.SOURCES, ids=lambda path: path.parent.name + path.stem)
def test_each_package_has_a_version_and_a_hash(source: Path) -> None:
    text = source.with_suffix(".txt").read_text(encoding="utf-8")
    packages = re.findall(r"^[A-Za-z].*", text, re.MULTILINE)
    assert packages
    assert [line for line in packages if not re.match(r"[\w.-]+==\S+ (?:; .* )?\\$", line)] == []
    assert len(re.findall(r"\\\n    --hash=sha256:", text)) >= len(packages)


@pytest.mark.parametrize("source", lock.SOURCES, ids=lambda path: path.parent.name + path.stem)
def test_what_is_asked_for_is_what_is_locked(source: Path) -> None:
    asked = re.findall(r"^[\w.-]+==\S+", source.read_text(encoding="utf-8"), re.MULTILINE)
    locked = source.with_suffix(".txt").read_text(encoding="utf-8")
    assert asked
    assert [pin for pin in asked if f"\n{pin} " not in locked] == []


def test_what_shares_an_environment_has_one_version() -> None:
    versions: dict[str, set[str]] = {}
    for path in SHARED:
        for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8")):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
