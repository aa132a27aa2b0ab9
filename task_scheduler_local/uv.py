"""Run uv, which installs packages, with the index, proxy and certificates of pip's settings."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from task_scheduler_local import LocalError
from task_scheduler_local.places import ROOT, UV, python


def uv(*arguments: str) -> None:
    """Run uv with the package index, mirror, proxy and certificates that pip is set up with."""
    run([str(_executable()), *arguments, "--quiet"], extra=pip_settings())


def interpreter() -> Path:
    """Return the interpreter that uv is told of: the set-up's, elsewhere the one that runs this."""
    own = python(UV)
    return own if own.is_file() else Path(sys.executable)


def _executable() -> Path:
    """Return uv: the set-up's, elsewhere the one that runs this, the extra's, or that on PATH."""
    of_extra = Path(sys.prefix, "bin", "uv")
    for found in (UV / "bin" / "uv", os.environ.get("UV"), of_extra, shutil.which("uv")):
        if found and Path(found).is_file():
            return Path(found)
    raise LocalError("uv, which installs packages, is not on PATH: `pip install uv` gets it")


def run(command: Sequence[str], *, extra: dict[str, str] | None = None) -> None:
    """Run a command of the set-up in silence.

    Raises LocalError, with the end of its output, when it fails.
    """
    done = subprocess.run(
        command,
        cwd=ROOT if UV.is_dir() else None,  # elsewhere ROOT is none of the user's folders
        env=_environment() | (extra or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(_in_words(command, done.stdout))


def _in_words(command: Sequence[str], output: str) -> str:
    """Summarize a failure in a line, with the end of the command's output."""
    name = " ".join([Path(command[0]).name, *command[1:3]])
    said = [line for line in output.strip().splitlines() if not line.startswith("WARNING: Retry")]
    what = "failed"
    if "from versions: none" in output or "Failed to fetch" in output:
        what = "cannot reach PyPI, or the mirror that pip is set up with; is there a network?"
    return "\n    ".join([f"`{name} ...` {what}", *said[-8:]])


def _environment() -> dict[str, str]:
    """Return the user's environment without what would mislead other interpreters."""
    bends = ("PYTHON", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "UV_PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(bends)}


def pip_settings() -> dict[str, str]:
    """Return pip's index, mirror, proxy and certificate settings under the names that uv reads.

    None without the set-up's pip: whoever has uv of their own has set it up.
    """
    if not python(UV).is_file():
        return {}
    names = {
        "index-url": ("UV_DEFAULT_INDEX", " "),
        "extra-index-url": ("UV_INDEX", " "),
        "find-links": ("UV_FIND_LINKS", ","),
        "cert": ("SSL_CERT_FILE", " "),
        "proxy": ("ALL_PROXY", " "),
    }
    listed = subprocess.run(
        [str(python(UV)), "-m", "pip", "config", "list"],
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    settings: dict[str, str] = {}
    for line in listed.splitlines():  # the environment's lines first: they win
        key, _, value = line.partition("=")
        name, separator = names.get(key.rpartition(".")[2], ("", ""))
        if name and name not in os.environ:
            settings.setdefault(name, separator.join(ast.literal_eval(value).split()))
    return settings
