"""From an earlier state to this one: what stands is changed in place, and goes on working."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import LAYER, ROOT
from tests.system.changes import planned_changes
from tests.system.examples import EXAMPLES

# A layer's version cannot be changed: a new one is made, and then the old one goes.
MAY_GO = re.compile(r"\.aws_lambda_layer_version\.\w+(\[0\])?$")

OUTCOMES = "module.functions.aws_dynamodb_table.outcomes[0]"
"""Of messages, where deduplication is on: the ledger keeps them now."""

BASE = "Upgrades are tested from here"
"""The beginning of the message of the commit from which on no address of a resource changes without
`moved`: the names of queues, alarms and roles were given anew before it."""


def find_base() -> str | None:
    """The commit that upgrades start from; None without history."""
    command = ["git", "log", "--reverse", "--format=%H", f"--grep=^{BASE}"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.partition("\n")[0] or None


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module as upgrades start from it, with this machine's layer."""
    commit = find_base()
    if commit is None:
        pytest.skip("the history of the checkout does not reach back to the base of upgrades")
    folder = tmp_path_factory.mktemp("released") / "module"
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
    ).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    shutil.copytree(LAYER / "python", folder / "layer" / "python")
    return folder


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_upgraded_in_place(name: str, released: Path, emulator: Emulator) -> None:
    example = EXAMPLES[name]
    given = example.arguments()
    old = released / "examples" / name
    if not old.is_dir():
        pytest.skip("nobody has applied it at that commit")
    example.prepare(old, emulator)
    with terraform.attached(old, emulator.environment()) as aws:
        terraform.run(old, aws, "init", "-input=false")
        terraform.run(old, aws, "apply", "-auto-approve", "-input=false", *given)

    with terraform.workspace() as module:
        new = module / "examples" / name
        example.prepare(new, emulator)
        shutil.copy(old / "terraform.tfstate", new)
        with terraform.attached(new, emulator.environment()) as aws:
            terraform.run(new, aws, "init", "-input=false")
            changes = planned_changes(new, aws, *given)
            try:
                assert [
                    f"{address}: {actions}"
                    for address, actions in changes.items()
                    if "delete" in actions and not MAY_GO.search(address)
                ] == []
                terraform.run(new, aws, "apply", "plan")
                assert planned_changes(new, aws, *given) == {}
                example.assert_runs(emulator.environment())
            finally:
                terraform.run(new, aws, "destroy", "-auto-approve", "-input=false", *given)


def test_the_table_of_outcomes_alone_goes_where_deduplication_was_on(
    released: Path, emulator: Emulator
) -> None:
    given = "-var=prefix=upgraded", "-var=deduplication=true"
    with terraform.attached(released, emulator.environment()) as aws:
        terraform.run(released, aws, "init", "-input=false")
        terraform.run(released, aws, "apply", "-auto-approve", "-input=false", *given)

    with terraform.workspace() as new:
        shutil.copy(released / "terraform.tfstate", new)
        with terraform.attached(new, emulator.environment()) as aws:
            terraform.run(new, aws, "init", "-input=false")
            changes = planned_changes(new, aws, *given)
            try:
                gone = {
                    address: actions for address, actions in changes.items() if "delete" in actions
                }
                assert gone.pop(OUTCOMES) == ["delete"]
                gone.pop("terraform_data.code", None)
                assert [address for address in gone if not MAY_GO.search(address)] == []
                terraform.run(new, aws, "apply", "plan")
                assert planned_changes(new, aws, *given) == {}
            finally:
                terraform.run(new, aws, "destroy", "-auto-approve", "-input=false", *given)
