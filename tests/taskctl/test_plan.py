"""Plans of a root that calls the module and computes its schedules."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from tests.taskctl.conftest import Taskctl


@dataclass(frozen=True)
class Plan:
    """A plan of examples/many-schedules.

    Attributes:
        root: the folder.
        saved: as -out saves it.
        shown: as `terraform show -json` prints it.
        aws: what Terraform needs to read it.
    """

    root: Path
    saved: Path
    shown: Path
    aws: Mapping[str, str]


@pytest.fixture(scope="module")
def plan(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    with terraform.workspace() as module:
        root = module / "examples" / "many-schedules"
        folder = tmp_path_factory.mktemp("plan")
        with terraform.attached(root, emulator.environment()) as aws:
            terraform.run(root, aws, "init", "-input=false")
            saved, shown = folder / "tfplan", folder / "plan.json"
            terraform.run(root, aws, "plan", "-input=false", f"-out={saved}")
            shown.write_text(terraform.run(root, aws, "show", "-json", str(saved)))
            yield Plan(root, saved, shown, aws)


def test_the_due_times_of_a_plan_are_those_of_the_schedules_that_it_computes(
    plan: Plan, taskctl: Taskctl
) -> None:
    done = taskctl("next", "--plan", plan.shown, "--root", plan.root, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {row["timezone"] for row in rows} >= {"Asia/Kolkata"}
    saved = taskctl(
        "next", "--plan", plan.saved, "--root", plan.root, "--json",
        environment=terraform.environment(plan.aws),
    )  # fmt: skip
    assert json.loads(saved.stdout) == rows, saved.stderr
    one = taskctl("next", "report-delhi", "--plan", plan.shown, "--root", plan.root, "--json")
    assert len(json.loads(one.stdout)) == 5


def test_the_tasks_of_a_plan_are_checked_on_the_task_code_that_it_packages(
    plan: Plan, taskctl: Taskctl
) -> None:
    done = taskctl("check", "--plan", plan.shown, "--root", plan.root)
    assert (done.returncode, "no problem" in done.stdout) == (0, True), done.stdout + done.stderr
    assert str(plan.root / "tasks") in done.stderr

    code = next((plan.root / "tasks").glob("*.py"))
    text = code.read_text(encoding="utf-8")
    try:
        code.write_text(text.replace("@task(", "@task('other_' + "), encoding="utf-8")
        done = taskctl("check", "--plan", plan.shown, "--root", plan.root)
        assert (done.returncode, "no @task('report')" in done.stdout) == (1, True), done.stdout
    finally:
        code.write_text(text, encoding="utf-8")


def test_the_cost_of_a_plan_is_that_of_its_schedules_and_settings(
    plan: Plan, taskctl: Taskctl
) -> None:
    done = taskctl("cost", "--plan", plan.shown, "--root", plan.root, "--json")
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)
    rows = {row["schedule"]: row for row in cost["schedules"]}
    assert rows["report-delhi"]["runs"] == pytest.approx(365 / 12, abs=0.1)
    assert rows["report-delhi"]["messages"] == rows["report-delhi"]["runs"]  # one task
    stated = "\n".join(cost["assumptions"])
    assert "256 MB (send_task) and 512 MB (run_task), arm64" in stated
    shared = {row["schedule"]: row for row in cost["shared"]}
    assert (shared["alarms"]["alarms"], shared["dashboard"]["usd"]) == (7, 0)
    saved = taskctl(
        "cost", "--plan", plan.saved, "--root", plan.root, "--json",
        environment=terraform.environment(plan.aws),
    )  # fmt: skip
    assert json.loads(saved.stdout) == cost, saved.stderr


def test_each_stack_of_a_plan_has_its_own_settings(plan: Plan, taskctl: Taskctl) -> None:
    """Those of module.other are other ones: memory, FIFO, batches."""
    shown = json.loads(plan.shown.read_text())
    copy = json.loads(
        json.dumps(shown["planned_values"]["root_module"]["child_modules"][0])
        .replace("module.task_scheduler", "module.other")
        .replace('"many-schedules', '"other')
    )
    for resource in resources_of(copy):
        values = resource["values"]
        match resource["type"]:
            case "aws_lambda_function":
                values["memory_size"] = 2048
            case "aws_sqs_queue" if values["name"].endswith("-tasks"):
                values["name"] += ".fifo"
            case "aws_lambda_event_source_mapping":
                values |= {"batch_size": 5, "scaling_config": [{"maximum_concurrency": 7}]}
    shown["planned_values"]["root_module"]["child_modules"].append(copy)
    both = plan.shown.with_name("both.json")
    both.write_text(json.dumps(shown))
    done = taskctl("cost", "--plan", both, "--root", plan.root, "--prefix", "other", "--json")
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)
    stated = "\n".join(cost["assumptions"])
    assert "2048 MB (send_task) and 2048 MB (run_task)" in stated
    assert "batches are full (5 tasks)" in stated
    shared = {row["schedule"]: row for row in cost["shared"]}
    assert shared["idle polling"]["usd"] == pytest.approx(5 * 3 * 60 * 730 * 0.5e-6)
    assert shared["alarms"]["alarms"] == 7


def resources_of(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from resources_of(child)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"no": "plan"}', "must be a plan, or what `terraform show -json` prints"),
        ("{", "must be a plan, or its JSON: "),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_is_no_plan_is_named(
    taskctl: Taskctl, tmp_path: Path, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / "p.json").write_text(text)
    done = taskctl("next", "--plan", "p.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
