"""The stations of a task: all of them are listed, and imports go one way, downwards."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import task_scheduler

FOLDER = Path(task_scheduler.__file__).parent
STATIONS = re.findall(r"(?m)^    (\w+) +\S", task_scheduler.__doc__ or "")


def test_every_module_is_listed_once() -> None:
    assert sorted(STATIONS) == sorted(p.stem for p in FOLDER.glob("*.py") if p.stem != "__init__")


@pytest.mark.parametrize("station", STATIONS)
def test_a_station_imports_only_from_those_below_it(station: str) -> None:
    below = STATIONS[STATIONS.index(station) + 1 :]
    assert imports(FOLDER / f"{station}.py") <= set(below)


def imports(file: Path) -> set[str]:
    """The modules of the package that a file imports, now or later; not those of annotations."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "task_scheduler":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, module = node.module.partition(".")
            found |= {module} if package == "task_scheduler" else set()
    return found
