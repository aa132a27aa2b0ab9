"""Refusals of the real providers, by argument, before anything is planned."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from .root import attached_root

_ROOT = Path(__file__).parent / "roots" / "refused"
_MARKED = re.compile(r'^# (.+)\n(?:resource|data) "\w+" "(\w+)"', re.MULTILINE)
_EXPECTED = {name: text for text, name in _MARKED.findall((_ROOT / "main.tf").read_text())}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Every error of the root by the name of the resource that it is in."""
    folder = tmp_path_factory.mktemp("refused")
    shutil.copytree(_ROOT, folder, dirs_exist_ok=True)
    with attached_root(folder, {}) as root:
        diagnostics = json.loads(root.run("validate", "-json").stdout)["diagnostics"]
    found: dict[str, list[str]] = {name: [] for name in _EXPECTED}
    for diagnostic in diagnostics:
        name = diagnostic["snippet"]["context"].split('"')[3]
        found[name].append(f"{diagnostic['summary']} {diagnostic['detail']}")
    return found


@pytest.mark.parametrize("name", _EXPECTED)
def test_refused(found: dict[str, list[str]], name: str) -> None:
    assert [_EXPECTED[name] in error for error in found[name]] == [True], found[name]
