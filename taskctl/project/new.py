"""The files of a new project."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from taskctl.errors import TaskctlError
from taskctl.project.sources import Source

_TEMPLATE = Path(__file__).with_name("template")
_FILES = {
    "main.tf": "main.tf",
    "variables.tf": "variables.tf",
    "terraform.tfvars": "terraform.tfvars",
    "tasks/hello.py": "hello.py",
    "tests/test_hello.py": "test_hello.py",
    "layer/requirements-layer.txt": "requirements-layer.txt",
    ".github/workflows/deploy.yml": "deploy.yml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
"""The files by their templates, which end in .in: no tool takes them for this project's."""
_SHOWN = 5


def write_project(folder: Path, *, prefix: str, timezone: str, source: Source) -> list[str]:
    """Write a project into a folder that is new or empty.

    Args:
        folder: the project's.
        prefix: the beginning of every name in AWS.
        timezone: the time zone of its schedules.
        source: where the module is.

    Returns:
        The files, relative to the folder.

    Raises:
        TaskctlError: something is there already, or it cannot be written.
    """
    _check_empty(folder)
    values = {
        "prefix": prefix,
        "timezone": timezone,
        "source": source.terraform,
        "python": source.python,
        "quoted": shlex.quote(source.python),
        "quoted_local": shlex.quote(source.with_local_run),
    }
    try:
        for name, template in _FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (_TEMPLATE / f"{template}.in").read_text(encoding="utf-8")
            path.write_text(_fill(text, values), encoding="utf-8")
    except OSError as error:
        raise TaskctlError(f"{error.filename}: {error.strerror}") from error
    return [*_FILES]


def check_prefix(prefix: str) -> None:
    """Raise TaskctlError if a prefix is not one that the module takes."""
    if not re.fullmatch("[0-9A-Za-z_-]{1,54}", prefix) or prefix == "default":
        raise TaskctlError(
            f'--prefix "{prefix}" must be 1 to 54 letters, digits, hyphens and underscores, and '
            'not "default", which belongs to AWS'
        )


def make_prefix(folder: Path) -> str:
    """Return a prefix for a project, from the name of its folder."""
    name = re.sub("[^0-9A-Za-z_-]+", "-", folder.resolve().name)[:54].strip("-")
    return name if name and name != "default" else "jobs"


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise TaskctlError(f"{folder} must be a folder, new or empty: it is a file")
    there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    in_the_way = [name for name in there if name != ".git"]
    if in_the_way:
        more = len(in_the_way) - _SHOWN
        names = ", ".join(in_the_way[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        raise TaskctlError(f"{folder} must be new or empty: it holds {names}")


def _fill(text: str, values: Mapping[str, str]) -> str:
    return re.sub("@([a-z_]+)@", lambda found: values[found[1]], text)
