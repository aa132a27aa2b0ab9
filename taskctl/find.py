"""Schedules by what a command was told: deployed ones, or those of a file of values."""

from __future__ import annotations

from pathlib import Path

from taskctl.errors import TaskctlError, did_you_mean
from taskctl.schedule import Schedule
from taskctl.tfvars import read_tfvars, tfvars_schedules


def find_schedules(
    name: str | None, *, tfvars: Path | None, prefix: str | None, root: Path
) -> list[Schedule]:
    """The schedule of a name, or all: of a file of values where one is given, or else deployed.

    Raises:
        TaskctlError: there is none of that name (the nearest are offered), or no file, or no stack.
    """
    if tfvars is None:
        from taskctl.stack import find_stack  # boto3 takes longer to import than all else here

        deployed = find_stack(prefix, root)
        return deployed.schedules() if name is None else [deployed.schedule(name)]
    written = tfvars_schedules(read_tfvars(tfvars))
    if name is None:
        return written
    found = [schedule for schedule in written if schedule.name == name]
    if not found:
        near = did_you_mean(name, [schedule.name for schedule in written])
        raise TaskctlError(f"no schedule {name!r} in {tfvars}{near}")
    return found
