"""The version of taskctl, and where it was installed from."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from taskctl.project.checkout import CHECKOUT

_DISTRIBUTION = "serverless-task-scheduler"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A git repository that taskctl was installed from.

    Attributes:
        url: such as https://github.com/owner/name.
        ref: the tag or branch that was asked for; the commit where none was.
        commit: its full hash.
    """

    url: str
    ref: str
    commit: str


def read_origin() -> Origin | None:
    """Return the git repository that taskctl was installed from; None for a checkout or an index.

    Installers record it in direct_url.json:
    https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    """
    recorded = None if CHECKOUT else _read_metadata("direct_url.json")
    direct = json.loads(recorded) if recorded else {}
    vcs = direct.get("vcs_info", {})
    if vcs.get("vcs") != "git":
        return None
    commit = vcs["commit_id"]
    return Origin(url=direct["url"], ref=vcs.get("requested_revision") or commit, commit=commit)


def read_folder() -> Path | None:
    """Return the folder that taskctl was installed from, if it was and is still there."""
    recorded = None if CHECKOUT else _read_metadata("direct_url.json")
    direct = json.loads(recorded) if recorded else {}
    path = Path(url2pathname(urlsplit(direct.get("url", "")).path))
    return path if "dir_info" in direct and path.is_dir() else None


def describe_version() -> str:
    """Return the version, and the checkout or commit that it was taken from."""
    if CHECKOUT:
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
        return f"{project['project']['version']} ({CHECKOUT})"
    try:
        version = distribution(_DISTRIBUTION).version
    except PackageNotFoundError:
        return "of an unknown version"
    origin = read_origin()
    return f"{version} ({origin.url}, {origin.commit})" if origin else version


def _read_metadata(name: str) -> str | None:
    try:
        return distribution(_DISTRIBUTION).read_text(name)
    except PackageNotFoundError:
        return None
