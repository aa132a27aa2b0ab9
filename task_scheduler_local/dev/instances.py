"""The instances of the module in Terraform's state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from task_scheduler_local import LocalError

_VERSION = 4
"""Of the state's format, which Terraform 1 and OpenTofu write."""

_FUNCTIONS = "module.functions"

_BUCKET = re.compile(r'"arn:aws[a-z-]*:s3:::([0-9a-z][0-9a-z.-]{1,61}[0-9a-z])["/]')
"""A bucket in a statement, by its whole name."""


@dataclass(kw_only=True)
class Instance:
    """An instance of the module, as it was applied.

    Attributes:
        prefix: the prefix of its names.
        task_folder: the user's folder of task code, absolute.
        archive: the attributes of the data source that packs it.
        functions: the names of the functions that have its code.
        parameter, secret: the place of the addresses of chat services; None for none.
        secrets: where each secret of task code is kept, by its name and by function.
        buckets: the names of those that statements of the functions' roles name.
    """

    prefix: str = ""
    task_folder: Path = Path()
    archive: dict[str, Any] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    parameter: str | None = None
    secret: str | None = None
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    buckets: set[str] = field(default_factory=set)


def read_instances(folder: Path) -> list[Instance]:
    """Read the state in a folder that was applied.

    Raises:
        LocalError: there is no instance in it, or it has a format that is not known.
    """
    state = json.loads((folder / "terraform.tfstate").read_text(encoding="utf-8"))
    if state["version"] != _VERSION:
        raise LocalError(f"Terraform writes states of version {state['version']}, not {_VERSION}")
    found: dict[str, Instance] = {}
    for resource in state["resources"]:
        module, _, last = resource.get("module", "").rpartition(".module.")
        if f"module.{last}" != _FUNCTIONS and resource.get("module") != _FUNCTIONS:
            continue
        instance = found.setdefault(module, Instance())
        for each in resource["instances"]:
            _add(instance, resource, each["attributes"], folder)
    instances = [instance for instance in found.values() if instance.archive]
    if not instances:
        raise LocalError("what was applied has no instance of the task scheduler in it")
    return instances


def _add(
    instance: Instance, resource: dict[str, Any], attributes: dict[str, Any], folder: Path
) -> None:
    kind = (resource["mode"], resource["type"], resource["name"])
    if kind == ("data", "archive_file", "tasks"):
        instance.task_folder = (folder / attributes["source_dir"]).resolve()
        instance.archive = attributes
    elif kind == ("managed", "aws_lambda_function", "this"):
        name = attributes["function_name"]
        instance.functions.append(name)
        variables = attributes["environment"][0]["variables"]
        instance.prefix = variables["POWERTOOLS_SERVICE_NAME"]
        instance.parameter = variables.get("NOTIFY_SSM_PARAMETER") or instance.parameter
        instance.secret = variables.get("NOTIFY_SECRET") or instance.secret
        instance.secrets[name] = json.loads(variables.get("TASK_SECRETS", "{}"))
    elif kind[1] in ("aws_iam_role_policy", "aws_iam_policy"):
        instance.buckets |= set(_BUCKET.findall(attributes["policy"]))
