"""The sources of a project: the module, and taskctl of the same version."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from taskctl.errors import TaskctlError
from taskctl.project.checkout import CHECKOUT
from taskctl.project.installed import read_folder, read_origin

_EXAMPLE = "--source https://example.com/owner/name.git --ref v0.2.0"


@dataclass(frozen=True)
class Source:
    """A version of this project.

    Attributes:
        terraform: the module's source, for main.tf.
        python: what pip and uv install it from.
    """

    terraform: str
    python: str

    @property
    def with_local_run(self) -> str:
        """The requirement that pip and uv install it from, with the extras of `taskctl dev`."""
        if "+" in self.python.partition(":")[0]:
            return f"serverless-task-scheduler[local,ui] @ {self.python}"
        return f"{self.python}[local,ui]"


def find_source(source: str | None, ref: str | None, folder: Path) -> Source:
    """Return the version that was asked for, or that this taskctl is of.

    Args:
        source: a git URL or a folder; None for where taskctl was installed from.
        ref: a tag, branch or commit; None for the one that taskctl was installed from.
        folder: the project's, which a path is relative to.

    Raises:
        TaskctlError: it is not known, or is neither a git URL nor a checkout.
    """
    if source is not None:
        return _given(source, ref, folder)
    if origin := read_origin():
        is_version = re.match(r"v?[0-9]+\.", origin.ref)  # a branch would move
        return _from_git(origin.url, ref or (origin.ref if is_version else origin.commit))
    if here := CHECKOUT or read_folder():
        return _given(str(here), ref, folder)
    raise TaskctlError(
        f"taskctl was not installed from git, so name where the module is, such as {_EXAMPLE}"
    )


def _given(source: str, ref: str | None, folder: Path) -> Source:
    path = Path(source).expanduser()
    if path.is_dir():
        if ref:
            raise TaskctlError(f"--ref {ref}: {source} is a folder, which has no versions")
        return _from_folder(path.resolve(), folder)
    plain = source.removeprefix("git::").removeprefix("git+")
    if scp := re.fullmatch(r"([\w.-]+@[\w.-]+):(?!//)(.+)", plain):
        plain = f"ssh://{scp[1]}/{scp[2]}"
    elif re.match(r"(?:github|gitlab)\.com/|bitbucket\.org/", plain):
        plain = f"https://{plain}"
    if not re.fullmatch(r"(?:https|ssh|file)://[^\s\"?]+", plain):
        raise TaskctlError(f"--source {source} must be a git URL or a folder, such as {_EXAMPLE}")
    if not ref:
        raise TaskctlError(f"--ref is missing: it must name a version of {source}, such as v0.2.0")
    return _from_git(plain, ref)


def _from_git(url: str, ref: str) -> Source:
    if not re.fullmatch(r"[\w./-]+", ref):
        raise TaskctlError(f"--ref {ref} must be a tag, a branch or a commit")
    return Source(f"git::{url}?ref={ref}", f"git+{url}@{ref}")


def _from_folder(module: Path, folder: Path) -> Source:
    if not all((module / name).is_file() for name in ("main.tf", "pyproject.toml")):
        raise TaskctlError(f"--source {module} must be a checkout of serverless-task-scheduler")
    relative = os.path.relpath(module, folder.resolve())
    return Source(relative if relative.startswith("..") else f"./{relative}", str(module))
