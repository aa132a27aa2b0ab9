"""A folder's place in the file system, made of links, so that Terraform leaves nothing in it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_NOT_LINKED = (".terraform", ".terraform.lock.hcl", ".task-scheduler", ".taskctl", ".build")
"""Files that Terraform, or this package, writes into a root."""


class Mirror:
    """A folder whose files, and whose surroundings, are links to those of another folder.

    Every relative path in a configuration leads where it led: `../..`, `tasks`, `../shared`. Lock
    file, state and archives are the mirror's own.

    Args:
        root: the folder, absolute, without links in its path.
        base: an empty folder to make it in.

    Attributes:
        folder: where Terraform runs.
    """

    def __init__(self, root: Path, base: Path) -> None:
        self._root = root
        self._base = base
        self.folder = base / root.relative_to("/")

    def real(self, path: Path) -> Path:
        """Return the path that one in the mirror stands for."""
        path = path.resolve()
        base = self._base.resolve()
        return Path("/", path.relative_to(base)) if path.is_relative_to(base) else path

    def refresh(self) -> None:
        """Link what is there now, and nothing else."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for ancestor in self._root.parents:
            on_the_way = self._root.relative_to(ancestor).parts[0]
            with suppress(PermissionError):  # what cannot be listed is not referred to
                names = [path.name for path in ancestor.iterdir() if path.name != on_the_way]
                _link(ancestor, self._base / ancestor.relative_to("/"), names)
        _link(
            self._root,
            self.folder,
            [path.name for path in self._root.iterdir() if not _is_terraforms(path.name)],
        )


def _is_terraforms(name: str) -> bool:
    return name in _NOT_LINKED or name.endswith(".tfstate") or ".tfstate." in name


def _link(source: Path, target: Path, names: Iterable[str]) -> None:
    wanted = set(names)
    for path in target.iterdir():
        if path.is_symlink() and path.name not in wanted:
            path.unlink()
    for name in wanted:
        with suppress(FileExistsError):
            (target / name).symlink_to(source / name)
