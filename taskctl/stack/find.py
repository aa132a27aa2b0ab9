"""Find the stack that a command is meant for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten
from typing import Any

from taskctl import aws
from taskctl.errors import TaskctlError
from taskctl.project import terraform
from taskctl.stack.stack import Stack

_MAX_REASON = 500
"""Characters of Terraform's error that are shown."""


def find_stack(prefix: str | None, root: Path) -> Stack:
    """Return the stack of a prefix, or the one in Terraform's outputs, which name its region.

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
    arns = sorted(set(_groups({name: output["value"] for name, output in outputs.items()})))
    if len(arns) == 1:
        return _stack(arns[0])
    if arns:
        raise TaskctlError(f"there are several stacks in {where}: {_choice(arns)}")
    raise TaskctlError(
        f"no stack: Terraform has no outputs of one in {where}. Name it with --prefix, or the "
        "folder in which it was applied with --root"
    )


def _stack(arn: str) -> Stack:
    """Return the stack of a schedule group, and turn to its region."""
    region, account, prefix = _parts(arn)
    aws.use_region(region)
    return Stack(prefix, account)


def _choice(arns: list[str]) -> str:
    """Say how one of several stacks is named."""
    prefixes = sorted({_parts(arn)[2] for arn in arns})
    if len(prefixes) == len(arns):
        return f"choose one with --prefix {'|'.join(prefixes)}"
    places = ", ".join(f"{prefix} in {region}" for region, _, prefix in sorted(map(_parts, arns)))
    return f"choose one with --prefix and AWS_REGION ({places})"


def _parts(arn: str) -> tuple[str, str, str]:
    """Return region, account and name of arn:aws:scheduler:REGION:ACCOUNT:schedule-group/NAME."""
    _, _, _, region, account, resource = arn.split(":", 5)
    return region, account, resource.partition("/")[2]


def _reason(stderr: str) -> str:
    """Return Terraform's errors on one line, without the warnings before them."""
    before, error, rest = stderr.partition("Error: ")
    return shorten(error + rest if error else before, _MAX_REASON, placeholder=" ...")


def _groups(outputs: Any) -> Iterator[str]:
    """Yield the ARNs of the schedule groups in outputs, however deep."""
    match outputs:
        case {"schedule_group": {"name": str(), "arn": str(arn)}} if arn.count(":") == 5:
            yield arn
        case dict():
            for value in outputs.values():
                yield from _groups(value)
