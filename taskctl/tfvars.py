"""What is going to be deployed: the module's variables as a file of values sets them.

Terraform itself reads the file, so that every legal one is understood, defaults are filled in, and
a mistake is told as `terraform plan` would tell it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from local import ROOT
from taskctl import terraform
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.output import note
from taskctl.schedule import Schedule

_VARIABLES = ROOT / "variables.tf"
_VALIDATION = re.compile(r"^  validation \{\n(?:    .*\n|\n)*  \}\n", re.MULTILINE)
"""As `terraform fmt` lays it out."""
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
    variables = _VALIDATION.sub(_local_validation, _VARIABLES.read_text(encoding="utf-8"))
    names = re.findall(r'^variable "(\w+)"', variables, re.MULTILINE)
    typed = {"output": {"values": {"value": {name: f"${{var.{name}}}" for name in names}}}}
    as_written = {
        "variable": {name: {"type": "any", "default": None} for name in names},
        "output": {
            "values": {"value": "${{for key, value in var.schedules : key => keys(value)}}"}
        },
    }
    with ThreadPoolExecutor() as threads:
        fields = threads.submit(_evaluate, as_written, path)
        values, diagnostics = _evaluate(typed, path, variables)
    for diagnostic in diagnostics:
        _tell(diagnostic, path, names)
    if values is None:
        raise TaskctlError(f"terraform does not read {path}")
    _tell_unknown_fields(values["schedules"], fields.result()[0] or {}, path)
    return values


def _evaluate(
    root: dict[str, Any], path: Path, variables: str = ""
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """A root's output named "values" (None without one), and what Terraform had to say.

    The root has no resources and no providers: applying it computes, and touches nothing.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    with tempfile.TemporaryDirectory(prefix="taskctl-") as folder:
        (Path(folder) / "variables.tf").write_text(variables, encoding="utf-8")
        (Path(folder) / "root.tf.json").write_text(json.dumps(root), encoding="utf-8")
        done = terraform.run(
            Path(folder), "apply", "-json", "-auto-approve", "-input=false",
            f"-var-file={path.resolve()}", environment=kept,
        )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = [line["outputs"] for line in lines if "outputs" in line]
    values = found[-1]["values"]["value"] if found and not done.returncode else None
    return values, [line["diagnostic"] for line in lines if "diagnostic" in line]


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


def _local_validation(found: re.Match[str]) -> str:
    """A validation, if no more than the values is needed for it; not if it asks AWS."""
    return "" if "local." in found[0] else found[0]


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
