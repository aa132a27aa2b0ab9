"""Planned changes of Terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from task_scheduler_local import terraform


def planned_changes(root: Path, aws: Mapping[str, str], *arguments: str) -> dict[str, list[str]]:
    """Plan a root into its file `plan`; actions by address, without those that do nothing."""
    terraform.run(root, aws, "plan", "-out=plan", "-input=false", *arguments)
    shown = json.loads(terraform.run(root, aws, "show", "-json", "plan"))
    return {
        change["address"]: change["change"]["actions"]
        for change in shown["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
