"""`taskctl init`: a project that check, its own tests and Terraform pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.places import ROOT
from taskctl.errors import TaskctlError
from taskctl.project import sources
from taskctl.project.installed import Origin
from taskctl.project.new import make_prefix
from taskctl.project.sources import Source, find_source

from .conftest import Taskctl

URL = "https://example.com/owner/name.git"
COMMIT = "1234567890abcdef1234567890abcdef12345678"


@pytest.fixture
def project(taskctl: Taskctl, tmp_path: Path) -> Path:
    done = taskctl("init", "jobs", "--timezone", "Europe/Berlin")
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path / "jobs"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_named_and_has_its_values(taskctl: Taskctl, tmp_path: Path) -> None:
    done = taskctl("init", "jobs", "--prefix", "nightly")
    written = done.stdout.partition("\n\n")[0].splitlines()
    assert written[0] == "jobs:"
    assert {line.strip() for line in written[1:]} == files(tmp_path / "jobs")
    assert max(map(len, done.stdout.partition("\n\n")[0].splitlines())) <= 80
    for name in files(tmp_path / "jobs"):
        assert not re.search("@[a-z_]+@", (tmp_path / "jobs" / name).read_text()), name
    assert 'prefix        = "nightly"' in (tmp_path / "jobs" / "terraform.tfvars").read_text()


def test_check_passes_and_no_tool_would_lay_it_out_anew(project: Path, taskctl: Taskctl) -> None:
    done = taskctl("check", "--tfvars", project / "terraform.tfvars")
    assert (done.returncode, done.stdout) == (0, "1 schedule, 2 tasks: no problem.\n")
    terraform.run(project, os.environ, "fmt", "-check", "-diff", "-recursive")
    for command in (["format", "--check", "--diff"], ["check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", str(project)]
        subprocess.run(ruff, check=True)


def test_its_own_tests_pass_and_notice_a_broken_task(project: Path) -> None:
    def test() -> int:
        done = subprocess.run(
            # Bytecode of a file that changed within a second, at the same size, passes for current.
            [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(ROOT / "lambda_src" / "python")},
            capture_output=True,
            check=False,
        )
        return done.returncode

    assert test() == 0
    task = project / "tasks" / "hello.py"
    task.write_text(task.read_text().replace("{name}", "nobody"))
    assert test() == 1


def test_its_layer_is_built_and_terraform_plans_it(
    project: Path, taskctl: Taskctl, emulator: Emulator
) -> None:
    done = taskctl("package", "--tfvars", project / "terraform.tfvars")
    assert done.returncode == 0, done.stderr
    assert (project / "layer" / "python" / "task_scheduler_layer.json").is_file()
    with terraform.attached(project, emulator.environment()) as aws:
        terraform.run(project, aws, "init", "-input=false")
        terraform.run(project, aws, "validate")
        terraform.run(project, aws, "plan", "-input=false", "-out=plan")
        planned = terraform.run(project, aws, "show", "-no-color", "plan")
    assert '+ name                         = "hello"' in planned
    assert "jobs-run-task" in planned


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(
    taskctl: Taskctl, tmp_path: Path
) -> None:
    for name in "gfedcba":
        (tmp_path / "jobs" / name).mkdir(parents=True)
    done = taskctl("init", "jobs")
    assert done.returncode == 2
    message = "taskctl: jobs must be new or empty: it holds a, b, c, d, e and 2 more\n"
    assert (done.stdout, done.stderr) == ("", message)
    assert files(tmp_path / "jobs") == set()


def test_a_fresh_repository_counts_as_empty(taskctl: Taskctl, tmp_path: Path) -> None:
    (tmp_path / "jobs" / ".git").mkdir(parents=True)
    assert taskctl("init", "jobs").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["jobs", "--prefix", "no blanks"], '--prefix "no blanks" must be 1 to 54 letters'),
        (["jobs", "--prefix", "x" * 55], "must be 1 to 54 letters"),
        (["jobs", "--prefix", "default"], "belongs to AWS"),
        (["jobs", "--timezone", "Berlin"], '--timezone: timezone "Berlin" is not an IANA'),
        (["a-file"], "a-file must be a folder, new or empty: it is a file"),
        (["a-file/jobs"], "Not a directory"),
        (["jobs", "--source", URL], f"--ref is missing: it must name a version of {URL}"),
        (["jobs", "--source", "owner/name", "--ref", "v1"], "must be a git URL or a folder"),
        (["jobs", "--source", ".", "--ref", "v1"], "is a folder, which has no versions"),
        (["jobs", "--source", "."], "must be a checkout of serverless-task-scheduler"),
        (["jobs", "--source", URL, "--ref", "v1;x"], "--ref v1;x must be a tag"),
    ],
)
def test_what_is_wrong_is_named_before_anything_is_written(
    arguments: list[str], message: str, taskctl: Taskctl, tmp_path: Path
) -> None:
    (tmp_path / "a-file").touch()
    done = taskctl("init", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert files(tmp_path) == {"a-file"}


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        ("jobs", "jobs"),
        ("my jobs & more", "my-jobs-more"),
        ("x" * 60, "x" * 54),
        ("default", "jobs"),
        ("定时", "jobs"),
    ],
)
def test_the_prefix_comes_from_the_folders_name(folder: str, prefix: str) -> None:
    assert make_prefix(Path("/somewhere") / folder) == prefix


@pytest.mark.parametrize(
    ("origin", "ref", "expected"),
    [
        (Origin(url=URL, ref="v0.2.0", commit=COMMIT), None, "v0.2.0"),
        (Origin(url=URL, ref="main", commit=COMMIT), None, COMMIT),
        (Origin(url=URL, ref=COMMIT, commit=COMMIT), None, COMMIT),
        (Origin(url=URL, ref="v0.2.0", commit=COMMIT), "v0.3.0", "v0.3.0"),
    ],
)
def test_the_module_is_of_the_version_that_taskctl_was_installed_in(
    origin: Origin, ref: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "read_origin", lambda: origin)
    found = find_source(None, ref, tmp_path)
    assert found == Source(f"git::{URL}?ref={expected}", f"git+{URL}@{expected}")
    extra = f"serverless-task-scheduler[local,ui] @ git+{URL}@{expected}"
    assert found.with_local_run == extra


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (URL, URL),
        (f"git::{URL}", URL),
        (f"git+{URL}", URL),
        ("github.com/owner/name", "https://github.com/owner/name"),
        ("git@github.com:owner/name.git", "ssh://git@github.com/owner/name.git"),
        ("ssh://git@example.com/owner/name", "ssh://git@example.com/owner/name"),
    ],
)
def test_a_git_url_may_be_written_as_git_pip_or_terraform_have_it(
    given: str, url: str, tmp_path: Path
) -> None:
    assert find_source(given, "v1", tmp_path) == Source(f"git::{url}?ref=v1", f"git+{url}@v1")


def test_a_checkout_is_found_by_its_path(tmp_path: Path) -> None:
    found = find_source(None, None, tmp_path / "jobs")
    assert (tmp_path / "jobs" / found.terraform).resolve() == ROOT
    assert found.terraform.startswith("../")
    assert (found.python, found.with_local_run) == (str(ROOT), f"{ROOT}[local,ui]")


def test_without_an_origin_it_has_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "CHECKOUT", None)
    with pytest.raises(TaskctlError, match="so name where the module is"):
        find_source(None, None, tmp_path)
