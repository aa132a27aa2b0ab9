"""Changes that replace what stands: nothing is lost, and nothing of another stack's is touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from task_scheduler_local import LocalError, terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.leftovers import client
from tests.system.changes import planned_changes

GIVEN: dict[str, Any] = {
    "prefix": "swap",
    "schedules": {"nightly": {"expression": "cron(0 2 * * ? *)", "tasks": ["one"]}},
}
QUEUES = ["swap-runs-dead-letter", "swap-tasks", "swap-tasks-dead-letter"]


class Root:
    """A root module in a folder of its own."""

    def __init__(self, module: Path, aws: dict[str, str]) -> None:
        self.module, self.aws = module, aws
        terraform.run(module, aws, "init", "-input=false")

    def plan(self, **changes: Any) -> dict[str, list[str]]:
        """Actions by address, without those that do nothing."""
        text = json.dumps(GIVEN | changes)
        (self.module / "terraform.tfvars.json").write_text(text, encoding="utf-8")
        return planned_changes(self.module, self.aws)

    def warnings(self) -> list[str]:
        """Return the warnings of the checks on the last plan."""
        shown = json.loads(terraform.run(self.module, self.aws, "show", "-json", "plan"))
        assert {check["status"] for check in shown["checks"]} <= {"pass", "fail"}
        return [
            problem["message"]
            for check in shown["checks"]
            for instance in check.get("instances", [])
            for problem in instance.get("problems", [])
        ]

    def apply(self) -> None:
        terraform.run(self.module, self.aws, "apply", "-input=false", "plan")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def stack(emulator: Emulator) -> Iterator[Root]:
    with (
        terraform.workspace() as module,
        terraform.attached(module, emulator.environment()) as aws,
    ):
        root = Root(module, aws)
        root.plan()
        root.apply()
        yield root


def policies(emulator: Emulator) -> dict[str, list[str]]:
    """The inline policies of each role, by the role's path and name."""
    iam = client("iam", emulator.environment())
    return {
        role["Path"] + role["RoleName"]: iam.list_role_policies(RoleName=role["RoleName"])[
            "PolicyNames"
        ]
        for role in iam.list_roles()["Roles"]
    }


def queues(emulator: Emulator) -> list[str]:
    urls = client("sqs", emulator.environment()).list_queues().get("QueueUrls", [])
    return sorted(url.rpartition("/")[2] for url in urls)


def test_roles_keep_their_permissions_when_their_path_changes(
    stack: Root, emulator: Emulator
) -> None:
    before = policies(emulator)
    assert all(before.values())
    assert len(before) == 4

    stack.plan(roles={"path": "/jobs/"})
    stack.apply()

    assert policies(emulator) == {f"/jobs{role}": names for role, names in before.items()}
    assert stack.plan(roles={"path": "/jobs/"}) == {}


def test_there_is_a_queue_all_the_time_that_fifo_is_switched(
    stack: Root, emulator: Emulator
) -> None:
    changes = stack.plan(fifo=True)
    replaced = {
        address: actions for address, actions in changes.items() if ".aws_sqs_queue." in address
    }
    assert replaced == {
        'module.queue.aws_sqs_queue.tasks["default"]': ["create", "delete"],
        'module.queue.aws_sqs_queue.tasks_dead_letters["default"]': ["create", "delete"],
    }
    stack.apply()
    assert queues(emulator) == [QUEUES[0], "swap-tasks-dead-letter.fifo", "swap-tasks.fifo"]
    assert stack.plan(fifo=True) == {}

    stack.plan()
    stack.apply()
    assert queues(emulator) == QUEUES
    assert stack.plan() == {}


def test_a_second_stack_of_the_same_prefix_fails_before_it_adopts_anything(
    stack: Root, emulator: Emulator, tmp_path: Path
) -> None:
    leave_out = shutil.ignore_patterns(
        ".terraform", "terraform.tfstate*", ".task-scheduler", "plan"
    )
    shutil.copytree(stack.module, tmp_path / "second", ignore=leave_out)
    with terraform.attached(tmp_path / "second", emulator.environment()) as aws:
        second = Root(tmp_path / "second", aws)
        second.plan()
        with pytest.raises(LocalError, match=r"aws_scheduler_schedule_group.*ConflictException"):
            second.apply()
        state = json.loads(terraform.run(second.module, aws, "show", "-json"))
        assert _managed(state["values"]["root_module"]) == []
        terraform.run(second.module, aws, "destroy", "-auto-approve", "-input=false")
    assert queues(emulator) == QUEUES
    assert stack.plan() == {}


def test_code_that_was_changed_by_hand_is_warned_of_until_it_is_deployed_anew(
    stack: Root, emulator: Emulator
) -> None:
    stack.plan()
    assert stack.warnings() == []

    functions = client("lambda", emulator.environment())
    archive = BytesIO()
    with ZipFile(archive, "w") as changed:
        changed.writestr("by_hand.py", "")
    functions.update_function_code(FunctionName="swap-run-task", ZipFile=archive.getvalue())
    assert stack.plan() == {}
    (warning,) = stack.warnings()
    assert "The code of swap-run-task is not what Terraform deployed" in warning

    (stack.module / "tasks" / "more.txt").write_text("one more\n", encoding="utf-8")
    stack.plan()
    assert stack.warnings() == []
    stack.apply()
    assert stack.plan() == {}
    assert stack.warnings() == []


def _managed(module: dict[str, Any]) -> list[str]:
    """The addresses of what a state's module and its children have made."""
    return [
        resource["address"]
        for resource in module.get("resources", [])
        if resource["mode"] == "managed"
    ] + [address for child in module.get("child_modules", []) for address in _managed(child)]
