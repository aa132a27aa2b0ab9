"""The project as it is installed: without its checkout, and without the extra `local`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from task_scheduler_local import layer
from task_scheduler_local.places import ROOT, UV, python
from task_scheduler_local.uv import pip_settings, uv
from tests.git_copy import committed_copy, git
from tests.system.dev import Dev

Run = Callable[..., subprocess.CompletedProcess[str]]

TFVARS = """\
schedules = {
  hello  = { expression = "rate(1 hour)", tasks = ["Hello"] }
  broken = { expression = "rate(1 hours)" }
}
"""

CALL = """\
provider "aws" {{}}

module "jobs" {{
  source        = "{source}"
  prefix        = "jobs"
  task_code_dir = "${{path.module}}/tasks"
  schedules = {{
    hello = {{ expression = "rate(1 hour)", task = "hail", tasks = ["Ada"] }}
  }}
}}
"""

TASKS = """\
from task_scheduler import task

@task("hail")
def hail(name):
    return f"Hello, {name}!"
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that the checkout was installed into, with taskctl's packages alone."""
    folder = tmp_path_factory.mktemp("elsewhere") / "an environment"
    uv("venv", "--no-project", f"--python={python(UV)}", str(folder))
    lock = f"--constraints={ROOT / 'requirements' / 'local.txt'}"
    uv("pip", "install", f"--python={python(folder)}", lock, str(ROOT))
    return folder


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Runs a program of the environment in a folder of the test's own."""

    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed / "bin" / program, *arguments],
            cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_taskctl_is_a_command(run: Run) -> None:
    done = run("taskctl", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: taskctl" in done.stdout


def test_every_command_works_without_the_extra(run: Run) -> None:
    program = """
from importlib import import_module
from taskctl.__main__ import COMMANDS
for place in COMMANDS.values():
    import_module("taskctl.commands." + place.function.partition(":")[0])
"""
    done = run("python", "-c", program)
    assert (done.returncode, done.stderr) == (0, "")


def test_tfvars_are_read_as_the_module_reads_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text(TFVARS, encoding="utf-8")
    (tmp_path / "tasks").mkdir()
    done = run("taskctl", "check")
    assert done.returncode == 1
    assert 'schedule "broken": ' in done.stdout + done.stderr
    assert 'schedule "hello"' not in done.stdout + done.stderr


def test_task_code_runs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    code = (ROOT / "tasks" / "hello.py").read_text(encoding="utf-8")
    (tmp_path / "tasks" / "hello.py").write_text(code, encoding="utf-8")
    done = run("taskctl", "try", "greet", "Ada")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Hello, Ada!" in done.stdout


def test_the_local_run_has_its_data(run: Run) -> None:
    program = """
from importlib.resources import files
local = files("task_scheduler_local")
assert local.joinpath("terraform.sh").is_file()
assert [f for f in local.joinpath("provider", "aws", "facts").iterdir() if f.suffix == ".json"]
"""
    done = run("python", "-c", program)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_runs_from_a_git_repository_and_builds_the_layer_there(tmp_path: Path) -> None:
    repository = committed_copy(tmp_path / "repository")
    own_root = tmp_path / "a root of one's own"
    own_root.mkdir()
    (own_root / "needed.txt").write_text("iniconfig==2.3.1\n", encoding="utf-8")
    tool = [str(UV / "bin" / "uvx"), "--quiet", "--from", f"git+file://{repository}@v1", "taskctl"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}

    done = subprocess.run(
        [*tool, "package", "--requirements=needed.txt", "--out=built", "--architecture=x86_64"],
        cwd=own_root,
        env=clean | pip_settings() | {"UV_TOOL_DIR": str(tmp_path / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )

    project = tmp_path / "a project"
    initialized = subprocess.run(
        [*tool, "init", str(project)],
        env=clean | pip_settings() | {"UV_TOOL_DIR": str(tmp_path / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (initialized.returncode, initialized.stderr) == (0, "")
    main = (project / "main.tf").read_text(encoding="utf-8")
    commit = git(repository, "rev-parse", "HEAD").strip()
    source = f"git::file://{repository}?ref={commit}"
    assert f'source = "{source}"' in main

    built = own_root / "built" / "python"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{built}: python3.13, x86_64, ")
    same = layer.build(
        own_root / "needed.txt", tmp_path, target=layer.Target("python3.13", "x86_64")
    )
    assert {path.relative_to(built): path.read_bytes() for path in files(built)} == {
        path.relative_to(same): path.read_bytes() for path in files(same)
    }


def test_dev_runs_from_a_git_repository_with_all_that_it_needs(tmp_path: Path) -> None:
    repository = committed_copy(tmp_path / "repository")
    own_root = tmp_path / "a root of one's own"
    (own_root / "tasks").mkdir(parents=True)
    (own_root / "tasks" / "own.py").write_text(TASKS, encoding="utf-8")
    call = CALL.format(source=f"git::file://{repository}?ref=v1")
    (own_root / "main.tf").write_text(call, encoding="utf-8")
    source = f"serverless-task-scheduler[local,ui] @ git+file://{repository}@v1"
    tool = [str(UV / "bin" / "uvx"), "--quiet", "--from", source, "taskctl"]
    dev = Dev(tool, tmp_path, own_root, pip_settings() | {"UV_TOOL_DIR": str(tmp_path / "tools")})
    try:
        dev.see("Installing the AWS emulator")
        dev.see("page of ", "http://127.0.0.1:")
        dev.see("ready after ")
        dev.fire("hello")
        dev.see("success, attempt 1", "Hello, Ada!")
        assert dev.interrupt() == 0
    finally:
        dev.stop()
    assert not list(dev.temporary.iterdir())
    made = {path.name for path in (own_root / ".taskctl").iterdir()}
    assert made == {".gitignore", "emulator", "layer", "terraform"}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
