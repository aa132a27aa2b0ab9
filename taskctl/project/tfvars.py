"""What is going to be deployed: the module's variables as a file of values sets them.

Terraform itself reads the file, so that every legal one is understood, defaults are filled in, and
a mistake is told as `terraform plan` would tell it.
"""

from __future__ import annotations

import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from taskctl.errors import TaskctlError, did_you_mean
from taskctl.project import terraform
from taskctl.project.checkout import MODULE, module_folder
from taskctl.project.schedule import Schedule
from taskctl.ui.output import note

_VARIABLES = MODULE / "variables.tf"
_CHECKS = [
    MODULE / "modules" / "scheduler" / name
    for name in ("variables.tf", "checks.tf", "expressions.tf", "inputs.tf", "timezones.txt")
]
"""What decides, without any resource, which schedules can work."""
_ROOT = "root.tf.json"
_VALIDATION = re.compile(r"^  validation \{\n(?:    .*\n|\n)*  \}\n", re.MULTILINE)
"""As `terraform fmt` lays it out."""
_AWS = {"partition": "aws", "region": "REGION", "account": "ACCOUNT", "dns_suffix": "amazonaws.com"}
"""What AWS would be asked for: here, words in what a validation says."""
_WHEN = {
    "expression", "timezone", "description", "enabled", "flexible_window_minutes", "start_date",
    "end_date", "delivery_retries", "delivery_max_age", "expected_every",
}  # fmt: skip
"""What of a schedule is Scheduler's, and not in the input of send_task."""


def read_tfvars(path: Path) -> dict[str, Any]:
    """Every variable of the module by name, with its default where the file does not set it.

    Names that the module does not know are told on standard error: Terraform warns of variables,
    and passes over the fields of a schedule in silence.

    Args:
        path: a .tfvars or .tfvars.json file.

    Raises:
        TaskctlError: Terraform does not read it, with Terraform's own reason and the line.
    """
    if not path.is_file():
        raise TaskctlError(f"{path}: no such file")
    variables = _VALIDATION.sub(_without_aws, _VARIABLES.read_text(encoding="utf-8"))
    names = re.findall(r'^variable "(\w+)"', variables, re.MULTILINE)
    typed = {
        "locals": {"aws": _AWS},
        "output": {"values": {"value": {name: f"${{var.{name}}}" for name in names}}},
    }
    as_written = {
        "variable": {name: {"type": "any", "default": None} for name in names},
        "output": {
            "values": {"value": "${{for key, value in var.schedules : key => keys(value)}}"}
        },
    }
    with ThreadPoolExecutor() as threads:
        fields = threads.submit(_values, path, {_ROOT: json.dumps(as_written)})
        values, diagnostics = _values(path, {_ROOT: json.dumps(typed), "variables.tf": variables})
    for diagnostic in diagnostics:
        _tell(diagnostic, path, names)
    if values is None:
        raise TaskctlError(f"terraform does not read {path}")
    _tell_unknown_fields(values["schedules"], fields.result()[0] or {}, path)
    return dict(values)


def find_problems(values: dict[str, Any], folder: Path) -> list[str]:
    """What `terraform plan` would say of the schedules, by the module's own checks.

    Args:
        values: what read_tfvars returned.
        folder: of task files.
    """
    files = {file.name: file.read_text(encoding="utf-8") for file in _CHECKS}
    files[_ROOT] = json.dumps({"output": {"values": {"value": "${local.problems}"}}})
    names = re.findall(r'^variable "(\w+)"', files["variables.tf"], re.MULTILINE)
    given = {name: values.get(name) for name in names} | {
        "task_code_dir": str(folder),
        "notify_on": None if values["notify"] is None else values["notify_on"],
        # of no matter to the checks, but they may not be null
        "aws": _AWS,
        "send_task_arn": "",
        "dead_letter_queue_arn": "",
        "roles": {"names": {}, "path": "/", "permissions_boundary": None},
    }
    with tempfile.TemporaryDirectory(prefix="taskctl-") as written:
        path = Path(written) / "values.tfvars.json"
        path.write_text(json.dumps(given), encoding="utf-8")
        problems, diagnostics = _values(path, files)
    if problems is None:
        return [" ".join(each.get("detail", each["summary"]).split()) for each in diagnostics]
    return list(problems)


def find_task_folder(values: dict[str, Any], path: Path) -> Path:
    """Where task code and task files lie.

    Args:
        values: what read_tfvars returned.
        path: the file of values.
    """
    return Path(path.parent / (values["task_code_dir"] or module_folder(path).resolve() / "tasks"))


def find_layer(values: dict[str, Any], path: Path) -> Path:
    """Where the packages of task code lie, in its folder `python`.

    Args:
        values: what read_tfvars returned.
        path: the file of values.
    """
    return Path(path.parent / (values["layer_dir"] or module_folder(path).resolve() / "layer"))


def tfvars_schedules(variables: dict[str, Any]) -> list[Schedule]:
    """The schedules of what read_tfvars returned.

    Raises:
        TaskctlError: a date is none.
    """
    return [
        Schedule(
            name=name,
            expression=fields["expression"],
            timezone=fields["timezone"] or variables["timezone"],
            enabled=fields["enabled"],
            start=_date(name, "start_date", fields),
            end=_date(name, "end_date", fields),
            flexible_window_minutes=fields["flexible_window_minutes"],
            input={"version": 1, "schedule": name}
            | {k: v for k, v in fields.items() if k not in _WHEN and v is not None},
        )
        for name, fields in variables["schedules"].items()
    ]


def _values(path: Path, files: dict[str, str]) -> tuple[Any, list[dict[str, Any]]]:
    """The output named "values" (None without one), and what Terraform had to say."""
    outputs, diagnostics = terraform.evaluate(files, path)
    return outputs.get("values"), diagnostics


def _date(schedule: str, field: str, fields: dict[str, Any]) -> datetime | None:
    if fields[field] is None:
        return None
    try:
        if fields[field].endswith("Z"):
            return datetime.fromisoformat(fields[field])
    except ValueError:
        pass
    raise TaskctlError(
        f'schedule "{schedule}": {field} "{fields[field]}" has to be a date and time in UTC that '
        "exist, such as 2027-01-01T00:00:00Z"
    )


def _without_aws(found: re.Match[str]) -> str:
    """A validation, if its condition needs no more than the values; not if it asks AWS."""
    condition, _, _ = found[0].partition("error_message")
    return "" if "local." in condition else found[0]


def _tell(diagnostic: dict[str, Any], path: Path, names: list[str]) -> None:
    detail = diagnostic.get("detail", "").split("\n\nThis was checked by")[0]
    if unknown := re.search(r'does not declare a variable named "(\w+)"', detail):
        near = did_you_mean(unknown[1], names)
        note(f"taskctl: {path}: the module has no variable {unknown[1]}{near}")
    elif diagnostic["severity"] == "error":
        line = f", line {diagnostic['range']['start']['line']}" if "range" in diagnostic else ""
        reason = re.sub(
            r"^The given value is not suitable for var\.(\w+) declared at \S+ ", r"\1: ", detail
        )
        raise TaskctlError(f"{path}{line}: {' '.join((reason or diagnostic['summary']).split())}")


def _tell_unknown_fields(
    schedules: dict[str, dict[str, Any]], written: dict[str, list[str]], path: Path
) -> None:
    for name, fields in written.items():
        for field in sorted(set(fields) - set(schedules[name])):
            near = did_you_mean(field, schedules[name])
            note(f'taskctl: {path}: schedule "{name}": a schedule has no {field}{near}')
