"""The layer: for the target and not for the host, the same wherever and however it is built."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from task_scheduler_local import LocalError
from task_scheduler_local.layer import RUNTIME_LOCK, USERS_LOCK, Target, build

MANIFEST = "task_scheduler_layer.json"
ARM = Target("python3.13", "arm64")


def digest(folder: Path) -> str:
    """Of names, contents, modes and times."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        facts = path.stat()
        total.update(f"{path.relative_to(folder)} {facts.st_mode} {facts.st_mtime}".encode())
        total.update(path.read_bytes() if path.is_file() else b"")
    return total.hexdigest()


def test_it_is_the_same_at_another_place_and_under_another_umask(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        one = build(USERS_LOCK, tmp_path / "one", target=ARM)
        os.umask(0o077)
        other = build(USERS_LOCK, tmp_path / "the other", target=ARM)
    finally:
        os.umask(umask)
    assert digest(one) == digest(other)


def test_it_holds_what_the_requirements_pin_and_nothing_of_the_builder(tmp_path: Path) -> None:
    folder = build(USERS_LOCK, tmp_path, target=ARM)
    pinned = re.findall(r"(?m)^([\w.-]+)==([\w.]+) \\$", RUNTIME_LOCK.read_text())
    assert {path.name for path in folder.glob("*.dist-info")} == {
        f"{name.replace('-', '_')}-{version}.dist-info" for name, version in pinned
    }
    names = {path.name for path in folder.rglob("*")}
    assert not names & {"bin", ".lock", "__pycache__", "boto3"}
    assert not any("bin/" in record.read_text() for record in folder.rglob("RECORD"))


def test_a_package_that_is_not_the_one_that_was_pinned_is_refused(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"iniconfig==2.3.1 --hash=sha256:{64 * '0'}\n")
    with pytest.raises(LocalError, match="Hash mismatch for `iniconfig"):
        build(requirements, tmp_path, target=ARM)
    assert not (tmp_path / "python").exists()


def test_the_runtimes_packages_are_beside_the_users_which_need_no_hash(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("iniconfig==2.3.1\n")
    folder = build(requirements, tmp_path, target=ARM)
    assert (folder / "iniconfig").is_dir()
    assert (folder / "apprise").is_dir()


def test_a_version_that_the_runtime_does_not_take_is_refused(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("jsonpickle==4.0.5\n")
    with pytest.raises(LocalError, match=r"require jsonpickle==4\.1\.4 and jsonpickle==4\.0\.5"):
        build(requirements, tmp_path, target=ARM)


@pytest.mark.parametrize("target", [ARM, Target("python3.14", "x86_64")])
def test_a_manifest_says_what_is_in_it_and_what_it_is_for(tmp_path: Path, target: Target) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("iniconfig==2.3.1\n")
    folder = build(requirements, tmp_path, target=target)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert (manifest["runtime"], manifest["architecture"]) == (target.runtime, target.architecture)
    pinned = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+) \\$", RUNTIME_LOCK.read_text()))
    assert manifest["packages"] == pinned | {"iniconfig": "2.3.1"}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
    assert manifest["bytes"] == sum(path.stat().st_size for path in files)


def test_the_manifest_of_this_machines_layer_names_no_lambda(tmp_path: Path) -> None:
    folder = build(USERS_LOCK, tmp_path, target=None)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["runtime"] is None
    assert manifest["architecture"] is None


def test_compiled_packages_are_those_of_the_target(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.touch()
    for architecture, machine in [("arm64", "aarch64"), ("x86_64", "x86_64")]:
        folder = build(requirements, tmp_path / machine, target=Target("python3.12", architecture))
        (library,) = folder.glob("yaml/*.so")
        assert library.name == f"_yaml.cpython-312-{machine}-linux-gnu.so"


def test_markers_are_those_of_the_target(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "iniconfig==2.3.1 ; python_version == '3.12' and platform_machine == 'aarch64'\n"
        "packaging==26.3 ; python_version != '3.12' or platform_machine != 'aarch64'\n"
    )
    folder = build(requirements, tmp_path / "out", target=Target("python3.12", "arm64"))
    assert (folder / "iniconfig-2.3.1.dist-info").is_dir()
    assert not (folder / "packaging").exists()


def test_an_old_layer_is_replaced_whole_and_only_when_the_new_one_is_built(tmp_path: Path) -> None:
    old = tmp_path / "python" / "old.py"
    old.parent.mkdir()
    old.touch()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("a package that cannot be\n")
    with pytest.raises(LocalError, match="pip install"):
        build(requirements, tmp_path, target=ARM)
    assert old.exists()
    requirements.write_text("iniconfig==2.3.1\n")
    build(requirements, tmp_path, target=ARM)
    assert not old.exists()


def test_what_cannot_be_built_is_refused_with_what_can(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r'runtime is "python3\.9": it must be python3\.12 or '):
        Target("python3.9", "arm64")
    with pytest.raises(LocalError, match='architecture is "riscv": it must be arm64 or x86_64'):
        Target("python3.13", "riscv")
    with pytest.raises(LocalError, match="nowhere: no such requirements file"):
        build(tmp_path / "nowhere", tmp_path, target=ARM)
