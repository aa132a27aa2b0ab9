"""Read the module's variables from a file of values.

Terraform itself reads the file, so that every legal one is understood, defaults are filled in, and
a mistake is reported as `terraform plan` would report it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from task_scheduler.queue.message import DEFAULT_WORKER
from taskctl.errors import TaskctlError, did_you_mean
from taskctl.project import terraform
from taskctl.project.calendars import read_days
from taskctl.project.checkout import MODULE, module_folder
from taskctl.project.duplicates import find_duplicates
from taskctl.project.schedule import Schedule
from taskctl.ui.output import note

_VARIABLES = MODULE / "variables.tf"
_CHECKS = [
    MODULE / "modules" / "scheduler" / name
    for name in (
        "variables.tf",
        "after.tf",
        "checks.tf",
        "expressions.tf",
        "calendars.tf",
        "intervals.tf",
        "warnings.tf",
        "inputs.tf",
        "timezones.txt",
    )
]
"""The files that decide, without any resource, which schedules can work."""
_ROOT = "root.tf.json"
_VALIDATION = re.compile(r"^  validation \{\n(?:    .*\n|\n)*  \}\n", re.MULTILINE)
"""A validation as `terraform fmt` lays it out."""
_AWS = {"partition": "aws", "region": "REGION", "account": "ACCOUNT", "dns_suffix": "amazonaws.com"}
"""Stand-ins for what AWS would be asked: words in a validation's message."""
_WHEN = {
    "expression", "timezone", "description", "enabled", "flexible_window_minutes", "start_date",
    "end_date", "delivery_retries", "delivery_max_age", "expected_every",
    "finish_within", "after", "after_any_outcome",
}  # fmt: skip
"""Fields of a schedule that say when it runs, and not what."""
_DAYS = {"skip_on", "only_on"}
_LEFT_OUT = [("overlap", "allow"), ("worker", DEFAULT_WORKER)]
"""Fields that the input omits because they have their usual values."""


def _print_unknown(sentence: str) -> None:
    note(f"taskctl: {sentence}")


def read_tfvars(path: Path, *, report: Callable[[str], None] = _print_unknown) -> dict[str, Any]:
    """Return every variable of the module by name, with its default where the file sets none.

    Args:
        path: a .tfvars or .tfvars.json file.
        report: called with a sentence for each variable, and each field of one, that the module
            does not have, and for each name that stands twice: Terraform warns of the first and
            drops the others silently.

    Raises:
        TaskctlError: Terraform cannot read it, with Terraform's own reason and the line.
    """
    if not path.is_file():
        raise TaskctlError(f"{path}: no such file")
    variables = _VALIDATION.sub(_without_aws, _VARIABLES.read_text(encoding="utf-8"))
    names = re.findall(r'^variable "(\w+)"', variables, re.MULTILINE)
    output = {"values": {"value": {name: f"${{var.{name}}}" for name in names}}}
    untyped = {name: {"type": "any", "default": None} for name in names}
    with ThreadPoolExecutor() as threads:
        as_written = threads.submit(
            _values, path, {_ROOT: json.dumps({"variable": untyped, "output": output})}
        )
        typed = {_ROOT: json.dumps({"locals": {"aws": _AWS}, "output": output})}
        values, diagnostics = _values(path, typed | {"variables.tf": variables})
    for diagnostic in diagnostics:
        _report_diagnostic(diagnostic, path, names, report)
    if values is None:
        raise TaskctlError(f"Terraform cannot read {path}")
    for sentence in _unknown_fields(as_written.result()[0] or {}, values):
        report(f"{path}: {sentence}")
    for sentence in find_duplicates(path.read_text(encoding="utf-8", errors="replace")):
        report(f"{path}, {sentence}")
    return dict(values)


def find_problems(values: dict[str, Any], folder: Path) -> tuple[list[str], list[str]]:
    """Return what `terraform plan` would refuse and warn of in the schedules, by its own checks.

    Args:
        values: what read_tfvars returned.
        folder: the folder of task files.
    """
    files = {file.name: file.read_text(encoding="utf-8") for file in _CHECKS}
    found = {"problems": "${local.problems}", "warnings": "${local.warnings}"}
    files[_ROOT] = json.dumps({"output": {"values": {"value": found}}})
    names = re.findall(r'^variable "(\w+)"', files["variables.tf"], re.MULTILINE)
    given = {name: values.get(name) for name in names} | {
        "task_code_dir": str(folder),
        "workers": [DEFAULT_WORKER, *values["workers"]],
        "fifo_workers": [
            name
            for name, worker in {DEFAULT_WORKER: {"fifo": None}, **values["workers"]}.items()
            if (values["fifo"] if worker["fifo"] is None else worker["fifo"])
        ],
        "notify_on": None if values["notify"] is None else values["notify_on"],
        # unused by the checks, but they must not be null
        "aws": _AWS,
        "send_task_arn": "",
        "keep_runs_arn": "",
        "dead_letter_queue_arn": "",
        "roles": {"names": {}, "path": "/", "permissions_boundary": None},
    }
    with tempfile.TemporaryDirectory(prefix="taskctl-") as written:
        path = Path(written) / "values.tfvars.json"
        path.write_text(json.dumps(given), encoding="utf-8")
        done, diagnostics = _values(path, files)
    if done is None:
        return [" ".join(each.get("detail", each["summary"]).split()) for each in diagnostics], []
    return list(done["problems"]), list(done["warnings"])


def find_task_folder(values: dict[str, Any], path: Path) -> Path:
    """Return the folder of task code and task files.

    Args:
        values: what read_tfvars returned.
        path: the file of values.
    """
    return Path(path.parent / (values["task_code_dir"] or module_folder(path).resolve() / "tasks"))


def tfvars_schedules(variables: dict[str, Any], folder: Path) -> list[Schedule]:
    """Return the schedules of what read_tfvars returned.

    Args:
        variables: what read_tfvars returned.
        folder: the folder of task files and calendars.

    Raises:
        TaskctlError: a date is not one, a calendar cannot be read, or `after` names nobody.
    """
    return [
        Schedule(
            name=name,
            expression=fields["expression"] if fields["after"] is None else None,
            timezone=fields["timezone"] or variables["timezone"],
            enabled=fields["enabled"],
            start=_date(name, "start_date", fields),
            end=_date(name, "end_date", fields),
            flexible_window_minutes=fields["flexible_window_minutes"],
            after=_others(name, fields),
            any_outcome=fields["after_any_outcome"],
            input={
                "version": 1,
                "schedule": name,
                "timezone": fields["timezone"] or variables["timezone"],
            }
            | {
                field: _resolve(name, field, value, folder)
                for field, value in fields.items()
                if field not in _WHEN and value is not None and (field, value) not in _LEFT_OUT
            },
        )
        for name, fields in variables["schedules"].items()
    ]


def _resolve(schedule: str, field: str, value: Any, folder: Path) -> Any:
    """Return what the input has of a field: of days the dates, of whatever else the value."""
    if field not in _DAYS:
        return value
    try:
        return read_days(value, folder)
    except TaskctlError as error:
        raise TaskctlError(f'schedule "{schedule}": {field}: {error}') from error


def _others(schedule: str, fields: dict[str, Any]) -> tuple[str, ...]:
    """Return the schedules that one runs after, as its input has them."""
    others = fields["after"] or []
    if fields["after"] is not None and not (others and all(others)):
        raise TaskctlError(f'schedule "{schedule}": after must be a list of names of schedules')
    return tuple(sorted(set(others)))


def _values(path: Path, files: dict[str, str]) -> tuple[Any, list[dict[str, Any]]]:
    """Return the output named "values" (None without one), and Terraform's diagnostics."""
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
        f'schedule "{schedule}": {field} "{fields[field]}" must be a date and time in UTC that '
        "exist, such as 2027-01-01T00:00:00Z"
    )


def _without_aws(found: re.Match[str]) -> str:
    """Return a validation if its condition needs only the values; nothing if it asks AWS."""
    condition, _, _ = found[0].partition("error_message")
    return "" if "local." in condition else found[0]


def _report_diagnostic(
    diagnostic: dict[str, Any], path: Path, names: list[str], report: Callable[[str], None]
) -> None:
    detail = diagnostic.get("detail", "").split("\n\nThis was checked by")[0]
    if unknown := re.search(r'does not declare a variable named "(\w+)"', detail):
        near = did_you_mean(unknown[1], names)
        report(f"{path}: the module has no variable {unknown[1]}{near}")
    elif diagnostic["severity"] == "error":
        line = f", line {diagnostic['range']['start']['line']}" if "range" in diagnostic else ""
        reason = re.sub(
            r"^The given value is not suitable for var\.(\w+) declared at \S+ ", r"\1: ", detail
        )
        raise TaskctlError(f"{path}{line}: {' '.join((reason or diagnostic['summary']).split())}")


def _unknown_fields(written: Any, typed: Any, *where: str) -> Iterator[str]:
    """Return a sentence for each field that Terraform dropped, at any depth."""
    if isinstance(written, list) and isinstance(typed, list):
        for one, other in zip(written, typed, strict=False):
            yield from _unknown_fields(one, other, *where)
    if not isinstance(written, dict) or not isinstance(typed, dict):
        return
    for name in sorted(written):
        if name in typed:
            yield from _unknown_fields(written[name], typed[name], *where, name)
        elif where:
            yield f"{_owner(*where)} has no {name}{did_you_mean(name, typed)}"


def _owner(*where: str) -> str:
    match where:
        case ["schedules", name]:
            return f'schedule "{name}": a schedule'
        case ["schedules", name, *fields]:
            return f'schedule "{name}": {".".join(fields)}'
    return ".".join(where)
