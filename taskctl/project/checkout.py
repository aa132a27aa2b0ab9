"""The files of the Terraform module that taskctl reads."""

from __future__ import annotations

from pathlib import Path

_ABOVE = Path(__file__).resolve().parents[2]

CHECKOUT: Path | None = _ABOVE if (_ABOVE / "variables.tf").is_file() else None
"""The checkout that taskctl runs from; None when it is installed."""

MODULE = CHECKOUT or Path(__file__).with_name("module")
"""The module; of an installed taskctl no more than what says which schedules can work."""


def module_folder(tfvars: Path) -> Path:
    """Return the folder of the module that a file of values is for.

    An installed taskctl takes the module for applied directly, with its values beside it.
    """
    return CHECKOUT or tfvars.parent
