"""Which stack a command is for, by the outputs of Terraform."""

from __future__ import annotations

from pathlib import Path

from tests.taskctl.conftest import Taskctl

UNINITIALISED = """
terraform {
  backend "local" {
    path = "elsewhere.tfstate"
  }
}
"""


def test_why_terraform_does_not_read_its_outputs_is_told(tmp_path: Path, taskctl: Taskctl) -> None:
    (tmp_path / "main.tf").write_text(UNINITIALISED)
    told = taskctl("next")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(
        f"taskctl: Terraform's outputs in {tmp_path} are not read: "
        'Error: Backend initialization required, please run "terraform init" Reason: '
    )
    assert len(told.stderr.splitlines()) == 1


def test_a_folder_that_nothing_was_applied_in_is_named(tmp_path: Path, taskctl: Taskctl) -> None:
    told = taskctl("next")
    assert told.returncode == 1
    assert told.stderr.startswith(
        f"taskctl: no stack: Terraform has no outputs of one in {tmp_path}. Name it with --prefix"
    )


def test_a_folder_that_is_not_there_is_told(taskctl: Taskctl) -> None:
    told = taskctl("next", "--root", "nowhere")
    assert (told.returncode, told.stderr) == (1, "taskctl: --root nowhere: no such folder\n")
