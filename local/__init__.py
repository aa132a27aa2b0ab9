"""This machine instead of AWS: set-up, emulator, Terraform, offline provider, demo.

Only `local.demo`, `local.mutation`, `local.pictures` and `local.provider` need packages; the rest
runs on the standard library, because it is what installs them.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"


class LocalError(Exception):
    """One sentence for the user: what went wrong and what to do about it."""
