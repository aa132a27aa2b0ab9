"""The modules of taskctl: all are listed, and imports go one way, from commands downwards."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import taskctl
from taskctl.__main__ import COMMANDS

FOLDER = Path(taskctl.__file__).parent
SHARED = re.findall(r"(?m)^(\w+)  +\S", taskctl.__doc__ or "")
OF_COMMANDS = sorted({module for module, _, _ in (c.partition(":") for c in COMMANDS.values())})


def test_every_module_is_a_commands_or_is_listed_once() -> None:
    there = {path.stem for path in FOLDER.iterdir() if path.suffix == ".py"}
    packages = {path.parent.name for path in FOLDER.glob("*/__init__.py")}
    modules = (there | packages) - {"__init__", "__main__"}
    assert sorted([*SHARED, *OF_COMMANDS]) == sorted(modules)


@pytest.mark.parametrize("module", OF_COMMANDS)
def test_a_command_imports_no_command(module: str) -> None:
    assert imports(FOLDER / f"{module}.py") <= set(SHARED)


@pytest.mark.parametrize("module", SHARED)
def test_what_is_shared_imports_only_from_below(module: str) -> None:
    below = SHARED[SHARED.index(module) + 1 :]
    path = FOLDER / f"{module}.py"
    files = [path] if path.exists() else list((FOLDER / module).glob("*.py"))
    for file in files:
        assert imports(file) - {module} <= set(below)


def imports(file: Path) -> set[str]:
    """The modules of taskctl that a file imports, now or later."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "taskctl":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("taskctl."):
            found.add((node.module or "").split(".")[1])
    return found
