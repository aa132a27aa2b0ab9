"""Paths of a checkout, and of the virtual environments that its set-up makes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"

UV = BUILD / "uv"
"""uv, which makes the other environments, and the pip that installed it."""

VENV = BUILD / "venv"
EMULATOR = BUILD / "emulator"
CHECKOV = BUILD / "checkov"
SITE = BUILD / "site-tools"
TERRAFORM = BUILD / "terraform"
GO_TOOLS = BUILD / "bin"

LAYER = BUILD / "layer"
"""The dependency layer for this machine's interpreter and architecture."""


def python(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv / "bin" / "python"
