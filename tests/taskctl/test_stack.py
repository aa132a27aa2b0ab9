"""Find the stack of a command by the outputs of Terraform."""

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
