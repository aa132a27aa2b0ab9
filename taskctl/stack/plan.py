"""Schedules and task folders of a plan: what Terraform has computed, in a root of any shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from taskctl.errors import TaskctlError
from taskctl.project import terraform
from taskctl.project.schedule import Schedule
from taskctl.project.workers import Workers, worker_of
from taskctl.stack.stack import read_schedule

_SCHEDULE = "aws_scheduler_schedule"
_ARCHIVE = "archive_file"
_FUNCTION = "aws_lambda_function"


@dataclass(frozen=True, kw_only=True)
class PlannedStack:
    """An instance of the module in a plan.

    Attributes:
        prefix: its name.
        schedules: as they will be, those that do not change included.
        task_folder: the folder of its task code; None where the plan does not say.
        layer: the folder of its packages, likewise.
        resources: all that the plan has, of every stack, as `terraform show -json` prints it.
    """

    prefix: str
    schedules: list[Schedule]
    task_folder: Path | None
    layer: Path | None
    resources: list[Mapping[str, Any]]

    def workers(self) -> Workers:
        """Return its workers; their secrets as far as they are known before the apply."""
        found = {}
        for resource in self.resources:
            values = resource["values"]
            if resource["type"] != _FUNCTION:
                continue
            if name := worker_of(values["function_name"], self.prefix):
                variables = (values.get("environment") or [{}])[0].get("variables") or {}
                secrets = variables.get("TASK_SECRETS")
                found[name] = None if secrets is None else frozenset(json.loads(secrets))
        return found


def read_plan(path: Path, root: Path, prefix: str | None) -> PlannedStack:
    """Read a plan that was saved, or what `terraform show -json` prints of one.

    Args:
        path: the path of the plan.
        root: the folder in which it was made, which its paths are relative to.
        prefix: the stack's prefix; None where there is one stack.

    Raises:
        TaskctlError: it cannot be read, or has no such stack.
    """
    resources = list(_resources(_load(path, root)))
    groups: dict[str, list[Schedule]] = {}
    for resource in resources:
        values = resource["values"]
        if resource["type"] == _SCHEDULE and "index" in resource and values.get("group_name"):
            groups.setdefault(values["group_name"], []).append(_schedule(values))
    if prefix is None and len(groups) > 1:
        names = "|".join(sorted(groups))
        raise TaskctlError(f"there are several stacks in {path}: choose one with --prefix {names}")
    if not groups or (prefix is not None and prefix not in groups):
        raise TaskctlError(f"{path}: no schedules of {prefix or 'a stack'} are in this plan")
    name = prefix or next(iter(groups))
    return PlannedStack(
        prefix=name,
        schedules=groups[name],
        task_folder=_folder(resources, name, "tasks", root),
        layer=_folder(resources, name, "dependencies", root),
        resources=resources,
    )


def _load(path: Path, root: Path) -> dict[str, Any]:
    try:
        written = path.read_bytes()
    except OSError as error:
        raise TaskctlError(f"--plan {path}: {error.strerror}") from error
    if not written.lstrip().startswith(b"{"):
        done = terraform.run(root, "show", "-json", "-no-color", str(path.resolve()))
        if done.returncode:
            reason = " ".join(done.stderr.split()) or "no reason given"
            raise TaskctlError(f"--plan {path}: Terraform cannot show it: {reason}")
        written = done.stdout.encode()
    try:
        plan = json.loads(written)
    except ValueError as error:
        raise TaskctlError(f"--plan {path}: must be a plan, or its JSON: {error}") from error
    if "planned_values" not in plan:
        raise TaskctlError(f"--plan {path}: must be a plan, or what `terraform show -json` prints")
    return dict(plan)


def _resources(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what is planned, and what data sources have read."""
    yield from _of_module(plan["planned_values"].get("root_module", {}))
    read = plan.get("prior_state", {}).get("values", {}).get("root_module", {})
    yield from (resource for resource in _of_module(read) if resource["mode"] == "data")


def _of_module(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _of_module(child)


def _schedule(values: Mapping[str, Any]) -> Schedule:
    window = (values.get("flexible_time_window") or [{}])[0]
    target = (values.get("target") or [{}])[0]
    return read_schedule(
        {
            "Name": values["name"],
            "ScheduleExpression": values["schedule_expression"],
            "ScheduleExpressionTimezone": values.get("schedule_expression_timezone") or "UTC",
            "State": values.get("state") or "ENABLED",
            "StartDate": _time(values.get("start_date")),
            "EndDate": _time(values.get("end_date")),
            "FlexibleTimeWindow": {
                "MaximumWindowInMinutes": window.get("maximum_window_in_minutes")
            },
            "Target": {"Input": target.get("input") or ""},
        }
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _folder(resources: list[Mapping[str, Any]], prefix: str, name: str, root: Path) -> Path | None:
    """Return the folder that an archive of the stack is made of; its name begins so."""
    for resource in resources:
        values = resource["values"]
        if resource["type"] == _ARCHIVE and resource["name"] == name and values.get("source_dir"):
            made = Path(values.get("output_path") or "").name
            if made.startswith(f"{prefix}-{name}-"):
                return root / str(values["source_dir"])
    return None
