"""Find the stack that a command is meant for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten
from typing import Any

from taskctl.errors import TaskctlError
from taskctl.project import terraform
from taskctl.stack.stack import Stack

_MAX_REASON = 500
"""Characters of Terraform's error that are shown."""


def find_stack(prefix: str | None, root: Path) -> Stack:
    """Return the stack of a prefix, or the one in Terraform's outputs.

    Args:
        prefix: the module's variable of this name; None to read the outputs.
        root: the folder in which `terraform apply` ran. Its outputs are those of the module, or
            one of them holds the outputs of a module that it calls.

    Raises:
        TaskctlError: there is no such folder, Terraform cannot read its outputs, or they name no
            stack, or several.
    """
    if prefix is not None:
        return Stack(prefix)
    if not root.is_dir():
        raise TaskctlError(f"--root {root}: no such folder")
    where = root.resolve()
    done = terraform.run(where, "output", "-json", "-no-color")
    if done.returncode:
        raise TaskctlError(f"cannot read Terraform's outputs in {where}: {_reason(done.stderr)}")
    outputs = json.loads(done.stdout)
    prefixes = sorted(set(_prefixes({name: output["value"] for name, output in outputs.items()})))
    if len(prefixes) == 1:
        return Stack(prefixes[0])
    if prefixes:
        raise TaskctlError(
            f"there are several stacks in {where}: choose one with --prefix {'|'.join(prefixes)}"
        )
    raise TaskctlError(
        f"no stack: Terraform has no outputs of one in {where}. Name it with --prefix, or the "
        "folder in which it was applied with --root"
    )


def _reason(stderr: str) -> str:
    """Return Terraform's errors on one line, without the warnings before them."""
    before, error, rest = stderr.partition("Error: ")
    return shorten(error + rest if error else before, _MAX_REASON, placeholder=" ...")


def _prefixes(outputs: Any) -> Iterator[str]:
    match outputs:
        case {"schedule_group": {"name": str(name)}}:
            yield name
        case dict():
            for value in outputs.values():
                yield from _prefixes(value)
