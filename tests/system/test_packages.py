"""The three archives are the same wherever the checkout lies and whatever lies in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from task_scheduler_local import terraform
from task_scheduler_local.emulator import Emulator
from task_scheduler_local.layer import USERS_LOCK, Target, build
from task_scheduler_local.leftovers import client
from task_scheduler_local.places import ROOT


def archives(module: Path, aws: dict[str, str]) -> dict[str, str]:
    """Plan the module where it lies; the hash of each archive."""
    with terraform.attached(module, aws) as attached:
        terraform.run(module, attached, "init", "-input=false")
        terraform.run(module, attached, "plan", "-input=false")
    found = (module / ".task-scheduler").glob("*.zip")
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in found}


def package(archive: str) -> str:
    """The package that an archive holds: its name less the hash of its content."""
    return archive.rpartition("-")[0]


def as_under_umask_077(module: Path) -> None:
    for path in module.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)


def touched(module: Path) -> None:
    for path in module.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def with_stray_files(module: Path) -> None:
    for folder in ("tasks", "lambda_src/python/task_scheduler", "layer/python/jsonpickle"):
        cache = module / folder / "__pycache__"
        cache.mkdir(exist_ok=True)
        (cache / "stray.cpython-313.pyc").write_bytes(b"stray")
        (module / folder / "stray.pyc").write_bytes(b"stray")


def with_other_files_beside_python(module: Path) -> None:
    names = ("build.py", "requirements-layer.txt", "p", "pytho", "pythons", ".gitignore", "Python")
    for folder in ("layer", "lambda_src"):
        for name in names:
            (module / folder / name).write_text("not for the functions\n", encoding="utf-8")
        for name in ("pyt", "package", "python3"):
            (module / folder / name).mkdir()
            (module / folder / name / "more.py").write_text("not for the functions\n")


def executable(module: Path) -> None:
    for path in module.rglob("*.py"):
        path.chmod(0o755)


@pytest.fixture(scope="module")
def plain(emulator: Emulator) -> dict[str, str]:
    """The archives of a checkout as it is."""
    with terraform.workspace() as module:
        found = archives(module, emulator.environment())
    assert len(found) == 3
    return found


@pytest.mark.parametrize(
    "change",
    [
        as_under_umask_077,
        touched,
        with_stray_files,
        with_other_files_beside_python,
        executable,
    ],
)
def test_they_are_the_same_in_another_clone(
    emulator: Emulator, tmp_path: Path, plain: dict[str, str], change: Callable[[Path], None]
) -> None:
    with terraform.workspace() as copy:
        clone = Path(shutil.copytree(copy, tmp_path / "another clone"))
    change(clone)
    assert archives(clone, emulator.environment()) == plain


def test_the_layers_hold_python_and_nothing_beside_it(emulator: Emulator) -> None:
    with terraform.workspace() as module:
        archives(module, emulator.environment())
        for name in ("runtime", "dependencies"):
            (packed,) = (module / ".task-scheduler").glob(f"cdklab-{name}-*.zip")
            with ZipFile(packed) as archive:
                assert {entry.partition("/")[0] for entry in archive.namelist()} == {"python"}


def test_they_differ_when_a_source_differs(emulator: Emulator, plain: dict[str, str]) -> None:
    with terraform.workspace() as module:
        (module / "tasks" / "more.txt").write_text("one more\n", encoding="utf-8")
        found = archives(module, emulator.environment())
    assert {package(name) for name in plain.keys() - found.keys()} == {"cdklab-tasks"}
    assert {package(name) for name in found.keys() - plain.keys()} == {"cdklab-tasks"}
    assert all(plain[name] == found[name] for name in plain.keys() & found.keys())


def test_they_are_the_same_in_a_clone_that_git_was_to_give_other_line_ends(
    emulator: Emulator, tmp_path: Path, plain: dict[str, str]
) -> None:
    def git(folder: Path, *arguments: str) -> None:
        who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    with terraform.workspace() as module:
        shutil.copy(ROOT / ".gitattributes", module)
        git(module, "init")
        git(module, "add", "--force", ".")
        git(module, "commit", "--message=everything")
        git(tmp_path, "clone", "--config=core.autocrlf=true", str(module), "clone")
    assert archives(tmp_path / "clone", emulator.environment()) == plain


def test_an_executable_file_can_be_executed(emulator: Emulator) -> None:
    with terraform.workspace() as module:
        script = module / "tasks" / "script.sh"
        script.write_text("#!/bin/sh\n")
        script.chmod(0o755)
        archives(module, emulator.environment())
        (packed,) = (module / ".task-scheduler").glob("*-tasks-*.zip")
        mode = ZipFile(packed).getinfo("script.sh").external_attr >> 16
    assert mode & 0o111 == 0o111


def test_a_plan_that_was_kept_deploys_what_was_planned() -> None:
    with (
        Emulator() as own,
        terraform.workspace() as module,
        terraform.attached(module, own.environment()) as aws,
    ):
        code = module / "tasks" / "more.txt"
        code.write_text("planned first\n")
        terraform.run(module, aws, "init", "-input=false")
        terraform.run(module, aws, "plan", "-input=false", "-out=first")
        (planned,) = (module / ".task-scheduler").glob("*-tasks-*.zip")
        code.write_text("planned second\n")
        terraform.run(module, aws, "plan", "-input=false", "-out=second")
        terraform.run(module, aws, "apply", "-input=false", "first")
        deployed = client("lambda", aws).get_function(FunctionName="cdklab-run-task")
        assert (
            deployed["Configuration"]["CodeSha256"]
            == b64encode(sha256(planned.read_bytes()).digest()).decode()
        )


def test_the_layer_for_aws_is_the_same_whoever_builds_it(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Built twice under different umasks, then zipped by the module."""
    found = []
    umask = os.umask(0o022)
    try:
        for mask in (0o022, 0o077):
            os.umask(mask)
            with terraform.workspace() as copy:
                module = Path(shutil.copytree(copy, tmp_path / f"umask {mask:o}"))
            build(USERS_LOCK, module / "layer", target=Target("python3.13", "arm64"))
            found.append(archives(module, emulator.environment()))
    finally:
        os.umask(umask)
    assert found[0] == found[1]
