"""The module in a folder of its own, and plans of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import LocalError, terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.layer import RUNTIME_LOCK

Variables = dict[str, Any]
Planned = dict[str, Any]

SMALL_LAYER = {"layer_dir": "./tests/module/code/dependencies"}

LOCKED = dict(re.findall(r"(?m)^([\w-]+)==(\S+) \\$", RUNTIME_LOCK.read_text(encoding="utf-8")))
RIGHT_MANIFEST = {"runtime": None, "architecture": None, "packages": LOCKED}


def write_manifest(layer: Path, manifest: Any) -> None:
    """Write the manifest of a layer: a text as it is, anything else as JSON."""
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (layer / "python").mkdir(exist_ok=True)
    (layer / "python" / "task_scheduler_layer.json").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    """A copy of the root module, initialised; its small layer says that it has what it must."""
    with terraform.workspace() as folder:
        write_manifest(folder / SMALL_LAYER["layer_dir"], RIGHT_MANIFEST)
        terraform.run(folder, {}, "init")
        yield folder


@pytest.fixture(scope="session")
def plan(
    root: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Variables], Planned]]:
    """Plans the root module with the variables; returns the plan as `terraform show -json` does.

    Its layer is a small one, if the variables name none. Raises LocalError with Terraform's
    errors when the plan fails.
    """

    def plan(variables: Variables) -> Planned:
        folder = tmp_path_factory.mktemp("plan")
        (folder / "variables.tfvars.json").write_text(
            json.dumps(SMALL_LAYER | variables), encoding="utf-8"
        )
        arguments = f"-out={folder / 'plan'}", f"-var-file={folder}/variables.tfvars.json"
        terraform.run(root, aws, "plan", *arguments)
        planned: Planned = json.loads(terraform.run(root, aws, "show", "-json", f"{folder}/plan"))
        return planned

    with terraform.attached(root, emulator.environment()) as aws:
        yield plan


@pytest.fixture(scope="session")
def refusal(plan: Callable[[Variables], Planned]) -> Callable[[Variables], str]:
    """Return Terraform's error when it refuses the variables, in one line of single blanks."""

    def refusal(variables: Variables) -> str:
        with pytest.raises(LocalError) as refused:
            plan(variables)
        return re.sub(r"[\s│╷╵]+", " ", str(refused.value))

    return refusal


def resources(planned: Planned, kind: str) -> dict[str, dict[str, Any]]:
    """The planned values of all resources of a type, by address."""

    def walk(module: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for resource in module.get("resources", []):
            if resource["type"] == kind:
                yield resource["address"], resource["values"]
        for child in module.get("child_modules", []):
            yield from walk(child)

    return dict(walk(planned["planned_values"]["root_module"]))
