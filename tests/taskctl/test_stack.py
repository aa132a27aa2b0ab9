"""Find the stack of a command by the outputs of Terraform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from tests.taskctl.conftest import Taskctl
from tests.taskctl.ledger import HOUR, Recorded

UNINITIALISED = """
terraform {
  backend "local" {
    path = "elsewhere.tfstate"
  }
}
"""


def test_terraforms_own_error_is_shown_in_one_line(tmp_path: Path, taskctl: Taskctl) -> None:
    (tmp_path / "main.tf").write_text(UNINITIALISED)
    done = taskctl("next")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"taskctl: cannot read Terraform's outputs in {tmp_path}: "
        'Error: Backend initialization required, please run "terraform init" Reason: '
    )
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_without_a_stack_is_named(tmp_path: Path, taskctl: Taskctl) -> None:
    done = taskctl("next")
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"taskctl: no stack: Terraform has no outputs of one in {tmp_path}. Name it with --prefix"
    )


def test_a_missing_folder_is_an_error(taskctl: Taskctl) -> None:
    done = taskctl("next", "--root", "nowhere")
    assert (done.returncode, done.stderr) == (2, "taskctl: --root nowhere: no such folder\n")


def apply_outputs(folder: Path, *arns: str) -> None:
    """Apply a root that has the outputs of stacks and nothing else."""
    groups = [{"name": arn.rpartition("/")[2], "arn": arn} for arn in arns]
    outputs = {f"jobs{n}": {"value": {"schedule_group": group}} for n, group in enumerate(groups)}
    (folder / "main.tf.json").write_text(json.dumps({"output": outputs}))
    aws: dict[str, str] = {}
    terraform.run(folder, aws, "apply", "-auto-approve", "-input=false")


def arn(name: str, region: str = "us-east-1", account: str = "000000000000") -> str:
    return f"arn:aws:scheduler:{region}:{account}:schedule-group/{name}"


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_the_region_is_that_of_terraforms_outputs(
    recorded: Recorded, tmp_path: Path, taskctl: Taskctl, region: str | None
) -> None:
    recorded.ran("nightly@2026-11-23T02:00:00Z", succeeded=1, due=recorded.now - HOUR)
    apply_outputs(tmp_path, arn(recorded.prefix))
    environment = {k: v for k, v in recorded.aws.items() if "REGION" not in k}
    if region:
        environment |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    done = taskctl("runs", "--since", "400d", "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    assert [run["schedule"] for run in json.loads(done.stdout)] == ["nightly"]


def test_a_stack_of_another_account_is_named_with_both(
    recorded: Recorded, tmp_path: Path, taskctl: Taskctl
) -> None:
    apply_outputs(tmp_path, arn("jobs", "eu-west-1", "111122223333"))
    done = taskctl("runs", environment=recorded.aws)
    assert done.returncode == 2
    assert done.stderr == (
        "taskctl: no stack 'jobs' in account 000000000000, region eu-west-1; "
        "Terraform's outputs have it in account 111122223333\n"
    )


@pytest.mark.parametrize(
    ("arns", "choice"),
    [
        ([arn("jobs"), arn("other")], "choose one with --prefix jobs|other"),
        (
            [arn("jobs"), arn("jobs", "eu-west-1")],
            "choose one with --prefix and AWS_REGION (jobs in eu-west-1, jobs in us-east-1)",
        ),
    ],
)
def test_several_stacks_are_listed(
    tmp_path: Path, taskctl: Taskctl, arns: list[str], choice: str
) -> None:
    apply_outputs(tmp_path, *arns)
    done = taskctl("runs")
    assert done.returncode == 2
    assert done.stderr == f"taskctl: there are several stacks in {tmp_path}: {choice}\n"
