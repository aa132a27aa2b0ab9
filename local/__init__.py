"""This machine instead of AWS: set-up, emulator, Terraform, offline provider, demo.

What installs the packages, `local.setup` and what it imports, runs on the standard library alone.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"


class LocalError(Exception):
    """One sentence for the user: what went wrong and what to do about it."""
